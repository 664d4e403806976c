"""One line per fill on stderr: when, what, why, and where the book stood."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from mm.api import BUY, RULE_NAMES, Instrument, Rows, Status


class ConsoleSink:
    """Prints fills as they come."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        """Print for ``instruments``."""
        self._instruments = instruments

    def write(self, table: str, rows: Rows) -> None:
        """Print executions; pass over the other tables."""
        if table == "trades":
            for row in rows:
                print(self._line(row), file=sys.stderr)

    def close(self, status: Status) -> None:
        """Nothing is held back."""

    def _line(self, row: np.void) -> str:
        instrument = self._instruments[row["instrument"]]
        when = datetime.fromtimestamp(int(row["ts_known"]) / 1e6, UTC)
        side = "buy " if row["side"] == BUY else "sell"
        size = instrument.size_text(int(row["size"]))
        price = instrument.price_text(int(row["price"]))
        return (
            f"{when:%H:%M:%S.%f} {instrument.symbol} {side} {size:>8} @ {price:<10}"
            f" {RULE_NAMES[row['rule']]:<15} order {row['order_id']:<6}"
            f" fee {row['fee']:+.3g} pnl {row['realized'] + 0.0:+.3g}"
        )
