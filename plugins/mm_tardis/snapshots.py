"""Where a snapshot of the book begins: the rules, and the kernels that apply them.

A file has no row that says so. A snapshot begins

- where ``is_snapshot`` turns from false to true;
- over a second after the row before, for a recorder that reconnected twice (SNAPSHOT_JUMP_US);
- with a message (the rows of one local time) that gives a level which the snapshot has given in an
  earlier message: **a snapshot gives each level once**, so this is the next one, even if it comes
  sooner. So a feed that sends a whole book ten times a second between a few changes is
  understood, and a snapshot that arrives in several messages stays one. A row of size zero gives
  no level: it is how a recorder writes a book that was empty;
- with every message, in files without a single change. Such a feed has nothing but whole books,
  and two of them need not have a level in common. Only messages that were made at the same time
  are one snapshot, unless they give a level twice;
- with every row of ``book_snapshot_N`` (BEGINS).

Whether a message gives a level again is known at its end. ``watch``, for the survey, only counts.
``settle``, for the reader, gets whole messages: where a snapshot may begin stands a MAYBE, which
becomes a CLEAR or is left out.

The levels of the snapshot that is being given are kept in a table of 65 536 slots. If a snapshot
has so many that a level finds none among eight, the oldest there is forgotten: one is enough to
tell that they begin anew.
"""

from typing import Final

import numpy as np

from mm.api import CLEAR, LEVEL, SNAPSHOT_JUMP_US, Rows
from mm.api.jit import inner, kernel
from mm_tardis import tally as ta
from mm_tardis.decimals import shortest
from mm_tardis.table import (
    BEGINS,
    CHANGE,
    SHOWN,
    T_LOCAL,
    T_PRICE,
    T_ROW,
    T_SIDE,
    T_SIZE,
    T_SNAPSHOT,
    Ints,
)
from mm_tardis.tally import note

MAYBE: Final = -1
"""A kind of event within this package: perhaps a CLEAR."""

_SLOTS: Final = 1 << 16
_WINDOW: Final = 8
_MASK: Final = (1 << 54) - 1  # 2**54 * 131 + 10**18 < 2**63: the hash cannot overflow

# Columns of a slot.
_PRICE: Final = 0
_POWER: Final = 1  # twice the price's exponent, and 1 for a bid
_STAMP: Final = 2  # the message that gave the level last; 0 = the slot is empty

# The rows behind the slots: state of the snapshot that is being given, and of the row before.
_STATE: Final = _SLOTS
_MESSAGE: Final = 0  # its number
_START: Final = 1  # the number of the message with which the snapshot began
_BEFORE: Final = _SLOTS + 1
_WAS: Final = 0  # what the row before was
_LOCAL: Final = 1
_MADE: Final = 2


def new_levels() -> Ints:
    """Make what the kernels carry from call to call: shape (_SLOTS + 2, 3)."""
    return np.zeros((_SLOTS + 2, 3), np.int64)


@kernel(allocates=False)
def starts_snapshot(flag: int, was: int, jump: int) -> bool:
    """Say whether a book row begins a snapshot for sure, ``jump`` µs (local) after the last."""
    return flag == BEGINS or (flag == SHOWN and (was == CHANGE or jump > SNAPSHOT_JUMP_US))


@kernel(allocates=False)
def may_start(flag: int, was: int, jump: int) -> bool:
    """Say whether a row that does not begin a snapshot for sure begins a message that might."""
    return flag == SHOWN and was != CHANGE and jump > 0


@inner
def _slot_of(levels: Ints, price: int, power: int) -> int:
    """The slot of a level; if it has none, an empty one or the one given longest ago."""
    mark = (price * 2 + power + 64) & _MASK
    mark = (mark * 131) & _MASK
    first = (mark ^ (mark >> 17)) & (_SLOTS - 1)
    oldest = first
    for step in range(_WINDOW):
        slot = (first + step) & (_SLOTS - 1)
        if levels[slot, _STAMP] == 0:
            return slot
        if levels[slot, _PRICE] == price and levels[slot, _POWER] == power:
            return slot
        if levels[slot, _STAMP] < levels[oldest, _STAMP]:
            oldest = slot
    return oldest


