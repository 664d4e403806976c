"""Live events as a recording of them would give them back: settled, and their rows numbered.

A live connector cannot know in which row of which file an event will stand, nor what a file cannot
say. Here each event gets its row (1-based in the file of its kind and UTC day), and the few things
that would not survive being written and read are settled before anybody acts on them:

- The file of a book has no rows for CLEAR: one is where ``is_snapshot`` turns from false to true,
  or where over a second passes between two rows of snapshots. Where neither would show it, a row
  that removes a level is put in front; where no level follows it, one behind.
- Levels before the first snapshot are taken as one. Trades of size zero are left out.
- A quote's empty side has no price, and a ticker without its time has no rate.
- Exchange times are never later than ours.

Knows neither files nor who sent the events. One instrument, as the files hold one.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mm.api import (
    BUY,
    CLEAR,
    EVENT,
    FUNDING_RATE,
    FUNDING_TS,
    LEVEL,
    MARK_PRICE,
    MICRO,
    QUOTE,
    SELL,
    SETTLED_PRICE,
    SNAPSHOT_JUMP_US,
    TICKER,
    TRADE,
    MarketBatch,
    PluginError,
    Rows,
)
from mm.api.jit import inner, kernel

DAY_US: Final = 86_400 * MICRO
"""A UTC day; the epoch counts no leap seconds."""

_Ints = npt.NDArray[np.int64]

# Columns of the state, carried from call to call.
_DAY: Final = 0  # of the last event, days since 1970
_SEEN: Final = 1  # 1 once the book has been cleared
_FLAG: Final = 2  # 1 if the last book row belongs to a snapshot
_BEFORE: Final = 3  # µs, local time of the last book row
_PRICE: Final = 4  # ticks, of the last book row
_SIDE: Final = 5
_ROWS: Final = 6  # rows so far in the day's files: trades, quotes, book, tickers
_STATE: Final = 10

_OK: Final = 0
_ORDER: Final = 1
_VALUE: Final = 2

_FAULTS: Final = {
    _ORDER: "is out of order (by ts_local, then trades, quotes, book, tickers)",
    _VALUE: "holds an instrument, kind, side, price or size that it cannot have",
}


_FILES: Final = (
    ("trades", TRADE), ("quotes", QUOTE), ("book", LEVEL), ("derivative_ticker", TICKER)
)  # fmt: skip
"""What a file holds, and the kind of event that is a row of it; a CLEAR is none."""


class Numbering:
    """Settles and numbers the batches of one live connector, in their order."""

    def __init__(self, connector: str) -> None:
        """``connector``: who it is, for the blame."""
        self._connector = connector
        self._state = np.zeros(_STATE, np.int64)
        self._state[_PRICE], self._state[_SIDE] = 1, BUY
        self.rows = {name: 0 for name, _ in _FILES}
        """Rows so far by what a file holds, as a recording has them."""
        # Compiled now: once the exchange sends, nobody has seconds to wait.
        _settle(np.zeros(0, EVENT), self._state, np.zeros(0, EVENT))

    def push(self, batch: MarketBatch) -> MarketBatch:
        """Give the batch with every event settled and numbered.

        Raises:
            PluginError: an event breaks the contract of MarketBatch.
        """
        if not len(batch.events):
            return batch
        # At most a CLEAR and two levels come of one event.
        out = np.zeros(3 * len(batch.events), EVENT)
        made, at, fault = _settle(batch.events, self._state, out)
        if fault != _OK:
            raise PluginError(
                f"{self._connector} broke the MarketBatch contract: event {at} of"
                f" {len(batch.events)} up to {batch.watermark} {_FAULTS[fault]}"
            )
        kinds = np.bincount(out["kind"][:made], minlength=TICKER + 1)
        for name, kind in _FILES:
            self.rows[name] += int(kinds[kind])
        return MarketBatch(out[:made], batch.watermark)


@inner
def _file_of(kind: int) -> int:
    """Which file a kind of event stands in, in the order of their rows."""
    if kind in (CLEAR, LEVEL):
        return 2
    return 3 if kind == TICKER else kind


@inner
def _is_possible(event: Any) -> bool:
    """Say whether a file can hold the event's values."""
    kind, side = event["kind"], event["side"]
    if event["instrument"] != 0:
        return False
    if kind in (TRADE, LEVEL):
        known = side in (BUY, SELL) or kind == TRADE
        return bool(event["price"] > 0 and event["size"] >= 0 and known)
    if kind == QUOTE:
        bid = event["size"] == 0 or (event["size"] > 0 and event["price"] > 0)
        ask = event["ask_size"] == 0 or (event["ask_size"] > 0 and event["ask_price"] > 0)
        return bool(bid and ask)
    if kind == TICKER:
        return bool(event[MARK_PRICE] >= 0 and event[FUNDING_TS] >= 0 and event[SETTLED_PRICE] >= 0)
    return bool(kind == CLEAR)


@inner
def _time(event: Any) -> int:
    """When the event was made, as far as that can be."""
    made, received = event["ts_exchange"], event["ts_local"]
    return int(received if made <= 0 or made > received else made)


