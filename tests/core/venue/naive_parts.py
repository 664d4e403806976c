"""What the naive venue keeps: open orders, what is displayed, and all that happened.

Plain objects without a rule of matching in them; those are in ``naive``.
"""

from typing import Any, TypeAlias

import attrs

from mm.api import ACCEPTED, BUY, CANCELLED, EXPIRED, NO_RULE, REJECTED, REPLACED, REQUESTED, SELL

from .naive_claims import UNKNOWN, Claims
from .tapes import Command

Report: TypeAlias = dict[str, Any]
"""The fields of ``mm.api.REPORT``; a draw that was not made is None."""


@attrs.define
class Open:
    """One of our orders at the venue."""

    order_id: int
    command: Command
    price: int
    size: int
    arrived: int
    decided: int
    reason: int = REQUESTED
    """Why a cancel-all was sent."""
    filled: int = 0
    ahead_entry: int = UNKNOWN
    ahead: float = UNKNOWN
    shown: int = 0
    """Lots displayed at our price when we last looked."""
    gained: list[list[float]] = attrs.field(factory=list)
    """[when the level changed, lots that this took off ``ahead``]; late prints are set off."""
    moved_ts: int = 0
    """When the level last changed."""
    printed: float = 0.0
    """Lots printed at our price since the level's last change."""
    reached: int = 0
    """When the last command about it arrived."""


@attrs.define
class Market(Claims):
    """What one instrument displays, and what it means to us."""

    position: int = 0
    """Ours, in lots."""
    mark: int = 0
    rate: int = 0
    due: int | None = None
    """When funding is next paid."""
    announced: dict[int, int] = attrs.field(factory=dict)
    """Rates of the fundings that tickers told of, by their time."""
    paid: int = 0
    over: bool = False
    """The contract has been settled."""
    matched: dict[int, tuple[int, int]] = attrs.field(factory=lambda: {BUY: (0, 0), SELL: (0, 0)})
    """Best price and size of a side that crossed orders were last matched with."""


@attrs.define
class Outcome:
    """All that happened in a session."""

    reports: list[Report] = attrs.field(factory=list)
    sent: list[tuple[int, int, Command]] = attrs.field(factory=list)
    """(decision time, order id, command)."""
    kept_back: list[bool] = attrs.field(factory=list)
    """Whether the risk gate refused it, for each that was sent."""
    marks: list[tuple[int, int, int, int, int]] = attrs.field(factory=list)
    """(decision time, instrument, bid, ask, mark price)."""
    crossed: int = 0
    unsided: int = 0
    overtaken: int = 0
    stale: int = 0
    refused: int = 0
    killed_ts: int | None = None

    def note_mark(self, mark: tuple[int, int, int, int, int], instruments: int) -> None:
        """Add a mark, unless a decision of the same time left the same."""
        if mark not in self.marks[-instruments:]:
            self.marks.append(mark)

    def changes_known_by(self, ts: int) -> int:
        """How many reports known at ``ts`` changed the account."""
        known = [report["kind"] for report in self.reports if report["ts_known"] <= ts]
        return sum(kind not in (ACCEPTED, REPLACED) for kind in known)

    def add(
        self, order: Open, kind: int, reason: int, known: int, ts_venue: int, market: Market
    ) -> None:
        """Report what became of an order; a fill puts its own figures in afterwards."""
        over = kind in (REJECTED, CANCELLED, EXPIRED)
        self.reports.append(
            {
                "ts_known": max(known, self.reports[-1]["ts_known"] if self.reports else 0),
                "ts_venue": ts_venue,
                "ts_decided": order.decided,
                "ts_arrived": order.reached,
                "order_id": order.order_id,
                "client_id": order.command.client_id,
                "price": order.price,
                "size": order.size,
                "leaves": 0 if over else order.size - order.filled,
                "ahead_entry": order.ahead_entry,
                "ahead": int(order.ahead),
                "source_row": 0,
                "bid": market.best(BUY),
                "ask": market.best(SELL),
                "mark": market.mark,
                "limit": None,
                "value": None,
                "draw": None,
                "instrument": order.command.instrument,
                "kind": kind,
                "reason": reason,
                "rule": NO_RULE,
                "side": order.command.side,
            }
        )
