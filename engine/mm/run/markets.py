"""Several markets as one: their surveys put together, and their streams merged by local time.

    connector of market 1 ─► [numbering] ─► [quotes] ─► ┐
    connector of market 2 ─► [numbering] ─► [quotes] ─► ┴ merge ─► out

The merge waits for the market that is furthest behind: what all have told about is passed on, in
order of ``ts_local``, of one time in the order of the markets. So how the streams are cut into
batches does not show, and no message is parted. It ends with the market that ends first: what
would have happened there afterwards, nobody knows. Knows no kind of event.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
import trio

from mm.api import EVENT, Defect, Health, Instrument, MarketBatch, Outlet, Rows, Survey
from mm.blame import ReaderGoneError
from mm.core.touch import BookQuotes
from mm.record.numbering import Numbering
from mm.run.channels import Inlet, open_channel
from mm.run.connector import connect
from mm.times import clock

_AHEAD: Final = 1
"""Batches of a market that wait: one, while the next is made."""
_NOTABLE_US: Final = 1_000_000
"""By which markets may begin and end apart without a word: hardly any have a row at each time."""


@attrs.frozen(kw_only=True)
class OneMarket:
    """A market of several."""

    name: str
    """What the run calls its instrument."""
    connector: Any
    owner: str
    """Who the connector is, for the blame."""
    survey: Survey
    instrument: Instrument
    """As the connector knows it."""
    needs_quotes: bool
    """Its data have none: they are made from the book."""
    is_live: bool
    """Its rows stand in no file yet: they are numbered here."""


class MergedConnector:
    """A connector that gives the streams of several, as one."""

    def __init__(self, markets: Sequence[OneMarket]) -> None:
        """Take connectors that have been surveyed."""
        self._markets = tuple(markets)
        self._takers: Sequence[Callable[[MarketBatch], None]] = ()
        self.joined = join_surveys(self._markets)
        """The surveys, put together."""
        if all(hasattr(market.connector, "health") for market in markets):
            self.health = self._health

    @property
    def markets(self) -> tuple[OneMarket, ...]:
        """The markets, in order."""
        return self._markets

    def record(self, takers: Sequence[Callable[[MarketBatch], None]]) -> None:
        """Have each market's batches taken, numbered, before anybody acts on them."""
        self._takers = takers

    async def survey(self) -> Survey:
        """Give the surveys, put together."""
        return self.joined

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        """Send all markets as one stream. Owns ``out``."""
        try:
            async with trio.open_nursery() as nursery:
                inlets = []
                for market in self._markets:
                    to_merge, batches = open_channel(_AHEAD, MarketBatch)
                    source = market.connector, market.owner, (market.instrument,)
                    nursery.start_soon(connect, *source, to_merge)
                    inlets.append(batches)
                await self._pass_on(inlets, out, nursery.cancel_scope)
        finally:
            out.close()

    async def _pass_on(
        self, inlets: Sequence[Inlet[MarketBatch]], out: Outlet, readers: trio.CancelScope
    ) -> None:
        """Merge to the end of the first; then have the others end."""
        with ExitStack() as ends, trio.CancelScope(shield=True):
            # Shielded, since connectors that are cancelled have some last words to be passed on.
            for inlet in inlets:
                ends.enter_context(inlet)
            takers = self._takers or (None,) * len(self._markets)
            merge = Merge(
                [_steps(one, take) for one, take in zip(self._markets, takers, strict=True)]
            )
            while True:
                try:
                    batch = await inlets[merge.wanted].receive()
                except trio.EndOfChannel:
                    break
                ready = merge.add(batch)
                if ready is not None:
                    try:
                        await out.send(ready)
                    except ReaderGoneError:  # cancelled with us, or it says itself what is wrong
                        break
            readers.cancel()
            for inlet in inlets:
                async for _ in inlet:
                    pass

    def _health(self) -> Health:
        each: list[Health] = [market.connector.health() for market in self._markets]
        names = [market.name for market in self._markets]
        pairs = list(zip(names, each, strict=True))
        failures = [health.failure for health in each if health.failure is not None]
        return attrs.evolve(
            each[0],
            state="; ".join(f"{name} {health.state}" for name, health in pairs),
            is_live=all(health.is_live for health in each),
            rows=_sums([health.rows for health in each]),
            counters=_sums([health.counters for health in each]),
            gaps=tuple(sorted((g for h in each for g in h.gaps), key=lambda gap: gap.start)),
            lags={f"{name} {what}": f for name, h in pairs for what, f in h.lags.items()},
            news=tuple(
                sorted(
                    (
                        attrs.evolve(one, text=f"{name}: {one.text}")
                        for name, health in pairs
                        for one in health.news
                    ),
                    key=lambda one: one.ts,
                )
            ),
            failure=failures[0] if failures else None,
            markets=tuple(each),
        )


Step: TypeAlias = Callable[[MarketBatch], MarketBatch]
"""What is done to a market's batches before they are merged."""


