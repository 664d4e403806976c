"""The summary of a run that did not end, worked out from the tables up to their last whole rows.

What the tables do not tell is None: turnover, where the profit came from, the drawdown between
their rows (``Run.metrics`` has one by the second), times of the machine. Money is as of the last
row. Knows the tables, and nothing of files.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from mm.metrics import Floats
from mm.results.table import Table
from mm.schema import SCHEMA

_UNKNOWN: Final = (
    "turnover", "spread_capture", "inventory_pnl", "rows_read", "bracket", "clamps", "sides",
    "crossed_book_messages", "prints_without_side", "last_ts", "max_drawdown",
)  # fmt: skip

_UNKNOWN_OF_ONE: Final = ("rate", "sides", "turnover", "spread_capture", "inventory_pnl")
"""Of each of several markets, whose money is not in ``positions``."""

_OF_LAST_ROW: Final = ("realized_pnl", "unrealized_pnl", "funding", "equity")
"""Figures that are columns of ``positions``."""


def summary_so_far(
    status: str, started: Mapping[str, Any], read: Callable[[str], Table]
) -> dict[str, Any]:
    """Sum a run up as far as it came.

    Args:
        status: ``killed``, or ``running``.
        started: its summary as it was at the start.
        read: gives a table by its name.
    """
    quotes, orders, trades, positions = map(read, ("quotes", "orders", "trades", "positions"))
    markets = started.get("markets") or ()
    own = [positions.where(positions["symbol"] == one["symbol"]) for one in (*markets, started)]
    return {
        **started,
        **dict.fromkeys(_UNKNOWN),
        "status": status,
        "decisions": len(quotes),
        "orders": len(orders),
        **_filled(trades),
        **_held(own[-1]),  # of several markets the first, as ever
        **{name: _last(_floats(positions, name)) for name in _OF_LAST_ROW},
        "markets": [
            {
                **one,
                **dict.fromkeys((*_UNKNOWN_OF_ONE, *_OF_LAST_ROW)),
                **_filled(trades.where(trades["symbol"] == one["symbol"])),
                **_held(rows),
            }
            for one, rows in zip(markets, own[:-1], strict=True)
        ],
        "last_ts": _newest(read),
    }


def _filled(trades: Table) -> dict[str, Any]:
    fees = _floats(trades, "fee")
    return {
        "fills": len(trades),
        "maker_fills": int((trades["liquidity"] == "maker").sum()),
        "filled_qty": float(_floats(trades, "size").sum()),
        "fees_paid": float(fees[fees > 0].sum()),
        "rebates_earned": float(-fees[fees < 0].sum()),
    }


def _held(positions: Table) -> dict[str, Any]:
    held = _floats(positions, "position")
    return {
        "position": _last(held),
        "avg_price": _last(_floats(positions, "avg_price")),
        "max_position": float(np.abs(held).max(initial=0.0)),
    }


def _last(values: Floats) -> float | None:
    """The newest value; 0 where nothing happened yet, None where it is not known."""
    if not len(values):
        return 0.0
    return float(values[-1]) if np.isfinite(values[-1]) else None


def _newest(read: Callable[[str], Table]) -> int | None:
    """When the last of all rows was written, by the run's own clock [µs]; None = there is none."""
    newest = [-1]
    for name in ("trades", "orders", "order_events", "positions", "quotes"):
        table = read(name)
        column = next(one.name for one in SCHEMA[name] if one.kind == "time")
        newest.append(int(_times(table, column)[-1]) if len(table) else -1)
    return max(newest) if max(newest) >= 0 else None


def _floats(table: Table, column: str) -> Floats:
    return np.asarray(table[column], np.float64)


def _times(table: Table, column: str) -> Any:
    return table[column].astype(np.int64)
