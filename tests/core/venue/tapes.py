"""Tapes of market events and the commands given along them, as plain objects.

The vocabulary of the venue's tests: what happened in the market, message by message, and what we
decided when. It knows no venue; ``naive`` and ``replay`` both read it.
"""

from collections.abc import Iterator, Sequence

import attrs

from mm.api import (
    BUY,
    CANCEL,
    CANCEL_ALL,
    CLEAR,
    GTC,
    LEVEL,
    LIMIT,
    NEW,
    QUOTE,
    REPLACE,
    TICKER,
    TRADE,
)
from mm.core.venue import FundingSchedule, Limits


@attrs.frozen(kw_only=True)
class Event:
    """One row of market data, named as in ``mm.api.EVENT``."""

    ts_local: int
    ts_exchange: int
    kind: int
    price: int = 0
    size: int = 0
    ask_price: int = 0
    ask_size: int = 0
    row: int = 0
    instrument: int = 0
    side: int = 0
    end: int = 1


@attrs.frozen(kw_only=True)
class Command:
    """What we tell the venue, named as in ``mm.api.ORDER``."""

    action: int
    client_id: int = 0
    price: int = 0
    size: int = 0
    order_id: int = 0
    instrument: int = 0
    side: int = 0
    type: int = LIMIT
    tif: int = GTC
    post_only: int = 0
    reduce_only: int = 0


@attrs.frozen
class Decision:
    """A decision time, and what is sent then, depending on what is known.

    With n changes of the account known (reports that are not ``accepted`` or ``replaced``),
    ``choices[n % len(choices)]`` is sent.
    """

    ts: int
    choices: tuple[tuple[Command, ...], ...]


@attrs.frozen
class Session:
    """A tape, our decisions along it, and what the venue is told."""

    tape: tuple[Event, ...]
    decisions: tuple[Decision, ...]
    entry: int = 0
    """µs; with ``response`` the base of the latencies."""
    response: int = 0
    model: str = "queue"
    seed: int = 0
    instruments: int = 1
    entry_table: tuple[tuple[int, int], ...] = ()
    """(time, latency) [µs] in place of ``entry``."""
    entry_multiple: float = 0.0
    response_multiple: float = 0.0
    jitter: float = 0.0
    crosses: bool = False
    """Fill when crossed, with models that leave the choice."""
    limits: Limits = attrs.field(factory=Limits)
    funding: FundingSchedule | None = None
    wakes: bool = False
    """News of our own wake the strategy."""
    depth: int = 0
    """Levels that the rows show."""
    tick_steps: tuple[tuple[int, int], ...] = ()
    """(from when, ticks) of the first instrument: prices are multiples of so many ticks."""


TICK = 0.5
"""Price of a tick on every tape; a lot is one contract of multiplier 1."""


def messages(tape: Sequence[Event]) -> Iterator[list[Event]]:
    """Split a tape into its atomic messages."""
    message: list[Event] = []
    for event in tape:
        message.append(event)
        if event.end:
            yield message
            message = []


# Words to write a tape with. Times are local; the exchange's clock shows the same unless told.


def trade(ts: int, price: int, size: int, side: int, row: int, ts_exchange: int = -1) -> Event:
    """A print of ``size`` lots; ``side`` is the taker's."""
    made = ts if ts_exchange < 0 else ts_exchange
    return Event(
        ts_local=ts, ts_exchange=made, kind=TRADE, price=price, size=size, side=side, row=row
    )


def quote(ts: int, bid: int, bid_size: int, ask: int, ask_size: int) -> Event:
    """A touch; a side with size 0 is empty."""
    return Event(
        ts_local=ts, ts_exchange=ts, kind=QUOTE,
        price=bid, size=bid_size, ask_price=ask, ask_size=ask_size,
    )  # fmt: skip


def level(ts: int, side: int, price: int, size: int, end: int = 1) -> Event:
    """A level of the book set to ``size`` lots."""
    return Event(
        ts_local=ts, ts_exchange=ts, kind=LEVEL, side=side, price=price, size=size, end=end
    )


def ticker(ts: int, mark: int, rate: int, due: int) -> Event:
    """Mark price [1e-6 ticks], funding rate [1e-12] and its time [µs]."""
    return Event(ts_local=ts, ts_exchange=ts, kind=TICKER, price=mark, size=rate, ask_price=due)


def snapshot(ts: int, bids: dict[int, int], asks: dict[int, int]) -> tuple[Event, ...]:
    """A book of that many lots by price, as one message that first clears the old one."""
    rows = [Event(ts_local=ts, ts_exchange=ts, kind=CLEAR, end=0)]
    rows += [level(ts, BUY, price, size, end=0) for price, size in bids.items()]
    rows += [level(ts, -BUY, price, size, end=0) for price, size in asks.items()]
    return (*rows[:-1], attrs.evolve(rows[-1], end=1))


def limit(client_id: int, side: int, price: int, size: int, **rest: int) -> Command:
    """A new limit order, good till cancelled unless told otherwise."""
    return Command(action=NEW, client_id=client_id, side=side, price=price, size=size, **rest)


def replace(client_id: int, price: int, size: int, **rest: int) -> Command:
    """A new price and total size for the open order of that name."""
    return Command(action=REPLACE, client_id=client_id, price=price, size=size, **rest)


def cancel(client_id: int) -> Command:
    """The end of the open order of that name."""
    return Command(action=CANCEL, client_id=client_id)


def cancel_all() -> Command:
    """The end of every open order of instrument 0."""
    return Command(action=CANCEL_ALL)


def at(ts: int, *commands: Command) -> Decision:
    """A decision that does not depend on anything."""
    return Decision(ts, (commands,))
