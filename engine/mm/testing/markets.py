"""Random markets: legal streams of events that are anything but polite, the same for a seed.

A calm market has two sides and moves a little. A wild one has all that recordings have had: empty
and one-sided books, crossed quotes, bursts at one time, gaps, late messages, books that start over,
prices of one tick and of 2**40 ticks. Knows nothing of what is to be tried on it.
"""

import random
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np

from mm.api import (
    BUY,
    CLEAR,
    EVENT,
    LEVEL,
    MICRO,
    MICRO_TICKS,
    QUOTE,
    SELL,
    TICKER,
    TRADE,
    MarketBatch,
    Rows,
)

START_US: Final = 1_722_470_400_000_000
"""2024-08-01 00:00 UTC: where random markets begin [µs]."""

_BASES: Final = (40, 5_000, 600_000, 1 << 40)  # ticks
_DEPTH: Final = 5  # levels a side in a snapshot
_CALM: Final = {"quote": 50, "trade": 40, "level": 10}
_WILD: Final = {
    "quote": 40, "trade": 30, "level": 15, "one_sided": 4, "crossed": 2, "empty": 2,
    "snapshot": 2, "sideless": 2, "jump": 2, "ticker": 1,
}  # fmt: skip
"""What happens next, and how often."""


def random_market(
    seed: int, *, events: int = 1000, instruments: int = 1, wild: bool = True
) -> Rows:
    """Make a stream of events.

    Args:
        seed: the same seed gives the same stream, in every process and on every machine.
        events: how many there are at least; a message may have several.
        instruments: how many take part.
        wild: False gives a market that always has two sides and no gaps.

    Returns:
        dtype EVENT, in order of ``ts_local``, ready for ``cut_stream``.
    """
    source = _Market(random.Random(seed), instruments, wild)
    rows: list[tuple[int, ...]] = []
    while len(rows) < events:
        rows += source.step()
    return _finished(np.array(rows, EVENT))


def change_future(events: Rows, ts: int) -> Rows:
    """Give the same events up to ``ts`` [µs, local] and others after it, at the same times."""
    changed = events.copy()
    after = changed["ts_local"] > ts
    for name, kinds in (
        ("price", (TRADE, QUOTE, LEVEL)), ("ask_price", (QUOTE,)), ("size", (TRADE, QUOTE, LEVEL)),
        ("ask_size", (QUOTE,)),
    ):  # fmt: skip
        where = after & np.isin(changed["kind"], kinds)
        factor, more = (1, 9) if name.endswith("price") else (3, 0)
        changed[name][where] = changed[name][where] * factor + more
    trades = after & (changed["kind"] == TRADE)
    changed["side"][trades] *= -1
    return changed


def with_heartbeats(batches: Iterable[MarketBatch]) -> Iterator[MarketBatch]:
    """Put an empty batch before each batch whose time leaves room, as live connectors do."""
    for batch in batches:
        first = int(batch.events["ts_local"][0]) if len(batch.events) else batch.watermark
        yield MarketBatch(np.zeros(0, EVENT), first - 1)
        yield batch


