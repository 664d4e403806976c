"""A strategy woken by news of its own: which instrument's row, and the row that it is shown.

Rows have any dtype here, so they are handled as bytes. The row that is shown is made as
``mm.core.waking`` makes it.
"""

import numpy as np
import numpy.typing as npt

from mm.api.jit import inner
from mm.core.book import ASK, BID
from mm.core.depth import levels_of
from mm.core.venue.decider import Decider
from mm.core.venue.gate import Gate
from mm.core.venue.state import Venue


@inner
def who_wakes(venue: Venue, times: npt.NDArray[np.int64], decider: Decider) -> int:
    """Which instrument's row is to be decided again, for its news; -1 = none.

    None that has a row at that very time: it hears the news; nor one that has had no row yet.
    """
    state, cursor = venue.state[0], decider.cursor[0]
    if state["woken"] == 0:
        return -1
    for i in range(len(venue.standing)):
        if venue.standing[i]["woken"] == 0:
            continue
        n = cursor["start"]
        while n < len(times) and times[n] <= cursor["up_to"] and decider.instruments[n] != i:
            n += 1
        follows = n < len(times) and times[n] <= cursor["up_to"]
        if decider.has_last[i] == 1 and not follows:
            return int(i)
        venue.standing[i]["woken"] = 0
    state["woken"] = 0
    return -1


@inner
def _put(row: npt.NDArray[np.uint8], at: int, value: int) -> None:
    """Write an i8 into a row: the least byte first, as everywhere that numba compiles for."""
    for n in range(8):
        row[at + n] = (value >> (8 * n)) & 255


@inner
def _number(decider: Decider, row: npt.NDArray[np.uint8], at: int) -> float:
    """Read an f8 of a row."""
    for n in range(8):
        decider.number_bytes[n] = row[at + n]
    return float(decider.number[0])


@inner
def _put_number(decider: Decider, row: npt.NDArray[np.uint8], at: int, value: float) -> None:
    """Write an f8 into a row."""
    decider.number[0] = value
    for n in range(8):
        row[at + n] = decider.number_bytes[n]


@inner
def wake(venue: Venue, gate: Gate, decider: Decider, instrument: int) -> None:
    """Make the row that is woken of the last one: see ``mm.core.waking``."""
    cursor, seen = decider.cursor[0], venue.standing[instrument]
    row, touch = decider.woken[0], cursor["touch"]
    for n in range(cursor["row_size"]):
        row[n] = decider.last[instrument, n]
    decider.woken_ts[0] = cursor["up_to"]
    _put(row, touch[0], cursor["up_to"])
    _put(row, touch[1], seen["quoted_bid"])
    _put(row, touch[2], seen["quoted_bid_size"])
    _put(row, touch[3], seen["quoted_ask"])
    _put(row, touch[4], seen["quoted_ask_size"])
    for side in (BID, ASK):
        levels_of(venue.levels, instrument, side, decider.prices, decider.sizes)
        for n in range(cursor["depth"]):
            _put(row, cursor["levels"][2 * side] + 8 * n, decider.prices[n])
            _put(row, cursor["levels"][2 * side + 1] + 8 * n, decider.sizes[n])
    if cursor["traded"][0] >= 0:
        for n in range(len(cursor["traded"])):
            _put(row, cursor["traded"][n], 0)
    if cursor["mid"] >= 0:
        before, mid = _number(decider, row, cursor["mid"]), np.nan
        if seen["quoted_bid_size"] > 0 and seen["quoted_ask_size"] > 0:
            ticks = (seen["quoted_bid"] + seen["quoted_ask"]) * 0.5
            mid = ticks * gate.known[instrument]["tick"]
        _put_number(decider, row, cursor["mid"], mid)
        if cursor["fair"] >= 0:
            lean = _number(decider, row, cursor["fair"]) - before
            _put_number(decider, row, cursor["fair"], mid if np.isnan(lean) else mid + lean)


@inner
def keep_last(decider: Decider, committed: int) -> None:
    """Keep the last row of each instrument, among those that were decided for good."""
    cursor = decider.cursor[0]
    for n in range(cursor["start"], cursor["start"] + committed):
        instrument = decider.instruments[n]
        decider.has_last[instrument] = 1
        for i in range(cursor["row_size"]):
            decider.last[instrument, i] = decider.row_bytes[n, i]
