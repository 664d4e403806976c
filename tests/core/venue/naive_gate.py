"""The risk gate once more: everything is counted anew from the reports that are known.

Nothing is kept between decisions but what was sent, when the loss limit broke, and whether the
market was stale the last time.
"""

import attrs

from mm.api import (
    BUY,
    CANCEL,
    CANCEL_ALL,
    CANCELLED,
    EXPIRED,
    FILLED,
    FUNDING,
    LIMIT,
    NEW,
    REJECTED,
    REPLACE,
    RISK_COLLAR,
    RISK_LOSS,
    RISK_ORDER_RATE,
    RISK_ORDER_SIZE,
    RISK_POSITION,
    RISK_STALE,
    SELL,
    SETTLED,
)

from .naive_parts import Market, Outcome, Report
from .tapes import TICK, Command, Session

Refusal = tuple[int, float, float]
"""(reason, limit, value)."""


@attrs.define
class NaiveGate:
    """Our own limits, before an order leaves."""

    session: Session
    outcome: Outcome
    markets: list[Market]
    times: list[int] = attrs.field(factory=list)
    """When new orders and replaces went out."""
    stale: bool = False
    last_event: int = 0

    def watch(self, ts: int) -> int:
        """Why everything must be cancelled at a decision time; 0 = it need not."""
        limits, silence = self.session.limits, ts - self.last_event
        if limits.loss and not self.outcome.killed_ts and -self.equity(ts) > limits.loss:
            self.outcome.killed_ts = ts
            return RISK_LOSS
        was_stale, self.stale = self.stale, bool(limits.stale_us and silence > limits.stale_us)
        return RISK_STALE if self.stale and not was_stale else 0

    def judge(self, ts: int, command: Command) -> Refusal | None:
        """Say why a command may not leave; None = it may."""
        limits = self.session.limits
        if command.action in (CANCEL, CANCEL_ALL):
            return None
        if self.outcome.killed_ts:
            return RISK_LOSS, limits.loss, -self.equity(ts)
        if self.stale:
            return RISK_STALE, limits.stale_us / 1e6, (ts - self.last_event) / 1e6
        if limits.order_lots and command.size > limits.order_lots:
            return RISK_ORDER_SIZE, limits.order_lots, command.size
        reach = self.reach(ts, command)
        if limits.position_lots and reach > limits.position_lots:
            return RISK_POSITION, limits.position_lots, reach
        if limits.collar and (command.type == LIMIT or command.action == REPLACE):
            mid = self.mid(command.instrument)
            away = float("nan") if mid is None else abs(command.price * TICK - mid) / mid
            if not away <= limits.collar:
                return RISK_COLLAR, limits.collar, away
        recent = [time for time in self.times if ts - time < 1_000_000]
        if limits.orders_per_s and len(recent) >= limits.orders_per_s:
            return RISK_ORDER_RATE, limits.orders_per_s, limits.orders_per_s + 1
        self.times.append(ts)
        return None

    def known(self, ts: int) -> list[Report]:
        return [report for report in self.outcome.reports if report["ts_known"] <= ts]

    def mid(self, instrument: int) -> float | None:
        bid, ask = self.markets[instrument].best(BUY), self.markets[instrument].best(SELL)
        return (bid + ask) / 2 * TICK if bid and ask else None

    def equity(self, ts: int) -> float:
        """Cash, and positions at the mid; at cost where there is none."""
        equity = 0.0
        for number in range(len(self.markets)):
            lots, paid = 0, 0.0  # what is open, and what was paid for it
            for report in self.known(ts):
                price = report["price"] * TICK
                if report["instrument"] != number:
                    continue
                if report["kind"] == FUNDING:
                    equity -= lots * price / 1e6 * report["size"] * 1e-12
                if report["kind"] == SETTLED:
                    equity += lots * price / 1e6 - paid
                    lots, paid = 0, 0.0
                if report["kind"] != FILLED:
                    continue
                signed = report["side"] * report["size"]
                closed = min(abs(signed), abs(lots)) if signed * lots < 0 else 0
                back = paid * closed / abs(lots) if closed else 0.0
                equity += -report["side"] * closed * price - back
                paid += report["side"] * (report["size"] - closed) * price - back
                lots += signed
            mid = self.mid(number)
            equity += 0.0 if mid is None else lots * mid - paid
        return equity

    def working(self, ts: int) -> dict[int, Command]:
        """What works as far as we know, by order id, with the size and price last asked for."""
        over = {report["order_id"] for report in self.known(ts) if _is_over(report)}
        working: dict[int, Command] = {}
        sent = zip(self.outcome.sent, self.outcome.kept_back, strict=True)
        for _, order_id, command in [row for row, kept in sent if not kept]:
            if command.action == NEW:
                working[order_id] = command
            elif command.action == REPLACE:
                for other, order in working.items():
                    if _same_name(order, command):
                        working[other] = attrs.evolve(order, size=command.size)
        return {order_id: order for order_id, order in working.items() if order_id not in over}

    def reach(self, ts: int, command: Command) -> int:
        """Position if all on the command's side filled, the command as it would then be."""
        working = self.working(ts)
        filled = dict.fromkeys(working, 0)
        position = 0
        for report in self.known(ts):
            if report["kind"] == FILLED:
                if report["instrument"] == command.instrument:
                    position += report["side"] * report["size"]
                if report["order_id"] in filled:
                    filled[report["order_id"]] += report["size"]
            elif report["kind"] == SETTLED and report["instrument"] == command.instrument:
                position = 0
        side, lots = command.side, command.size
        if command.action == REPLACE:
            named = [number for number, order in working.items() if _same_name(order, command)]
            for number in named[:1]:
                side = working.pop(number).side
                lots -= filled[number]
        for number, order in working.items():
            if (order.instrument, order.side) == (command.instrument, side):
                lots += order.size - filled[number]
        return lots + side * position


def _same_name(order: Command, command: Command) -> bool:
    return (order.instrument, order.client_id) == (command.instrument, command.client_id)


def _is_over(report: Report) -> bool:
    over = report["kind"] in (REJECTED, CANCELLED, EXPIRED)
    return over or (report["kind"] == FILLED and report["leaves"] == 0)
