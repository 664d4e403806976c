"""``[strategy.when]``: the strategy chooses when it decides, and the transformer what it knows.

    batch ─┬─► base transformer ─► rows ─┬─► at each chosen time: the latest row, brought up to it
           └─► quotes, trades ─► times ──┘

A row stands at each chosen time from the base transformer's first row of that instrument on, one
an instrument and time. It is that transformer's latest row by then, with the touch of then
(``mm.core.waking``). News of our own are no part of the market: see ``mm.run.strategy``.
"""

import numpy as np
import numpy.typing as npt

from mm.api import QUOTE, TOUCH_FIELDS, TRADE, Context, MarketBatch, Rows, Transformer, half_ticks
from mm.blame import blame
from mm.config.when import WhenTable
from mm.core.waking import bring_up
from mm.run.transformer import check_rows

_Times = npt.NDArray[np.int64]
_QUOTED = (("bid", "price"), ("bid_size", "size"), ("ask", "ask_price"), ("ask_size", "ask_size"))


class TimedTransformer:
    """A transformer whose rows stand at chosen times. Pure, like the one that it asks."""

    dtype: "np.dtype[np.void]"

    def __init__(self, base: Transformer, owner: str, when: WhenTable, context: Context) -> None:
        """Ask ``base``, whose name for the blame is ``owner``, at the times of ``when``."""
        count = len(context.instruments)
        self._base, self._owner, self._when = base, owner, when
        self._half_ticks = half_ticks(context.instruments)
        self._watermark = -1
        self._pending = np.zeros(count, np.int64)  # the next time of the grid; 0 = none is due
        self._row = np.zeros(count, base.dtype)
        self._has_row = np.zeros(count, np.bool_)
        self._touch = np.zeros(count, TOUCH_FIELDS)
        self._touch["instrument"] = np.arange(count)
        self.dtype = base.dtype

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return the rows of the times that have come."""
        with blame(self._owner, batch.watermark):
            known = self._base.push(batch)
            check_rows(known, self._watermark, batch.watermark, self.dtype, self._owner)
        self._watermark = batch.watermark
        kind, which = batch.events["kind"], batch.events["instrument"]
        chunks = []
        for index in range(len(self._row)):
            quotes = batch.events[(kind == QUOTE) & (which == index)]
            trades = batch.events["ts_local"][(kind == TRADE) & (which == index)]
            touch = self._touches(index, quotes)
            times = self._times(index, touch, trades, batch.watermark)
            chunks.append(self._rows(index, times, touch, known[known["instrument"] == index]))
        rows = np.concatenate(chunks)
        # Stable, so instruments keep their order where they share a time.
        return rows[np.argsort(rows["ts"], kind="stable")]

    def _touches(self, index: int, quotes: Rows) -> Rows:
        """The touch as each quote left it, dtype TOUCH_FIELDS, behind the one from before."""
        touch = np.zeros(1 + len(quotes), TOUCH_FIELDS)
        touch[0] = self._touch[index]
        touch["instrument"] = index
        touch["ts"][1:] = quotes["ts_local"]
        for name, column in _QUOTED:
            touch[name][1:] = quotes[column]
        self._touch[index] = touch[-1]
        return touch

    def _times(self, index: int, touch: Rows, trades: _Times, watermark: int) -> _Times:
        """The chosen times that have come, ascending, none twice."""
        quotes = touch["ts"][1:]
        chosen = [quotes] if self._when.quotes else []
        if self._when.trades:
            chosen.append(trades)
        if self._when.touch:
            bid = np.where(touch["bid_size"] > 0, touch["bid"], 0)
            ask = np.where(touch["ask_size"] > 0, touch["ask"], 0)
            chosen.append(quotes[(np.diff(bid) != 0) | (np.diff(ask) != 0)])
        if self._when.grid_ms:
            chosen.append(self._grid(index, np.concatenate([quotes, trades]), watermark))
        return np.unique(np.concatenate(chosen))

    def _grid(self, index: int, came: _Times, watermark: int) -> _Times:
        """The times of the grid that have come, of those since the last of which something came."""
        step = self._when.grid_ms * 1000
        times = np.unique(np.append(self._pending[index], -(-came // step) * step))
        due: _Times = times[(times > 0) & (times <= watermark)]
        self._pending[index] = times[-1] if times[-1] > watermark else 0
        return due

    def _rows(self, index: int, times: _Times, touch: Rows, known: Rows) -> Rows:
        """The rows of an instrument at ``times``, from its first known row on."""
        latest = np.concatenate([self._row[index : index + 1], known])
        at = np.searchsorted(known["ts"], times, side="right")
        if not self._has_row[index]:
            times, at = times[at > 0], at[at > 0]
        rows = latest[at]
        now = touch[np.searchsorted(touch["ts"][1:], times, side="right")]
        now["ts"] = times
        bring_up(rows, now, self._half_ticks)
        self._row[index] = latest[-1]
        self._has_row[index] |= len(known) > 0
        return rows
