"""Random sessions for hypothesis: few prices, few sizes, few moments, so that all collides."""

from typing import Any

import attrs
from hypothesis import strategies as st

from mm.api import (
    BUY,
    CANCEL,
    CANCEL_ALL,
    CLEAR,
    FOK,
    GTC,
    IOC,
    LEVEL,
    LIMIT,
    MARKET,
    NEW,
    QUOTE,
    REPLACE,
    SELL,
    TICKER,
    TRADE,
)
from mm.core.venue import FundingSchedule, Limits

from .tapes import Command, Decision, Event, Session

FIRST_TS = 100
SIZES = st.sampled_from([2, 1, 3, 5, 7, 4, 0])
SIDES = st.sampled_from([BUY, SELL])


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """The usual value, now and then another."""
    return st.sampled_from([usual] * 4 + list(others))


def price(draw: st.DrawFn, side: int) -> int:
    """A price where that side of the market usually stands: bids at 1..3, asks at 4..6."""
    steps: int = draw(mostly(0, 0, 1, 1, 2, -1))
    return 3 - steps if side == BUY else 4 + steps


@st.composite
def commands(draw: st.DrawFn, instruments: int) -> Command:
    """New orders of all kinds, and what is done to them; some make no sense."""
    side = draw(st.sampled_from([BUY, SELL]))
    return Command(
        action=draw(st.sampled_from([NEW] * 8 + [REPLACE] * 5 + [CANCEL, CANCEL_ALL])),
        client_id=draw(st.integers(1, 5)),
        price=price(draw, side) if draw(mostly(1, 1, 1, 1, 1, 0)) else -draw(st.integers(0, 1)),
        size=draw(mostly(3, 1, 1, 2, 2, 4, 4, 5, 6, 9, 0 if side == BUY else -1)),
        instrument=draw(st.integers(0, instruments - 1)),
        side=draw(mostly(side, *[side] * 10, 0)),
        type=draw(mostly(LIMIT, LIMIT, LIMIT, LIMIT, MARKET)),
        tif=draw(mostly(GTC, GTC, GTC, IOC, FOK)),
        post_only=draw(mostly(0, 1)),
        reduce_only=draw(mostly(0, 1)),
    )


@st.composite
def resting(draw: st.DrawFn) -> Command:
    """An order that makes sense: it rests for a while, also through what it does not meet."""
    side = draw(SIDES)
    size = draw(st.integers(2, 9))
    name = draw(st.integers(1, 5))
    return Command(action=NEW, client_id=name, side=side, price=price(draw, side), size=size)


@st.composite
def tickers(draw: st.DrawFn, instruments: int, ts: int, made: int) -> Event:
    """A ticker with a mark price or none, whose funding is to come, or past, or not told."""
    return Event(
        kind=TICKER,
        ts_local=ts,
        ts_exchange=made,
        instrument=draw(st.integers(0, instruments - 1)),
        price=draw(st.sampled_from([3_400_000, 3_700_000, 0])),
        size=draw(st.sampled_from([10**11, -(10**11), 0])),
        ask_price=draw(st.sampled_from([made + 2, made + 5, made, made - 1, 0])),
        ask_size=draw(st.sampled_from([0, 0, 0, 0, 0, 0, 0, 3_500_000])),
    )


@st.composite
def message(
    draw: st.DrawFn, kinds: list[int], instruments: int, ts: int, made: int, row: int
) -> list[Event]:
    """One message, made at ``made``: prints, a quote, changes of levels, a snapshot, a ticker."""
    kind = draw(st.sampled_from(kinds))
    if kind == TICKER:
        return [draw(tickers(instruments, ts, made))]
    common = {"ts_local": ts, "instrument": draw(st.integers(0, instruments - 1)), "end": 0}
    rows = 1 if kind == QUOTE else draw(st.integers(1, 3))
    first = [Event(kind=CLEAR, ts_exchange=made, **common)] if kind == CLEAR else []
    rest = [
        Event(
            kind=LEVEL if kind == CLEAR else kind,
            ts_exchange=made + draw(mostly(0, 1, -1)),
            price=price(draw, BUY if kind == QUOTE else side * (-1 if kind == TRADE else 1)),
            size=draw(SIZES),
            ask_price=price(draw, SELL) if kind == QUOTE else 0,
            ask_size=draw(SIZES) if kind == QUOTE else 0,
            row=row + n,
            side=draw(mostly(side, 0)) if kind == TRADE else side,
            **common,
        )
        for n, side in enumerate(draw(st.lists(SIDES, min_size=rows, max_size=rows)))
    ]
    events = first + rest
    return [*events[:-1], attrs.evolve(events[-1], end=1)]