@inner
def _is_again(levels: Ints, slot: int, price: int, power: int) -> bool:
    """Whether an earlier message of this snapshot has given the level."""
    stamp = int(levels[slot, _STAMP])
    return bool(
        levels[slot, _PRICE] == price
        and levels[slot, _POWER] == power
        and levels[_STATE, _START] <= stamp < levels[_STATE, _MESSAGE]
    )


@inner
def _put(levels: Ints, slot: int, price: int, power: int) -> None:
    levels[slot, _PRICE] = price
    levels[slot, _POWER] = power
    levels[slot, _STAMP] = levels[_STATE, _MESSAGE]


@inner
def _next_message(levels: Ints, begins: bool) -> None:
    levels[_STATE, _MESSAGE] += 1
    if begins:
        levels[_STATE, _START] = levels[_STATE, _MESSAGE]


@inner
def _begin(counts: Ints, row: int) -> None:
    note(counts, int(ta.SNAPSHOTS if counts[ta.SNAPSHOTS] == 0 else ta.AGAIN), row)


@kernel(allocates=False)
def watch(table: Ints, rows: int, counts: Ints, levels: Ints) -> None:
    """Count snapshots, and what comes before the first, in a parsed table of book rows.

    Args:
        table: shape (n, WIDTH), as ``parse`` fills it.
        rows: how many rows of it to take.
        counts: of ``new_tally``, added to: SNAPSHOTS, AGAIN, GOES_FURTHER, CHANGES, LOST.
        levels: of ``new_levels``, carried from call to call.
    """
    for row in range(rows):
        flag = int(table[row, T_SNAPSHOT])
        local = int(table[row, T_LOCAL])
        was = int(levels[_BEFORE, _WAS])
        jump = local - int(levels[_BEFORE, _LOCAL])
        levels[_BEFORE, _WAS] = flag
        levels[_BEFORE, _LOCAL] = local
        number = int(table[row, T_ROW])
        if flag == CHANGE:
            note(counts, int(ta.CHANGES), number)
            if counts[ta.SNAPSHOTS] == 0:
                note(counts, int(ta.LOST), number)
            continue
        if starts_snapshot(flag, was, jump):
            if flag == SHOWN or counts[ta.SNAPSHOTS] == 0:  # whole books are no news
                _begin(counts, number)
            _next_message(levels, True)
        elif may_start(flag, was, jump):
            note(counts, int(ta.GOES_FURTHER), number)
            _next_message(levels, False)
        if flag != SHOWN or table[row, T_SIZE] == 0:
            continue
        price, power = shortest(int(table[row, T_PRICE]), int(table[row, T_PRICE + 1]))
        power = 2 * power + (1 if table[row, T_SIDE] > 0 else 0)
        slot = _slot_of(levels, price, power)
        if _is_again(levels, slot, price, power):
            _begin(counts, number)
            levels[_STATE, _START] = levels[_STATE, _MESSAGE]
        _put(levels, slot, price, power)


@inner
def _gives_again(events: Rows, at: int, levels: Ints) -> bool:
    """Whether the message from ``at`` on gives a level that its snapshot has given."""
    ts = events[at]["ts_local"]
    while at < len(events) and events[at]["ts_local"] == ts and events[at]["kind"] == LEVEL:
        if events[at]["end"] == CHANGE:
            return False
        price, power = int(events[at]["price"]), int(events[at]["side"] > 0)
        given = events[at]["size"] > 0
        if given and _is_again(levels, _slot_of(levels, price, power), price, power):
            return True
        at += 1
    return False


@kernel(allocates=False)
def settle(events: Rows, levels: Ints, keep: Ints) -> None:
    """Decide which MAYBE is a CLEAR.

    Args:
        events: dtype EVENT, whole messages of a book. ``end`` is what the row was: CHANGE, SHOWN …
        levels: of ``new_levels``, carried from call to call.
        keep: shape (len(events),), filled: 0 = leave the event out.
    """
    for at in range(len(events)):
        event = events[at]
        keep[at] = 1
        if event["kind"] == CLEAR:
            _next_message(levels, True)
        elif event["kind"] == MAYBE:
            _next_message(levels, False)
            if _gives_again(events, at + 1, levels):
                levels[_STATE, _START] = levels[_STATE, _MESSAGE]
                event["kind"] = CLEAR
            else:
                keep[at] = 0
        elif event["end"] == SHOWN and event["size"] > 0:
            price, power = int(event["price"]), int(event["side"] > 0)
            _put(levels, _slot_of(levels, price, power), price, power)
