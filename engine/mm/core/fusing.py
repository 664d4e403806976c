"""Takes in what book, quotes and prints say, and finds the touch that all of them leave.

Each source's rows go in as they arrive; ``settle`` comes after each message. What follows from
which is written down in ``mm.core.evidence``. Two things are counted, for the health table:
messages that left the book crossed, and the time for which a newer quote or print contradicted
its best levels.
"""

from typing import Any

from mm.api import BUY, CLEAR, LEVEL, QUOTE, SELL, TICKER, TRADE
from mm.api.jit import inner
from mm.core.book import (
    ASK,
    BEST,
    BID,
    EDGE,
    LIVE,
    PRINTED,
    PRINTED_SIZE,
    PRINTED_TS,
    QUOTED,
    QUOTED_SIZE,
    QUOTED_TS,
    STALE,
    TOUCH,
    Known,
    Levels,
    Slots,
    clear,
    deepest,
    put_level,
    set_edge,
    set_level,
)
from mm.core.evidence import Sides, best_to_take, is_better, stored, time_of


@inner
def note_level(slots: Slots, known: Known, side: int, event: Any) -> None:
    """Take a row of a book that has begun; ``slots`` and ``known`` are of its ``side``."""
    price, ts, best = event["price"], event["ts_exchange"], known[BEST]
    put_level(slots, known, side, price, event["size"], ts)
    deeper = known[TOUCH] > 0 and is_better(side, known[TOUCH], price)
    if not deeper or price == best or known[BEST] != best:
        known[STALE] = 1
    # A row as new as the quote says what stands there; what the quote denies stays denied.
    if price == known[QUOTED] and ts >= known[QUOTED_TS]:
        known[QUOTED_SIZE] = 0


@inner
def note_clear(levels: Levels, event: Any) -> None:
    """Forget the book, and all that was said until then."""
    sides = levels.sides[event["instrument"]]
    clear(levels, event["instrument"])
    for side in (BID, ASK):
        if event["ts_exchange"] >= sides[side, QUOTED_TS]:
            sides[side, QUOTED] = 0
            sides[side, QUOTED_SIZE] = 0
        if event["ts_exchange"] >= sides[side, PRINTED_TS]:
            sides[side, PRINTED] = 0


@inner
def note_quote(levels: Levels, event: Any) -> None:
    """Take a quote. One made from the book itself (it stands in no row) says nothing new."""
    touch = levels.touch[event["instrument"]]
    sides = levels.sides[event["instrument"]]
    bid = event["price"] if event["size"] > 0 else 0
    ask = event["ask_price"] if event["ask_size"] > 0 else 0
    if touch["has_levels"] == 1 and (event["row"] == 0 or (0 < ask <= bid)):
        return
    # A book message made after the quote has told of all that was there by then.
    late = event["ts_exchange"] < levels.known[event["instrument"]]["book_ts"]
    for side in (BID, ASK):
        price = bid if side == BID else ask
        size = event["size"] if side == BID else event["ask_size"]
        sides[side, QUOTED] = price
        sides[side, QUOTED_TS] = event["ts_exchange"]
        sides[side, QUOTED_SIZE] = 0 if price == 0 or late else size
        sides[side, STALE] = 1
    if touch["has_levels"] == 0:
        touch["bid"], touch["bid_size"] = bid, event["size"]
        touch["ask"], touch["ask_size"] = ask, event["ask_size"]


@inner
def note_row(levels: Levels, event: Any) -> None:
    """Take a row of a book, which may be its first."""
    instrument = event["instrument"]
    if levels.touch[instrument]["has_levels"] == 0:
        note_clear(levels, event)
    side = BID if event["side"] == BUY else ASK
    note_level(levels.slots[instrument, side], levels.sides[instrument, side], side, event)


@inner
def print_side(levels: Levels, event: Any) -> int:
    """The taker's side; where the feed doesn't say, by the quote rule (Lee and Ready 1991)."""
    if event["side"] != 0:
        return int(event["side"])
    touch = levels.touch[event["instrument"]]
    if touch["ask"] > 0 and event["price"] >= touch["ask"]:
        return BUY
    if touch["bid"] > 0 and event["price"] <= touch["bid"]:
        return SELL
    return 0


@inner
def note_print(levels: Levels, event: Any, taker: int) -> None:
    """Take a print; ``taker`` is BUY or SELL."""
    instrument = event["instrument"]
    sides = levels.sides[instrument]
    side = ASK if taker == BUY else BID
    ts, price = event["ts_exchange"], event["price"]
    told = time_of(levels, instrument, side, price)
    last_ts = sides[side, PRINTED_TS]
    if ts < last_ts:
        return
    goes_on = price == sides[side, PRINTED] and last_ts > told
    sides[side, PRINTED_SIZE] = event["size"] + (sides[side, PRINTED_SIZE] if goes_on else 0)
    sides[side, PRINTED] = price
    sides[side, PRINTED_TS] = ts
    sides[side, STALE] = 1


@inner
def note_event(levels: Levels, event: Any) -> None:
    """Take a row of whatever kind, and settle after the last of its message."""
    kind = event["kind"]
    if kind == TRADE:
        taker = print_side(levels, event)
        if taker != 0:
            note_print(levels, event, taker)
    elif kind == LEVEL:
        note_row(levels, event)
    elif kind == CLEAR:
        note_clear(levels, event)
    elif kind == QUOTE:
        note_quote(levels, event)
    if event["end"] == 1 and kind != TICKER:
        settle(levels, event)