@st.composite
def tapes(draw: st.DrawFn, instruments: int) -> tuple[Event, ...]:
    """A tape with a book, or quotes, or both; files may start anew in the middle (row 1 again)."""
    book = [LEVEL, LEVEL, LEVEL, CLEAR]
    kinds = [*draw(st.sampled_from([[QUOTE], book, [QUOTE, *book]])), TRADE, TRADE, TRADE]
    kinds += draw(st.sampled_from([[], [TICKER]]))
    tape: list[Event] = []
    ts, made, row = FIRST_TS, FIRST_TS, 1
    length = draw(mostly(draw(st.integers(8, 25)), draw(st.integers(0, 8))))
    for _ in range(length):
        ts += draw(mostly(1, 0, 0, 3))
        made = draw(st.sampled_from([ts, ts - 1, made, made, made - 1, ts + 2]))  # some come late
        tape += draw(message(kinds, instruments, ts, made, row))
        row = draw(mostly(row + 3, 1))
    return tuple(tape)


MODELS = (
    "queue", "prob_power", "prob_power_2", "prob_power_3", "prob_log", "prob_log_2",
    "probabilistic", "optimistic", "pessimistic",
)  # fmt: skip
"""All but ``fifo``, which is another name of ``queue``."""

LIMITS = st.builds(
    Limits,
    order_lots=mostly(0, 4),
    position_lots=mostly(0, 5, 9),
    orders_per_s=mostly(0, 6),
    stale_us=mostly(0, 2, 4),
    collar=mostly(0.0, 0.3),
    loss=mostly(0.0, 1.3, 4.7),
)

SCHEDULES = st.builds(
    FundingSchedule,
    rate=st.sampled_from([10**11, -(10**11)]),
    first_us=st.integers(0, 9),
    interval_us=st.sampled_from([3, 10, 100]),
)


@st.composite
def sessions(draw: st.DrawFn, choices: int = 2, plain: bool = False) -> Session:
    """A tape with decisions along it, each with up to ``choices`` reactions to what is known.

    ``plain``: with constant latencies.
    """
    instruments = draw(st.integers(1, 2))
    tape = draw(tapes(instruments))
    last = tape[-1].ts_local if tape else FIRST_TS
    times = sorted(draw(st.lists(st.integers(FIRST_TS, last + 2), max_size=10)))
    sent = st.lists(commands(instruments), min_size=draw(st.integers(0, 1)), max_size=3).map(tuple)
    decisions = [
        Decision(ts, tuple(draw(st.lists(sent, min_size=1, max_size=choices)))) for ts in times
    ]
    quotes = draw(st.lists(resting(), min_size=1, max_size=3).map(tuple))
    session = Session(
        tape=tape,
        decisions=(Decision(FIRST_TS, (quotes,)), *decisions),
        entry=draw(st.sampled_from([0, 0, 1, 2, 5])),
        response=draw(st.sampled_from([0, 1, 4])),
        model=draw(st.sampled_from(MODELS)),
        seed=draw(st.integers(0, 3)),
        instruments=instruments,
        limits=draw(mostly(Limits(), *[draw(LIMITS)] * 4)),
        funding=draw(mostly(None, draw(SCHEDULES))),
        tick_steps=draw(mostly((), ((0, 2), (FIRST_TS + 3, 1)), ((0, 1), (FIRST_TS + 3, 2)))),
    )
    rough = session if plain else draw(st.sampled_from([session, draw(rougher(session))]))
    able = rough.model not in ("optimistic", "pessimistic")
    return attrs.evolve(rough, crosses=able and draw(st.booleans()))


@st.composite
def rougher(draw: st.DrawFn, session: Session) -> Session:
    """The same session with latencies that vary."""
    return attrs.evolve(
        session,
        entry_table=draw(st.sampled_from([(), ((102, 1), (110, 4)), ((100, 5), (104, 0))])),
        entry_multiple=draw(st.sampled_from([0.0, 1.0, 2.5])),
        response_multiple=draw(st.sampled_from([0.0, 1.0])),
        jitter=draw(st.sampled_from([0.0, 0.5])),
    )
