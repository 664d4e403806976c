"""The entrance of the pipeline: what a connector sends is held to its contract and to the bounds.

Everything after relies on it, most of all the compiled loops, which neither see a sum overflow nor
an index lie outside its array. Knows the contract of MarketBatch, and nothing of what comes after.
"""

from typing import Final

import numpy as np

from mm.api import (
    EVENT,
    MOST_LOTS,
    MOST_TICKS,
    MOST_TRADED,
    TICKER,
    TRADE,
    DataError,
    MarketBatch,
    PluginError,
    Rows,
)
from mm.api.jit import kernel

_OK: Final = 0
_ORDER: Final = 1
_INSTRUMENT: Final = 2
_KIND: Final = 3
_PRICE: Final = 4
_SIZE: Final = 5
_TRADED: Final = 6

_FAULTS: Final = {
    _ORDER: "is out of order of ts_local",
    _INSTRUMENT: "is of an instrument that the run does not have",
    _KIND: "is of a kind that there is not",
    _PRICE: f"has a price outside 0..{MOST_TICKS:.0e} ticks",
    _SIZE: f"has a size outside 0..{MOST_LOTS:.0e} lots",
}


class BatchCheck:
    """Looks at every batch of one connector, in order."""

    def __init__(self, connector: str, instruments: int) -> None:
        """Begin before the first batch.

        Args:
            connector: who it is, for the blame.
            instruments: how many the run has.
        """
        self._connector = connector
        self._instruments = instruments
        self._watermark = -1
        self._traded = 0  # lots
        # Compiled now: once an exchange sends, nobody has seconds to wait.
        _judge(np.zeros(0, EVENT), instruments, 0)

    def check(self, batch: MarketBatch) -> None:
        """Let a batch pass.

        Raises:
            PluginError: it breaks the contract of MarketBatch.
            DataError: the trades come to more lots than can be summed.
        """
        fault, at = _OK, 0
        ends = self._ends_fault(batch)
        if ends is None:
            fault, at, self._traded = _judge(batch.events, self._instruments, self._traded)
        if fault == _TRADED:
            raise DataError(
                f"{self._connector}: all trades up to data time"
                f" {batch.events['ts_local'][at]} µs come to more than {MOST_TRADED:.0e} lots,"
                " which is all that can be summed; use less data, or a larger lot size"
            )
        if ends is not None or fault != _OK:
            why = ends or (
                f"event {at} of {len(batch.events)} up to {batch.watermark} {_FAULTS[fault]}"
            )
            raise PluginError(f"{self._connector} broke the MarketBatch contract: {why}")
        self._watermark = batch.watermark

    def _ends_fault(self, batch: MarketBatch) -> str | None:
        times = batch.events["ts_local"]
        before = self._watermark
        if batch.watermark <= before:
            return f"watermark {batch.watermark} after {before}"
        if not len(times):
            return None
        if times[0] <= before or times[-1] > batch.watermark:
            return f"events {times[0]}..{times[-1]} outside ({before}, {batch.watermark}]"
        if not batch.events["end"][-1]:
            return "a message split between batches"
        return None


@kernel(allocates=False)
def _judge(events: Rows, instruments: int, traded: int) -> tuple[int, int, int]:
    """Look at every event; ``traded`` are the lots of all trades before.

    Returns:
        (fault, at, traded): of the first bad event, and with the lots of the trades before it.
    """
    for i in range(len(events)):
        event = events[i]
        if i > 0 and event["ts_local"] < events[i - 1]["ts_local"]:
            return _ORDER, i, traded
        if not 0 <= event["instrument"] < instruments:
            return _INSTRUMENT, i, traded
        kind = event["kind"]
        if not 0 <= kind <= TICKER:
            return _KIND, i, traded
        if kind == TICKER:
            continue  # its columns are other things: a mark price, a signed rate, a time
        price, size = int(event["price"]), int(event["size"])
        ask_price, ask_size = int(event["ask_price"]), int(event["ask_size"])
        if price < 0 or price > MOST_TICKS or ask_price < 0 or ask_price > MOST_TICKS:
            return _PRICE, i, traded
        if size < 0 or size > MOST_LOTS or ask_size < 0 or ask_size > MOST_LOTS:
            return _SIZE, i, traded
        if kind == TRADE:
            if traded > MOST_TRADED - size:
                return _TRADED, i, traded
            traded += size
    return _OK, 0, traded
