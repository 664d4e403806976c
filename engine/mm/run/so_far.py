"""Markouts of a run that still goes on, for who watches it: those of ``mm.metrics``, so far.

The definition is that of ``mm.metrics.markouts``: mids are those of decisions. The latest fills are
kept, and of the mids only those that a fill still waits for, so memory is bounded however long a
run goes on; what was left out for that is not counted. Only looked at, never read back.
"""

from collections.abc import Sequence
from typing import Final

import attrs
import numpy as np

from mm.api import BUY, MICRO, Instrument, Rows
from mm.metrics import HORIZONS_S, Fills, Floats, Mean, Times, jackknife, markout

MOST_FILLS: Final = 4096
"""Of a market."""
_MOST_MIDS: Final = 200_000
"""Of a market: a minute of three thousand decisions a second."""
_LONGEST_US: Final = round(max(HORIZONS_S) * MICRO)
_NO_FILLS: Final = Fills(
    ts=np.zeros(0, np.int64), price=np.zeros(0), side=np.zeros(0, np.int64), size=np.zeros(0),
    mid=np.zeros(0),
)  # fmt: skip


@attrs.define
class _Market:
    instrument: Instrument
    mids: list[tuple[Times, Floats]] = attrs.field(factory=list)
    """Pieces of times [µs] and mids [price] that are known, ascending."""
    fills: Fills = _NO_FILLS
    worth: Floats = attrs.field(factory=lambda: np.zeros((len(HORIZONS_S), 0)))
    """shape (horizons, fills) [price]; NaN = not known yet, or never."""
    settled: int = 0
    """So many fills, from the first on, wait for nothing more."""


class MarkoutsSoFar:
    """Follows decisions and fills of all markets."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        """Start with no fill."""
        self._markets = [_Market(instrument) for instrument in instruments]

    def take(self, decisions: Rows, trades: Rows) -> None:
        """Take what was decided and filled next: dtypes DECISION and EXECUTION, ascending."""
        for number, market in enumerate(self._markets):
            filled = trades[trades["instrument"] == number] if len(trades) else trades
            if len(filled):
                _add_fills(market, filled)
            if len(decisions):
                _add_mids(market, decisions[decisions["instrument"] == number])

    def look(self, number: int) -> dict[float, Mean]:
        """Give a market's mean markout [price] by horizon [s], weighted by size.

        Of the latest ``MOST_FILLS`` fills, those whose horizon has come.
        """
        market = self._markets[number]
        _work_out(market)
        fills = market.fills
        return {
            horizon: jackknife(worth, fills.size, fills.ts)
            for horizon, worth in zip(HORIZONS_S, market.worth, strict=True)
        }


def _add_fills(market: _Market, filled: Rows) -> None:
    one, old = market.instrument, market.fills
    new = Fills(
        ts=filled["ts_venue"].astype(np.int64),
        price=np.array([one.price(ticks) for ticks in filled["price"].tolist()]),
        side=np.where(filled["side"] == BUY, 1, -1),
        size=np.array([one.contracts(lots) for lots in filled["size"].tolist()]),
        mid=filled["mid"].astype(np.float64),
    )
    pairs = {name: (getattr(old, name), getattr(new, name)) for name in attrs.fields_dict(Fills)}
    joined = {name: np.concatenate(both)[-MOST_FILLS:] for name, both in pairs.items()}
    empty = np.full((len(HORIZONS_S), len(filled)), np.nan)
    market.settled -= max(len(old.ts) + len(filled) - MOST_FILLS, 0)
    market.settled = max(market.settled, 0)
    market.fills = Fills(**joined)
    market.worth = np.concatenate([market.worth, empty], axis=1)[:, -MOST_FILLS:]


def _add_mids(market: _Market, decisions: Rows) -> None:
    known = decisions[~np.isnan(decisions["mid"])]
    if not len(known):
        return
    market.mids.append((known["ts"].copy(), known["mid"].copy()))
    newest, waiting = int(known["ts"][-1]), market.fills.ts[market.settled :]
    count = sum(len(ts) for ts, _ in market.mids)
    is_full = count > _MOST_MIDS
    if len(waiting) and (is_full or int(waiting[0]) + _LONGEST_US <= newest):
        _work_out(market)
        waiting = market.fills.ts[market.settled :]
    needed = min(newest - _LONGEST_US, int(waiting.min()) if len(waiting) else newest)
    most = _MOST_MIDS // 2 if is_full else _MOST_MIDS  # half at a time, so that it is rare
    while len(market.mids) > 1 and (market.mids[1][0][0] <= needed or count > most):
        count -= len(market.mids.pop(0)[0])


def _work_out(market: _Market) -> None:
    """Give each fill that waits what it is worth by now."""
    if not market.mids or market.settled == len(market.fills.ts):
        return
    ts = np.concatenate([piece for piece, _ in market.mids])
    mids = np.concatenate([piece for _, piece in market.mids])
    market.mids = [(ts, mids)] if len(market.mids) > 64 else market.mids
    waits = slice(market.settled, None)
    waiting = market.fills.where(np.arange(len(market.fills.ts)) >= market.settled)
    for row, horizon in enumerate(HORIZONS_S):
        found = markout(waiting, horizon, ts, mids)
        old = market.worth[row, waits]
        market.worth[row, waits] = np.where(np.isnan(found), old, found)
    done = waiting.ts + _LONGEST_US <= ts[-1]
    market.settled += len(done) if done.all() else int(np.argmin(done))