@inner
def settle(levels: Levels, event: Any) -> None:
    """Find what holds once a message is over; ``event`` is its last row."""
    instrument = event["instrument"]
    touch, known = levels.touch[instrument], levels.known[instrument]
    if known["messages"] == 0:
        known["first_ts"] = event["ts_local"]
    known["messages"] += 1
    known["ts"] = event["ts_local"]
    if touch["has_levels"] == 0:
        crossed = touch["bid"] > 0 and 0 < touch["ask"] <= touch["bid"]
        known["crossed"] += 1 if crossed else 0
        _time_crossed(known, crossed)
        return
    sides = levels.sides[instrument]
    is_book = event["kind"] == LEVEL or event["kind"] == CLEAR
    if is_book:
        _end_prints(sides, event["ts_exchange"])
        known["book_ts"] = event["ts_exchange"]
    if sides[BID, STALE] == 1 or sides[ASK, STALE] == 1:
        if is_book:
            _uncross(levels, instrument)
            _see_depth(levels, instrument, known["cleared"] == 1)
            known["cleared"] = 0
        _find_touch(levels, instrument)
    known["contradicted"] += known["is_contradicted"]


@inner
def _time_crossed(known: Any, crossed: bool) -> None:
    """Note when a touch from quotes begins and ends to be crossed."""
    if known["is_crossed"] == 1 and not crossed:
        known["crossed_us"] += known["ts"] - known["since_crossed"]
    if known["is_crossed"] == 0:
        known["since_crossed"] = known["ts"]
    known["is_crossed"] = 1 if crossed else 0


@inner
def _time_contradicted(known: Any, contradicted: bool) -> None:
    """Note when the best levels of the book begin and end to be contradicted."""
    if known["is_contradicted"] == 1 and not contradicted:
        known["contradicted_us"] += known["ts"] - known["since_contradicted"]
    if known["is_contradicted"] == 0:
        known["since_contradicted"] = known["ts"]
    known["is_contradicted"] = 1 if contradicted else 0


@inner
def _end_prints(sides: Sides, ts: int) -> None:
    """A message of the book has in it what was printed before it was made."""
    for side in (BID, ASK):
        if sides[side, PRINTED] > 0 and ts > sides[side, PRINTED_TS]:
            sides[side, PRINTED] = 0
            sides[side, STALE] = 1


@inner
def _uncross(levels: Levels, instrument: int) -> None:
    """Let the older of two best levels give way while they cross; both if equally old."""
    sides = levels.sides[instrument]
    if 0 < sides[ASK, BEST] <= sides[BID, BEST]:
        levels.known[instrument]["crossed"] += 1
    while 0 < sides[ASK, BEST] <= sides[BID, BEST]:
        bid, ask = sides[BID, BEST], sides[ASK, BEST]
        bid_ts = stored(levels, instrument, int(BID), bid)[1]
        ask_ts = stored(levels, instrument, int(ASK), ask)[1]
        if bid_ts <= ask_ts:
            set_level(levels, instrument, int(BID), bid, 0, bid_ts)
        if ask_ts <= bid_ts:
            set_level(levels, instrument, int(ASK), ask, 0, ask_ts)


@inner
def _see_depth(levels: Levels, instrument: int, is_snapshot: bool) -> None:
    """Note how deep one sees: down to a snapshot's deepest level, and to each best price since."""
    for side in (BID, ASK):
        known = levels.sides[instrument, side]
        best, edge = known[BEST], known[EDGE]
        if is_snapshot:
            set_edge(known, deepest(levels.slots[instrument, side], known, side), 1)
        elif best > 0 and (edge == 0 or is_better(side, edge, best)):
            set_edge(known, best, known[LIVE])


@inner
def _find_touch(levels: Levels, instrument: int) -> None:
    """Find the best prices that hold, and note whether better ones of the book do not."""
    touch = levels.touch[instrument]
    sides = levels.sides[instrument]
    bid, bid_size = best_to_take(levels, instrument, int(BID))
    ask, ask_size = best_to_take(levels, instrument, int(ASK))
    # No two levels cross by now; so where something does, it is what an outdated quote adds.
    if bid > 0 and 0 < ask <= bid:
        bid_ts = time_of(levels, instrument, int(BID), bid)
        ask_ts = time_of(levels, instrument, int(ASK), ask)
        outdated = BID if sides[BID, QUOTED] == bid and bid_ts <= ask_ts else ASK
        sides[outdated, QUOTED] = 0
        sides[outdated, QUOTED_SIZE] = 0
        bid, bid_size = best_to_take(levels, instrument, int(BID))
        ask, ask_size = best_to_take(levels, instrument, int(ASK))
    touch["bid"], touch["bid_size"] = bid, bid_size
    touch["ask"], touch["ask_size"] = ask, ask_size
    sides[BID, TOUCH], sides[ASK, TOUCH] = bid, ask
    sides[:, STALE] = 0
    best_ask = sides[ASK, BEST]
    denied = is_better(int(BID), sides[BID, BEST], bid) or (
        best_ask > 0 and (ask == 0 or is_better(int(ASK), best_ask, ask))
    )
    _time_contradicted(levels.known[instrument], denied)