def _steps(market: OneMarket, take: Callable[[MarketBatch], None] | None = None) -> list[Step]:
    steps: list[Step] = []
    if market.is_live:
        steps.append(Numbering(market.owner).push)
    if take is not None:
        steps.append(partial(_taken, take))
    if market.needs_quotes:
        steps.append(BookQuotes(1).push)
    return steps


def _taken(take: Callable[[MarketBatch], None], batch: MarketBatch) -> MarketBatch:
    take(batch)
    return batch


class Merge:
    """Batches of several markets in, batches of all out. Pure."""

    def __init__(self, steps: Sequence[Sequence[Step]]) -> None:
        """Start before all; each market's batches go through its ``steps`` first."""
        self._steps = steps
        self._waiting: list[list[Rows]] = [[] for _ in steps]
        self._told = [-1] * len(self._waiting)  # watermarks
        self._sent = -1

    @property
    def wanted(self) -> int:
        """The market whose next batch is wanted: the one furthest behind."""
        return self._told.index(min(self._told))

    def add(self, batch: MarketBatch) -> MarketBatch | None:
        """Take the next batch of the market ``wanted``; return what all have told by now."""
        market = self.wanted
        for step in self._steps[market]:
            batch = step(batch)
        if len(batch.events):
            self._waiting[market].append(batch.events)
        self._told[market] = batch.watermark
        ready = min(self._told)
        if ready <= self._sent:
            return None
        self._sent = ready
        return MarketBatch(_in_order([self._take(n, ready) for n in range(len(self._told))]), ready)

    def _take(self, market: int, until: int) -> list[Rows]:
        """Take a market's events up to ``until``."""
        taken, left = [], []
        for events in self._waiting[market]:
            end = int(np.searchsorted(events["ts_local"], until, side="right"))
            if end:
                taken.append(events[:end])
            if end < len(events):
                left.append(events[end:])
        self._waiting[market] = left
        return taken


def _in_order(pieces: Sequence[Sequence[Rows]]) -> Rows:
    """Put the markets' events in order of time, of one time in the order of the markets.

    Each then names its market as its instrument.
    """
    filled = [one for market in pieces for one in market]
    if not filled:
        return np.zeros(0, EVENT)
    times = np.concatenate([one["ts_local"] for one in filled])
    order = np.argsort(times, kind="stable")
    lengths = [sum(map(len, market)) for market in pieces]
    events = np.concatenate(filled)[order]
    events["instrument"] = np.repeat(np.arange(len(pieces)), lengths)[order]
    return events


def join_surveys(markets: Sequence[OneMarket]) -> Survey:
    """Put the surveys of markets together; each one's notes and defects bear its name."""
    surveys = [market.survey for market in markets]
    pairs = [(market.name, market.survey) for market in markets]
    return Survey(
        symbols=tuple(market.name for market in markets),
        grid=tuple(survey.grid[0] for survey in surveys),
        sources=tuple(
            attrs.evolve(source, market=name) for name, survey in pairs for source in survey.sources
        ),
        first_ts=min((s.first_ts for s in surveys if s.first_ts is not None), default=None),
        last_ts=min((s.last_ts for s in surveys if s.last_ts is not None), default=None),
        total_rows=None
        if any(survey.total_rows is None for survey in surveys)
        else sum(survey.total_rows or 0 for survey in surveys),
        notes=(
            *(f"{name}: {note}" for name, survey in pairs for note in survey.notes),
            *_left_out(pairs),
        ),
        details={name: dict(survey.details) for name, survey in pairs},
        health=tuple(_of(name, defect) for name, survey in pairs for defect in survey.health),
        tick_periods={
            market.name: market.survey.tick_periods[market.instrument.symbol]
            for market in markets
            if market.instrument.symbol in market.survey.tick_periods
        },
    )


def _of(name: str, defect: Defect) -> Defect:
    return attrs.evolve(defect, source=f"{name} {defect.source}".rstrip())


def _left_out(pairs: Sequence[tuple[str, Survey]]) -> list[str]:
    """Say what is left out or missing where markets do not cover the same time."""
    notes = []
    ends = [(survey.last_ts, name) for name, survey in pairs if survey.last_ts is not None]
    starts = [(survey.first_ts, name) for name, survey in pairs if survey.first_ts is not None]
    if len(ends) == len(pairs) and max(ends)[0] - min(ends)[0] > _NOTABLE_US:
        (end, first), (_, last) = min(ends), max(ends)
        notes.append(
            f"{first} ends first, at {clock(end)}, and the run with it:"
            f" {(max(ends)[0] - end) / 1e6:.0f} s of {last} are left out"
        )
    if len(starts) == len(pairs) and max(starts)[0] - min(starts)[0] > _NOTABLE_US:
        (begin, _), (late, last) = min(starts), max(starts)
        notes.append(
            f"{last} starts last, {(late - begin) / 1e6:.0f} s after the run: its orders do nothing"
            " before"
        )
    return notes


def _sums(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    total = Counter[str]()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))
