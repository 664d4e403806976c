"""The naive venue's orders: how they arrive, take, rest, change and end, and their reports."""

from collections.abc import Callable
from typing import Any

import attrs

from mm.api import (
    ACCEPTED,
    BAD_ORDER,
    BUY,
    CANCEL,
    CANCEL_ALL,
    CANCELLED,
    CONTRACT_OVER,
    DUPLICATE_ID,
    EXPIRED,
    FILLED,
    FOK,
    GTC,
    LIMIT,
    MARKET,
    NEW,
    NO_LIQUIDITY,
    NO_REASON,
    OFF_TICK,
    REDUCE_ONLY,
    REJECTED,
    REPLACED,
    REQUESTED,
    SELL,
    TAKER,
    UNKNOWN_ORDER,
    WOULD_TAKE,
)  # fmt: skip

from .naive_claims import UNKNOWN
from .naive_models import latency
from .naive_parts import Market, Open, Outcome
from .tapes import Command, Event, Session


class NaiveOrders:
    """Our orders on one venue, and what is displayed there."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.outcome = Outcome()
        self.markets = [Market() for _ in range(session.instruments)]
        self.orders: list[Open] = []
        """Open ones, in order of their place: whoever came to a price first stands first."""
        self.under_way: list[Open] = []
        """Commands that have not arrived, first to arrive first."""
        self.order_ids = 0
        self.news: Event | None = None
        """The event that what is being reported happened at."""
        self.took_away = False
        """A message took levels away, perhaps at our prices."""
        self.feed = self.newest = self.prints = self.last_arrival = 0

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
        elif self.markets[command.instrument].over:
            self.report(order, REJECTED, CONTRACT_OVER)
        elif command.type == LIMIT and self.off_tick(order):
            self.report(order, REJECTED, OFF_TICK)
        elif self.named(command):
            self.report(order, REJECTED, DUPLICATE_ID)
        elif command.post_only and self.meets(order, command.type):
            self.report(order, REJECTED, WOULD_TAKE)
        elif command.reduce_only and not self.closable(order):
            self.report(order, REJECTED, REDUCE_ONLY)
        else:
            if command.reduce_only:
                order.size = min(order.size, self.closable(order))
            self.report(order, ACCEPTED)
            total = sum(size for _, size in self.takeable(order, command.type))
            if command.tif == FOK and total < order.size:
                self.report(order, EXPIRED, NO_LIQUIDITY)
            else:
                self.enter(order, command.type, command.tif)

    def off_tick(self, request: Open) -> bool:
        """Whether a price is off the tick that held when the command arrived."""
        if request.command.instrument != 0:
            return False
        ticks = [n for ts, n in self.session.tick_steps if ts <= request.arrived]
        return bool(ticks) and request.command.price % ticks[-1] != 0

    def enter(self, order: Open, type_: int, tif: int) -> None:
        """Take what is displayed within the limit; the rest stays or expires."""
        other = -order.command.side
        if self.meets(order, type_):
            self.market(order).matched[other] = self.market(order).top(other)
        for price, size in self.takeable(order, type_) if self.meets(order, type_) else []:
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
        order.gained = []
        order.moved_ts = 0
        order.printed = 0
        self.orders.append(order)

    def meets(self, order: Open, type_: int) -> bool:
        """Whether the other side's best price is within the order's limit."""
        side = order.command.side
        best = self.market(order).best(-side)
        return bool(best and (type_ == MARKET or (order.price - best) * side >= 0))

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
        order.reached = request.reached
        size = command.size
        if order.command.reduce_only:
            size = min(size, order.filled + self.closable(order))
        if size <= order.filled or command.price <= 0:
            self.orders.remove(order)
            self.report(order, CANCELLED, REQUESTED)
        elif command.price == order.price and size <= order.size:
            order.size = size
            self.report(order, REPLACED)
        elif self.off_tick(request):
            self.orders.remove(order)
            self.report(order, CANCELLED, OFF_TICK)
        else:
            self.orders.remove(order)
            moved = attrs.evolve(
                order, price=command.price, size=size, arrived=request.arrived,
                ahead=UNKNOWN, ahead_entry=UNKNOWN,
            )  # fmt: skip
            post_only = command.post_only or order.command.post_only
            if post_only and self.meets(moved, LIMIT):
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
        order.reached = request.reached
        self.orders.remove(order)
        self.report(order, CANCELLED, request.reason)

    def closable(self, order: Open) -> int:
        return max(-self.market(order).position * order.command.side, 0)

    def trim(self) -> None:
        """Hold reduce-only orders to what is left to close."""
        for order in [order for order in self.orders if order.command.reduce_only]:
            room = self.closable(order)
            if order.size - order.filled <= room:
                continue
            if room:
                order.size = order.filled + room
                self.report(order, REPLACED, REDUCE_ONLY)
            else:
                self.orders.remove(order)
                self.report(order, CANCELLED, REDUCE_ONLY)

    def market(self, order: Open) -> Market:
        return self.markets[order.command.instrument]

    def named(self, command: Command) -> Open | None:
        for order in self.orders:
            mine = order.command
            if (mine.instrument, mine.client_id) == (command.instrument, command.client_id):
                return order
        return None

    def fill(self, order: Open, price: int, size: int, rule: int, **facts: Any) -> None:
        order.filled += size
        self.market(order).position += order.command.side * size
        self.report(order, FILLED)
        self.outcome.reports[-1] |= {"price": price, "size": size, "rule": rule, **facts}
        resting = order in self.orders
        if resting and order.filled == order.size:
            self.orders.remove(order)
        if resting:
            self.trim()

    def report(self, order: Open, kind: int, reason: int = NO_REASON, after: int = -1) -> None:
        """Tell what became of an order with the news that there are, but later than ``after``."""
        assert self.news is not None
        feed = self.news.ts_local - self.news.ts_exchange
        made = max(self.news.ts_exchange, after + 1)
        key = 8 * order.order_id + kind
        back = made + latency(self.session, feed, made, entry=False, key=key)
        known = max(self.news.ts_local, back)
        self.outcome.add(order, kind, reason, known, made, self.market(order))