class _Market:
    """Where every instrument stands, and what may happen next."""

    def __init__(self, chance: random.Random, instruments: int, wild: bool) -> None:
        self._chance = chance
        self._wild = wild
        self._now = START_US
        self._sent = START_US - MICRO
        self._mids = [chance.choice(_BASES) if wild else 5_000 for _ in range(instruments)]
        self._events = _WILD if wild else _CALM
        self._fresh = set(range(instruments))

    def step(self) -> list[tuple[int, ...]]:
        """Let some time pass, or none, and something happen."""
        chance = self._chance
        self._now += self._pause()
        which = chance.randrange(len(self._mids))
        self._mids[which] = max(12, self._mids[which] + chance.choice((-1, 0, 0, 0, 1)))
        what = chance.choices(list(self._events), list(self._events.values()))[0]
        if which in self._fresh:
            self._fresh.remove(which)
            return self._snapshot(which) + self._quote(which)
        rows: list[tuple[int, ...]] = getattr(self, f"_{what}")(which)
        return rows

    def _pause(self) -> int:
        """Microseconds to the next event: mostly a fraction of a second."""
        draw = self._chance.random()
        if self._wild and draw < 0.08:
            return 0
        if self._wild and draw > 0.997:
            return self._chance.randrange(10, 900) * MICRO
        return self._chance.randrange(1, 400_000)

    def _row(self, which: int, kind: int, **columns: int) -> tuple[int, ...]:
        """Give one event; it was made a little earlier, and never before the one before it."""
        late = 2_000_000 if self._wild and self._chance.random() < 0.01 else 5_000
        self._sent = max(self._sent, self._now - self._chance.randrange(100, late))
        row: dict[str, Any] = dict.fromkeys(EVENT.names or (), 0)
        row |= {"ts_local": self._now, "ts_exchange": self._sent, "instrument": which, "kind": kind}
        return tuple((row | columns).values())

    def _size(self) -> int:
        return int(self._chance.paretovariate(1.2)) + 1

    def _quote(self, which: int, spread: int = 0, bid: int = 1, ask: int = 1) -> list[Any]:
        """Give a quote; ``bid`` and ``ask`` are 0 where that side is empty."""
        half = spread or self._chance.randrange(1, 4)
        mid = self._mids[which]
        return [
            self._row(
                which, QUOTE, price=(mid - half) * bid, size=self._size() * bid,
                ask_price=(mid + half) * ask, ask_size=self._size() * ask,
            )
        ]  # fmt: skip

    def _one_sided(self, which: int) -> list[Any]:
        bid = self._chance.randrange(2)
        return self._quote(which, bid=bid, ask=1 - bid)

    def _empty(self, which: int) -> list[Any]:
        return self._quote(which, bid=0, ask=0)

    def _crossed(self, which: int) -> list[Any]:
        return self._quote(which, spread=-self._chance.randrange(1, 3))

    def _trade(self, which: int, side: int | None = None) -> list[Any]:
        """Give one to three prints at or through the touch, in one message."""
        taker = self._chance.choice((BUY, SELL))
        depth = self._chance.randrange(1, 6)
        return [
            self._row(
                which, TRADE, price=self._mids[which] + taker * (depth + step), size=self._size(),
                side=taker if side is None else side,
            )
            for step in range(self._chance.randrange(1, 4))
        ]  # fmt: skip

    def _sideless(self, which: int) -> list[Any]:
        return self._trade(which, side=0)

    def _level(self, which: int) -> list[Any]:
        side = self._chance.choice((BUY, SELL))
        price = self._mids[which] - side * self._chance.randrange(1, 11)
        size = self._chance.choice((0, self._size()))
        return [self._row(which, LEVEL, price=price, size=size, side=side)]

    def _snapshot(self, which: int) -> list[Any]:
        """Give a book that starts over: empty at first, the levels in the same message."""
        mid = self._mids[which]
        return [self._row(which, CLEAR)] + [
            self._row(which, LEVEL, price=mid - side * depth, size=self._size(), side=side)
            for side in (BUY, SELL)
            for depth in range(1, _DEPTH + 1)
        ]

    def _jump(self, which: int) -> list[Any]:
        """Move by up to a tenth at once, with the book and the quote."""
        mid = self._mids[which]
        self._mids[which] = max(12, mid + self._chance.randrange(-mid // 10, mid // 10 + 1))
        return self._snapshot(which) + self._quote(which)

    def _ticker(self, which: int) -> list[Any]:
        mark, rate = self._mids[which] * MICRO_TICKS, self._chance.randrange(-(10**8), 10**8)
        due = self._now + 60 * MICRO
        return [self._row(which, TICKER, price=mark, size=rate, ask_price=due)]


def _finished(events: Rows) -> Rows:
    """Order the events of one time by kind, number the rows of each kind, and end the messages."""
    kinds = np.where(events["kind"] == CLEAR, LEVEL, events["kind"])  # of one message
    order = np.lexsort((np.arange(len(events)), kinds, events["ts_local"]))
    events, kinds = events[order], kinds[order]
    for kind in np.unique(kinds):
        events["row"][kinds == kind] = np.arange(1, np.count_nonzero(kinds == kind) + 1)
    last = np.ones(len(events), bool)
    last[:-1] = (np.diff(events["ts_local"]) != 0) | (np.diff(kinds) != 0)
    events["end"] = last
    # Sorting may have swapped messages of one time, which were made one after the other.
    events["ts_exchange"] = np.maximum.accumulate(events["ts_exchange"])
    clean = np.zeros(len(events), EVENT)  # also between the columns, so that bytes compare
    for name in EVENT.names or ():
        clean[name] = events[name]
    return clean
