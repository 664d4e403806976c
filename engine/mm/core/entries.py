"""What the ledger writes down: sums over the run, and rows of the tables trades and positions.

Knows columns and their order, not how the numbers come about.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import attrs
import numpy as np

from mm.api import EXECUTION, POSITION, Rows

Row: TypeAlias = tuple[float, ...]
"""A row of POSITION, all its columns in order."""
Booked: TypeAlias = tuple[bool, float, float, float]
"""What booking a fill adds to its report: whether we made, mid, fee, realised P&L."""

_ADDED: Final = ("maker", "mid", "fee", "realized")
_COPIED: Final = (
    "ts_known", "ts_venue", "ts_decided", "order_id", "client_id", "price", "size", "leaves",
    "ahead_entry", "ahead", "source_row", "draw", "instrument", "side", "rule",
)  # fmt: skip


@attrs.define(kw_only=True)
class Totals:
    """Sums over the run, for the summary. Money in one currency, sizes in lots."""

    fills: int = 0
    maker_fills: int = 0
    filled_lots: int = 0
    turnover: float = 0.0
    realized: float = 0.0
    fees_paid: float = 0.0
    rebates: float = 0.0
    funding: float = 0.0
    """Received less paid."""
    spread_capture: float = 0.0
    revaluation: float = 0.0
    peak_equity: float = 0.0
    max_drawdown: float = 0.0
    """Largest fall of equity below its earlier peak, at decision times and fills."""
    largest_position: int = 0

    @property
    def cash(self) -> float:
        """Realised P&L less fees, with funding."""
        return self.realized - (self.fees_paid - self.rebates) + self.funding

    def track(self, equity: float) -> None:
        """Move the peak and the largest drawdown along the equity."""
        self.peak_equity = max(self.peak_equity, equity)
        self.max_drawdown = max(self.max_drawdown, self.peak_equity - equity)


@attrs.frozen(kw_only=True)
class Entries:
    """What one execution report added."""

    trades: Rows
    """dtype EXECUTION."""
    positions: Rows
    """dtype POSITION."""


_MONEY: Final = (
    "turnover", "realized", "fees_paid", "rebates", "funding", "spread_capture", "revaluation",
)  # fmt: skip
_COUNTS: Final = ("fills", "maker_fills", "filled_lots")


def add_up(accounts: Sequence[Totals], rates: Sequence[float], tracked: Totals) -> Totals:
    """Sum accounts up, money at the ``rates``; peak and drawdown are those ``tracked``."""
    total = attrs.evolve(tracked)
    for account, rate in zip(accounts, rates, strict=True):
        for name in _MONEY:
            setattr(total, name, getattr(total, name) + rate * getattr(account, name))
        for name in _COUNTS:
            setattr(total, name, getattr(total, name) + getattr(account, name))
        total.largest_position = max(total.largest_position, account.largest_position)
    return total


def make_entries(fills: Rows, booked: Sequence[Booked], rows: Sequence[Row]) -> Entries:
    """Turn numbers into tables.

    Args:
        fills: dtype REPORT, the fills alone.
        booked: one for each fill.
        rows: of positions.
    """
    trades = np.zeros(len(fills), EXECUTION)
    if booked:
        for name in _COPIED:
            trades[name] = fills[name]
        for name, values in zip(_ADDED, zip(*booked, strict=True), strict=True):
            trades[name] = values
    positions = np.zeros(len(rows), POSITION)
    positions[:] = rows
    return Entries(trades=trades, positions=positions)
