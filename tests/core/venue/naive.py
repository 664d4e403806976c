"""The simulated venue once more, as slowly and plainly as its rules can be written down.

Written from the rules in the headers of ``mm.core.venue``, not from its code: dictionaries and
lists, looked through from end to end at every event. It shares nothing with ``mm.core`` but the
keyed draw. It knows two fill models by name, ``queue`` and ``probabilistic``.
"""

from collections.abc import Callable

import attrs

from mm.api import (
    ACCEPTED,
    BAD_ORDER,
    BUY,
    CANCEL,
    CANCEL_ALL,
    CANCELLED,
    CLEAR,
    DUPLICATE_ID,
    EXPIRED,
    FILLED,
    FOK,
    GTC,
    LEVEL,
    LIMIT,
    MARKET,
    MODEL_DRAW,
    NEW,
    NO_LIQUIDITY,
    NO_REASON,
    QUEUE_REACHED,
    REJECTED,
    REPLACED,
    REQUESTED,
    SELL,
    TAKER,
    TRADE,
    TRADED_THROUGH,
    UNKNOWN_ORDER,
    WOULD_TAKE,
)  # fmt: skip
from mm.core.draws import FILL, uniform

from .naive_parts import UNKNOWN, Market, Open, Outcome
from .tapes import Command, Decision, Event, Session, messages


def simulate(session: Session) -> Outcome:
    """Play a session to its end."""
    venue = NaiveVenue(session)
    decisions = list(session.decisions)
    for message in messages(session.tape):
        while decisions and decisions[0].ts < message[0].ts_local:
            venue.decide(decisions.pop(0))
        venue.hear(message)
    for decision in decisions:
        venue.decide(decision)
    return venue.outcome