@inner
def _put(out: Rows, made: int, ts: int, exchange: int, kind: int, state: _Ints) -> int:
    """Write an event with its row's number; what is not said stays zero."""
    row = out[made]
    row["ts_local"] = ts
    row["ts_exchange"] = exchange
    row["kind"] = kind
    if kind != CLEAR:
        state[_ROWS + _file_of(kind)] += 1
        row["row"] = state[_ROWS + _file_of(kind)]
    return made + 1


@inner
def _put_level(
    out: Rows, made: int, ts: int, exchange: int, side: int, price: int, size: int, state: _Ints
) -> int:
    made = _put(out, made, ts, exchange, LEVEL, state)
    out[made - 1]["price"] = price
    out[made - 1]["size"] = size
    out[made - 1]["side"] = side
    state[_PRICE] = price
    state[_SIDE] = side
    state[_BEFORE] = ts
    return made


@inner
def _put_clear(events: Rows, i: int, out: Rows, made: int, state: _Ints) -> int:
    """Write a CLEAR so that the file shows it, and only there."""
    event = events[i]
    ts = int(event["ts_local"])
    follows = False
    exchange = _time(event)
    if i + 1 < len(events):
        after = events[i + 1]
        follows = bool(after["kind"] == LEVEL and after["ts_local"] == ts)
        if follows:
            exchange = _time(after)
    price, side = int(state[_PRICE]), int(state[_SIDE])
    if state[_FLAG] == 1 and ts - state[_BEFORE] <= SNAPSHOT_JUMP_US:
        made = _put_level(out, made, ts, exchange, side, price, 0, state)
    made = _put(out, made, ts, exchange, CLEAR, state)
    state[_SEEN] = 1
    state[_FLAG] = 1
    if not follows:
        made = _put_level(out, made, ts, exchange, side, price, 0, state)
    return made


@inner
def _is_flagged(events: Rows, i: int, out: Rows, made: int) -> bool:
    """Say whether a level of a snapshot, just put, will be written as one.

    Of several, the last before another CLEAR of the same time is not, so that it can be told.
    """
    if made >= 2 and out[made - 2]["kind"] == CLEAR:
        return True
    if i + 1 == len(events):
        return True
    after = events[i + 1]
    return bool(after["kind"] != CLEAR or after["ts_local"] != events[i]["ts_local"])


@inner
def _put_other(event: Any, out: Rows, made: int, state: _Ints) -> int:
    """Write a trade, a quote or a ticker."""
    kind = int(event["kind"])
    made = _put(out, made, int(event["ts_local"]), _time(event), kind, state)
    row = out[made - 1]
    if kind == TRADE:
        row["price"] = event["price"]
        row["size"] = event["size"]
        row["side"] = event["side"]
    elif kind == TICKER:
        row[MARK_PRICE] = event[MARK_PRICE]
        row[FUNDING_RATE] = event[FUNDING_RATE] if event[FUNDING_TS] > 0 else 0
        row[FUNDING_TS] = event[FUNDING_TS]
        row[SETTLED_PRICE] = event[SETTLED_PRICE]
    else:
        row["size"] = event["size"]
        row["price"] = event["price"] if event["size"] > 0 else 0
        row["ask_size"] = event["ask_size"]
        row["ask_price"] = event["ask_price"] if event["ask_size"] > 0 else 0
    return made


@inner
def _mark_ends(out: Rows, made: int) -> None:
    """Mark the last row of each file among those of one time."""
    for i in range(made):
        last = i + 1 == made
        if not last:
            row, after = out[i], out[i + 1]
            last = bool(
                row["ts_local"] != after["ts_local"]
                or _file_of(int(row["kind"])) != _file_of(int(after["kind"]))
            )
        out[i]["end"] = 1 if last else 0


@kernel(allocates=False)
def _settle(events: Rows, state: _Ints, out: Rows) -> tuple[int, int, int]:
    """Settle and number ``events``.

    Args:
        events: dtype EVENT, whole messages.
        state: shape (_STATE,), carried from call to call.
        out: dtype EVENT, shape (m,), m >= 3 * len(events), zeros.

    Returns:
        (made, at, fault): events made; where it stopped, and why.
    """
    made = 0
    snapshot = 0  # whether the rows of this message belong to one
    for i in range(len(events)):
        event = events[i]
        ts, kind = int(event["ts_local"]), int(event["kind"])
        if not _is_possible(event):
            return made, i, _VALUE
        if i > 0:
            before = events[i - 1]
            if ts < before["ts_local"]:
                return made, i, _ORDER
            if ts > before["ts_local"]:
                snapshot = 0
            elif _file_of(kind) < _file_of(int(before["kind"])):
                return made, i, _ORDER
        if ts // DAY_US != state[_DAY]:
            state[_DAY] = ts // DAY_US
            state[_ROWS:] = 0
        if kind == CLEAR:
            made = _put_clear(events, i, out, made, state)
            snapshot = 1
        elif kind == LEVEL:
            if state[_SEEN] == 0:
                made = _put(out, made, ts, _time(event), CLEAR, state)
                state[_SEEN] = 1
                snapshot = 1
            side, price, size = int(event["side"]), int(event["price"]), int(event["size"])
            made = _put_level(out, made, ts, _time(event), side, price, size, state)
            state[_FLAG] = 1 if snapshot == 1 and _is_flagged(events, i, out, made) else 0
        elif kind != TRADE or event["size"] > 0:
            made = _put_other(event, out, made, state)
    _mark_ends(out, made)
    return made, len(events), _OK
