"""What is known of each price: shown, not shown or contradicted.

A level is a claim about the past: someone said, at some time, that so many lots stood at a price.
Quotes and prints are claims, too. Every claim has the exchange time at which it was made, and a
grade that says whether it still holds:

    shown         the newest claim about the price says how much stands there, if only nothing
    not shown     no claim covers it: it lies beyond the visible depth, or the book was lost
    contradicted  a claim was made, and a newer one about another price cannot be true with it

Three sources make claims, and each refutes older ones of the others:

    book message  states its levels, and nothing about the others
    quote         states the best prices: older levels better than them, or across them, are gone,
                  and what stands at them is what the quote says
    print         states that at its price the taker's side was reached: older levels better than
                  it are gone, and its lots are missing in an older level at it. A book message
                  made after a print has that print in it, so it ends the print's claim

"Older" is by exchange time where two sources meet: their ways to us differ. Within one source
the order of arrival counts, since a feed sends one thing after another, whatever its stamps say.
At the same time a level is believed before a quote, and either before a print, for both are
made after the matching that they report.

A book that is locked or crossed at the end of a message contradicts itself. The older of the two
best levels gives way until it is no longer so; of two that were told at the same time both do,
since nobody can say which is true. The message is counted. A level taken out this way stays out
until the book tells it again.

How deep one can see: a snapshot covers all prices down to its deepest level, and each best price
since has shown that nothing better than it stood there. Beyond that a level is known where it was
told, and the prices without a level are not known to be empty. A feed that shows a window removes
levels that leave it, so the removal of the deepest level moves the limit, and says nothing about
the level.

What follows for orders is the venue's business (``mm.core.venue``): takers get what is shown, less
what prints took; a queue counts what is shown, without that, for the book will say it itself;
and where nothing is shown, a queue is not known until it is.

This module answers what holds; it is told by ``mm.core.fusing``. It does not know orders.
"""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mm.api.jit import inner
from mm.core.book import (
    BEST,
    BID,
    EDGE,
    PRINTED,
    PRINTED_SIZE,
    PRINTED_TS,
    QUOTED,
    QUOTED_SIZE,
    QUOTED_TS,
    SIZE,
    STAMP,
    Levels,
    find_slot,
    next_level,
)

Sides: TypeAlias = npt.NDArray[np.int64]
"""``Levels.sides`` of one instrument."""

NOT_SHOWN: Final = -1
"""In place of lots: nothing is known of that price."""


@inner
def is_better(side: int, price: int, other: int) -> bool:
    """Say whether ``price`` is nearer to the other side than ``other``."""
    return bool(price > other if side == BID else price < other)


@inner
def stored(levels: Levels, instrument: int, side: int, price: int) -> tuple[int, int]:
    """The book's lots at ``price`` and when it told of them; zeros = it has no such level."""
    slots = levels.slots[instrument, side]
    at = find_slot(slots, price)
    size = slots[at, SIZE]
    # What an empty slot says must not count: when it is dropped depends on how batches are cut.
    return (int(size), int(slots[at, STAMP])) if size > 0 else (0, 0)


@inner
def _quote_denies(sides: Sides, side: int, price: int, stamp: int) -> bool:
    """Say whether the quote is newer than ``stamp`` and leaves no room for a level at ``price``."""
    best, across = sides[side, QUOTED], sides[1 - side, QUOTED]
    beaten = best > 0 and is_better(side, price, best)
    crossed = across > 0 and not is_better(side, across, price)
    return bool(sides[side, QUOTED_TS] > stamp and (beaten or crossed))


@inner
def shown(levels: Levels, instrument: int, side: int, price: int) -> int:
    """Lots shown at ``price``; NOT_SHOWN where nothing is known of it."""
    sides = levels.sides[instrument]
    size, stamp = stored(levels, instrument, side, price)
    if price == sides[side, QUOTED] and sides[side, QUOTED_SIZE] > 0:
        if sides[side, QUOTED_TS] > stamp:
            return int(sides[side, QUOTED_SIZE])
    elif _quote_denies(sides, side, price, stamp):
        return 0
    if size > 0:
        return size
    if levels.touch[instrument]["has_levels"] == 0:
        return 0 if sides[side, QUOTED_TS] > 0 and sides[side, QUOTED] == 0 else int(NOT_SHOWN)
    best, edge = sides[side, BEST], sides[side, EDGE]
    above = best > 0 and is_better(side, price, best)
    within = edge > 0 and not is_better(side, edge, price)
    return 0 if above or within else int(NOT_SHOWN)


@inner
def time_of(levels: Levels, instrument: int, side: int, price: int) -> int:
    """When the newest claim about what stands at ``price`` was made [µs, exchange]."""
    sides = levels.sides[instrument]
    _, stamp = stored(levels, instrument, side, price)
    if price == sides[side, QUOTED] and sides[side, QUOTED_SIZE] > 0:
        return int(max(stamp, sides[side, QUOTED_TS]))
    return stamp


@inner
def to_take(levels: Levels, instrument: int, side: int, price: int) -> int:
    """Lots that a taker gets at ``price``: what is shown, less what newer prints took."""
    sides = levels.sides[instrument]
    size = max(shown(levels, instrument, side, price), 0)
    last = sides[side, PRINTED]
    if last == 0 or sides[side, PRINTED_TS] <= time_of(levels, instrument, side, price):
        return size
    if is_better(side, price, last):
        return 0
    return int(max(size - sides[side, PRINTED_SIZE], 0)) if price == last else size


@inner
def next_to_take(levels: Levels, instrument: int, side: int, price: int) -> int:
    """Find the nearest price behind ``price`` where a taker gets something; 0 = there is none."""
    at = next_level(levels, instrument, side, price)
    return _or_quote(levels, instrument, side, _first_to_take(levels, instrument, side, at), price)


@inner
def _first_to_take(levels: Levels, instrument: int, side: int, price: int) -> int:
    """The first of the book's levels, from ``price`` on, where a taker gets something; 0 = none."""
    at = price
    while at > 0 and to_take(levels, instrument, side, at) == 0:
        at = next_level(levels, instrument, side, at)
    return int(at)


@inner
def _or_quote(levels: Levels, instrument: int, side: int, at: int, after: int) -> int:
    """The quote's price, if it lies between ``after`` (0 = anywhere) and ``at``; else ``at``."""
    quote = levels.sides[instrument, side, QUOTED]
    if quote == 0 or (after > 0 and not is_better(side, after, quote)):
        return at
    if at > 0 and not is_better(side, quote, at):
        return at
    return int(quote) if to_take(levels, instrument, side, quote) > 0 else at


@inner
def best_to_take(levels: Levels, instrument: int, side: int) -> tuple[int, int]:
    """Best price of a side at which something is left to take, and the lots there; zeros = none."""
    sides = levels.sides[instrument]
    best, quote, quote_size = sides[side, BEST], sides[side, QUOTED], sides[side, QUOTED_SIZE]
    if best > 0 and sides[side, PRINTED] == 0:  # nearly always: spare the search below
        size, stamp = stored(levels, instrument, side, best)
        if stamp >= sides[side, QUOTED_TS]:
            if quote_size > 0 and is_better(side, quote, best):
                return int(quote), int(quote_size)
            return int(best), size
        if quote == best:
            return int(best), int(quote_size) if quote_size > 0 else size
    at = _first_to_take(levels, instrument, side, best)
    price = _or_quote(levels, instrument, side, at, 0)
    return price, to_take(levels, instrument, side, price)