class NaiveVenue:
    """Our orders on one venue."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.outcome = Outcome()
        self.markets = [Market() for _ in range(session.instruments)]
        self.orders: list[Open] = []
        """Open ones, in order of their place: whoever came to a price first stands first."""
        self.under_way: list[tuple[int, int, int, Command]] = []
        """(arrival, decided, order id, command), first to arrive first."""
        self.order_ids = 0
        self.news: Event | None = None
        """The event that what is being reported happened at."""

    def decide(self, decision: Decision) -> None:
        for number, market in enumerate(self.markets):
            mark = (decision.ts, number, market.best(BUY), market.best(SELL))
            self.outcome.marks.append(mark)
        changes = self.outcome.changes_known_by(decision.ts)
        for command in decision.choices[changes % len(decision.choices)]:
            order_id = 0
            if command.action == NEW:
                self.order_ids += 1
                order_id = self.order_ids
            self.outcome.sent.append((decision.ts, order_id, command))
            arrival = decision.ts + self.session.entry
            self.under_way.append((arrival, decision.ts, order_id, command))

    def hear(self, message: list[Event]) -> None:
        self.news = message[0]
        while self.under_way and self.under_way[0][0] < message[0].ts_exchange:
            arrival, decided, order_id, command = self.under_way.pop(0)
            self.arrive(Open(order_id, command, command.price, command.size, arrival, decided))
        for event in message:
            self.news = event
            if event.kind == TRADE:
                self.match(event)
            else:
                self.display(event)
        market = self.markets[message[-1].instrument]
        bid, ask = market.best(BUY), market.best(SELL)
        self.outcome.crossed += bool(bid and ask and bid >= ask)

    def arrive(self, order: Open) -> None:
        action: dict[int, Callable[[Open], None]] = {
            NEW: self.new,
            CANCEL: self.cancel,
            CANCEL_ALL: self.cancel_all,
        }
        action.get(order.command.action, self.replace)(order)

    def new(self, order: Open) -> None:
        command = order.command
        priced = command.type == MARKET or command.price > 0
        if command.side not in (BUY, SELL) or command.size <= 0 or not priced:
            self.report(order, REJECTED, BAD_ORDER)
        elif self.named(command):
            self.report(order, REJECTED, DUPLICATE_ID)
        elif command.post_only and self.takeable(order, command.type):
            self.report(order, REJECTED, WOULD_TAKE)
        else:
            self.report(order, ACCEPTED)
            total = sum(size for _, size in self.takeable(order, command.type))
            if command.tif == FOK and total < command.size:
                self.report(order, EXPIRED, NO_LIQUIDITY)
            else:
                self.enter(order, command.type, command.tif)

    def enter(self, order: Open, type_: int, tif: int) -> None:
        """Take what is displayed within the limit; the rest stays or expires."""
        for price, size in self.takeable(order, type_):
            if taken := min(size, order.size - order.filled):
                self.fill(order, price, taken, TAKER)
        if order.filled == order.size:
            return
        if type_ == MARKET or tif != GTC:
            self.report(order, EXPIRED, NO_LIQUIDITY)
            return
        shown = self.market(order).shown(order.command.side, order.price)
        order.ahead = order.ahead_entry = shown
        order.shown = max(shown, 0)
        order.gained = order.gained_ts = 0
        self.orders.append(order)

    def takeable(self, order: Open, type_: int) -> list[tuple[int, int]]:
        side = order.command.side
        ladder = self.market(order).ladder(-side)
        return [(p, n) for p, n in ladder if type_ == MARKET or (order.price - p) * side >= 0]

    def replace(self, request: Open) -> None:
        command = request.command
        order = self.named(command)
        if order is None:
            self.report(request, REJECTED, UNKNOWN_ORDER)
            return
        order.decided = request.decided
        if command.size <= order.filled or command.price <= 0:
            self.orders.remove(order)
            self.report(order, CANCELLED, REQUESTED)
        elif command.price == order.price and command.size <= order.size:
            order.size = command.size
            self.report(order, REPLACED)
        else:
            self.orders.remove(order)
            moved = attrs.evolve(
                order, price=command.price, size=command.size, arrived=request.arrived,
                ahead=UNKNOWN, ahead_entry=UNKNOWN,
            )  # fmt: skip
            if command.post_only and self.takeable(moved, LIMIT):
                self.report(order, CANCELLED, WOULD_TAKE)
            else:
                self.report(moved, REPLACED)
                self.enter(moved, LIMIT, GTC)

    def cancel(self, request: Open) -> None:
        order = self.named(request.command)
        if order is None:
            self.report(request, REJECTED, UNKNOWN_ORDER)
        else:
            self.end(order, request)

    def cancel_all(self, request: Open) -> None:
        for order in list(self.orders):
            if order.command.instrument == request.command.instrument:
                self.end(order, request)

    def end(self, order: Open, request: Open) -> None:
        order.decided = request.decided
        self.orders.remove(order)
        self.report(order, CANCELLED, REQUESTED)

    def display(self, event: Event) -> None:
        """Show a quote, a level, or nothing any more; our orders see what that means to them."""
        market = self.markets[event.instrument]
        mine = [order for order in self.orders if order.command.instrument == event.instrument]
        if event.kind in (LEVEL, CLEAR):
            if event.kind == CLEAR or not market.has_book:
                market.sides = {BUY: {}, SELL: {}}
            market.has_book = True
            mine = [o for o in mine if (o.command.side, o.price) == (event.side, event.price)]
            if event.kind == CLEAR:
                return
            market.sides[event.side].pop(event.price, None)
            if event.size:
                market.sides[event.side][event.price] = event.size
        elif market.has_book:
            return
        else:
            market.sides[BUY] = {event.price: event.size} if event.size else {}
            market.sides[SELL] = {event.ask_price: event.ask_size} if event.ask_size else {}
        for order in mine:
            shown = market.shown(order.command.side, order.price)
            if shown != UNKNOWN:
                self.look(order, shown, event.ts_exchange)

    def look(self, order: Open, shown: int, ts_exchange: int) -> None:
        if order.ahead == UNKNOWN:
            order.ahead = order.ahead_entry = shown
        elif shown < order.shown:
            ahead = min(order.ahead, shown)
            order.gained = order.ahead - ahead
            order.gained_ts = ts_exchange
            order.ahead = ahead
        order.shown = shown

    def match(self, event: Event) -> None:
        market = self.markets[event.instrument]
        taker = event.side
        if taker == 0 and market.best(SELL) and event.price >= market.best(SELL):
            taker = BUY
        elif taker == 0 and market.best(BUY) and event.price <= market.best(BUY):
            taker = SELL
        if taker == 0:
            self.outcome.unsided += 1
            return
        reached = [
            order
            for order in self.orders
            if order.command.instrument == event.instrument
            and order.command.side == -taker
            and order.arrived < event.ts_exchange
            and (order.price - event.price) * order.command.side >= 0
        ]
        left = event.size
        for order in sorted(reached, key=lambda order: -order.command.side * order.price):
            if left > 0:
                left -= self.offer(order, event, left)
        self.orders = [order for order in self.orders if order.filled < order.size]

    def offer(self, order: Open, event: Event, size: int) -> int:
        """Offer what is left of a print; return what the order took of it."""
        before, rule, draw = order.ahead, TRADED_THROUGH, None
        if order.price != event.price:
            order.ahead, reached = 0, size
        elif before == UNKNOWN:
            return 0
        else:
            fresh = size
            if event.ts_exchange <= order.gained_ts:
                known = min(order.gained, size)
                order.gained -= known
                fresh -= known
            rule, reached = QUEUE_REACHED, max(fresh - before, 0)
            order.ahead = max(before - fresh, 0)
            if self.session.model == "probabilistic":
                rule = MODEL_DRAW
                draw = uniform(self.session.seed, FILL, order.order_id, event.row)
                chosen = order.shown == 0 or draw < 1 - before / order.shown
                reached = fresh if chosen else 0
                if chosen and fresh:
                    order.ahead = 0
        taken = min(reached, size, order.size - order.filled)
        if taken:
            self.fill(order, order.price, taken, rule)
            self.outcome.reports[-1] |= {"ahead": before, "source_row": event.row, "draw": draw}
        return taken

    def market(self, order: Open) -> Market:
        return self.markets[order.command.instrument]

    def named(self, command: Command) -> Open | None:
        for order in self.orders:
            mine = order.command
            if (mine.instrument, mine.client_id) == (command.instrument, command.client_id):
                return order
        return None

    def fill(self, order: Open, price: int, size: int, rule: int) -> None:
        order.filled += size
        self.report(order, FILLED)
        self.outcome.reports[-1] |= {"price": price, "size": size, "rule": rule}

    def report(self, order: Open, kind: int, reason: int = NO_REASON) -> None:
        assert self.news is not None
        known = max(self.news.ts_local, self.news.ts_exchange + self.session.response)
        touch = (self.market(order).best(BUY), self.market(order).best(SELL))
        self.outcome.add(order, kind, reason, known, self.news.ts_exchange, touch)
