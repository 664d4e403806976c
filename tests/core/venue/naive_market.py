"""What the market does to resting orders at the naive venue, and when funding is due."""

import math

from mm.api import (
    BOOK_CROSSED,
    BUY,
    CANCELLED,
    CLEAR,
    CONTRACT_OVER,
    FUNDING,
    LEVEL,
    MODEL_DRAW,
    NEW,
    QUEUE_REACHED,
    SELL,
    SETTLED,
    TRADED_THROUGH,
)  # fmt: skip
from mm.api.draws import FILL, uniform

from .naive_claims import UNKNOWN
from .naive_models import ahead_after, reached
from .naive_orders import NaiveOrders
from .naive_parts import Market, Open
from .tapes import Command, Event


class NaiveMarket(NaiveOrders):
    """Adds market events to orders."""

    def display(self, event: Event) -> None:
        """Show a quote, a level, or nothing any more; our orders see what that means to them."""
        market = self.markets[event.instrument]
        mine = [order for order in self.orders if order.command.instrument == event.instrument]
        if event.kind == CLEAR:
            market.clear(event.ts_exchange)
            self.took_away = True
        elif event.kind == LEVEL:
            market.set_level(event)
            prices = [order.price for order in mine]
            if event.size:
                for order in mine:
                    if (order.command.side, order.price) == (event.side, event.price):
                        self.look(order, event.size, event.ts_exchange)
            elif prices and min(prices) <= event.price <= max(prices):
                self.took_away = True
        else:
            market.set_quote(event)
            for order in mine:
                shown = market.shown(order.command.side, order.price)
                if shown != UNKNOWN and (not market.has_book or order.ahead == UNKNOWN):
                    self.look(order, shown, event.ts_exchange)

    def look_again(self, event: Event) -> None:
        """See what is left at our prices where levels were taken away."""
        for order in self.orders:
            if order.command.instrument == event.instrument:
                shown = self.market(order).shown(order.command.side, order.price)
                if shown != UNKNOWN and (shown < order.shown or order.ahead == UNKNOWN):
                    self.look(order, shown, event.ts_exchange)

    def look(self, order: Open, shown: int, ts_exchange: int) -> None:
        if order.ahead == UNKNOWN:
            order.ahead = order.ahead_entry = shown
            order.gained.append([ts_exchange, math.inf])
            order.moved_ts = ts_exchange
        elif shown < order.shown:
            ahead = ahead_after(self.session.model, order, shown)
            if ahead < order.ahead:
                self.gain(order, ts_exchange, order.ahead - ahead)
            order.ahead = ahead
        if shown != order.shown:
            order.printed = 0
            order.moved_ts = ts_exchange
        order.shown = shown

    def gain(self, order: Open, ts_exchange: int, lots: float) -> None:
        """Remember the last four times at which the level moved an order up."""
        if order.gained and order.gained[-1][0] == ts_exchange:
            order.gained[-1][1] += lots
        else:
            order.gained = [*order.gained, [ts_exchange, lots]][-4:]

    def match(self, event: Event) -> None:
        self.prints += 1
        market = self.markets[event.instrument]
        taker = event.side
        if taker == 0 and market.best(SELL) and event.price >= market.best(SELL):
            taker = BUY
        elif taker == 0 and market.best(BUY) and event.price <= market.best(BUY):
            taker = SELL
        if taker == 0:
            self.outcome.unsided += 1
            return
        left = event.size
        for order in self.in_reach(event, -taker, event.price):
            if left > 0 and order in self.orders:
                left -= self.offer(order, event, left)
        market.set_print(event, taker)

    def in_reach(self, event: Event, side: int, price: int) -> list[Open]:
        """Our orders at that price or better which had arrived, best first, then oldest."""
        reached = [
            order
            for order in self.orders
            if (order.command.instrument, order.command.side) == (event.instrument, side)
            and order.arrived < event.ts_exchange
            and (order.price - price) * side >= 0
        ]
        return sorted(reached, key=lambda order: -side * order.price)

    def match_crossed(self, event: Event) -> None:
        """Fill what the other side's best price has reached, by what is new there."""
        market = self.markets[event.instrument]
        tops = {side: market.top(side) for side in (SELL, BUY)}
        for side in (SELL, BUY):
            price, size = tops[side]
            before, used = market.matched[side]
            market.matched[side] = tops[side]
            left = max(size - used, 0) if price == before else size
            for order in self.in_reach(event, -side, price) if price else []:
                if left > 0 and order in self.orders:
                    taken = min(left, order.size - order.filled)
                    left -= taken
                    self.fill(order, order.price, taken, BOOK_CROSSED, source_row=event.row)

    def offer(self, order: Open, event: Event, size: int) -> int:
        """Offer what is left of a print; return what the order took of it."""
        before, rule, draw = order.ahead, TRADED_THROUGH, None
        if order.price != event.price:
            order.ahead, got = 0, float(size)
        elif before == UNKNOWN:
            return 0
        else:
            fresh = float(size)
            for gained in order.gained:
                if event.ts_exchange <= gained[0]:
                    known = min(gained[1], fresh)
                    gained[1] -= known
                    fresh -= known
            if event.ts_exchange > order.moved_ts:
                order.printed += fresh
            rule = QUEUE_REACHED
            if self.session.model == "probabilistic":
                rule = MODEL_DRAW
                draw = uniform(self.session.seed, FILL, order.order_id, self.prints)
            if fresh <= 0:
                return 0
            got = reached(self.session.model, order, fresh, draw)
        taken = min(math.floor(got + 1e-9), size, order.size - order.filled)
        if taken:
            told = None if draw is None else round(draw, 9)
            self.fill(
                order, order.price, taken, rule, ahead=int(before), source_row=event.row, draw=told
            )
        return taken

    def schedule(self, now: int) -> None:
        """Find the first time of funding, when the first event tells what time it is."""
        schedule = self.session.funding
        for market in self.markets:
            if schedule and market.due is None:
                offset = (schedule.first_us - 86_400_000_000) % schedule.interval_us
                market.due = now + 1
                while (market.due - offset) % schedule.interval_us:
                    market.due += 1
                market.rate = schedule.rate

    def tick(self, event: Event) -> None:
        market = self.markets[event.instrument]
        market.mark = event.price or market.mark
        self.settle_contract(event, market)
        new = event.ask_price > event.ts_exchange and event.ask_price > market.paid
        if self.session.funding is None and new:
            if len(market.announced) == 2 and event.ask_price not in market.announced:
                del market.announced[max(market.announced)]
            market.announced[event.ask_price] = event.size
            market.due = min(market.announced)

    def settle_contract(self, event: Event, market: Market) -> None:
        """Settle a contract: its orders are cancelled, its position is gone."""
        if not event.ask_size or market.over:
            return
        market.over = True
        for order in [o for o in self.orders if o.command.instrument == event.instrument]:
            self.orders.remove(order)
            self.report(order, CANCELLED, CONTRACT_OVER, after=order.reached)
        command = Command(action=NEW, instrument=event.instrument)
        self.report(Open(0, command, 0, 0, 0, event.ts_exchange), SETTLED)
        held = abs(market.position)
        self.outcome.reports[-1] |= {"price": event.ask_size, "size": held}
        market.position = 0

    def fund(self, event: Event, market: Market) -> None:
        """Pay what is due next on one market."""
        due = market.due or 0
        number = next(n for n, other in enumerate(self.markets) if other is market)
        nobody = Open(0, Command(action=NEW, instrument=number), 0, 0, 0, due)
        self.report(nobody, FUNDING)
        rate = market.announced.pop(due, market.rate)
        facts = {"ts_venue": due, "price": market.mark, "size": rate}
        self.outcome.reports[-1] |= facts
        market.paid = due
        schedule = self.session.funding
        coming = min(market.announced, default=0)
        market.due = market.paid + schedule.interval_us if schedule else coming
