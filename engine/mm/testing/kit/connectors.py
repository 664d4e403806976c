"""What every connector must keep to: a survey, a legal stream, the same again, a clean end.

A connector may read files and the network, so purity is not asked of it. One that has no end, as
a live one, is listened to for a few seconds, and need not repeat itself.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, TypeVar

import attrs
import numpy as np
import trio

from mm.api import (
    EVENT,
    Connector,
    ConnectorOffer,
    Instrument,
    MarketBatch,
    MMError,
    Rows,
    Survey,
)
from mm.core.batch_check import BatchCheck
from mm.run.survey import seeds
from mm.testing.kit.findings import Finding, Rules, Verdict, broken, held, judge_all, told, untried
from mm.testing.kit.network import digest_tables, first_difference
from mm.testing.kit.parts import bounds_rule, building_rule, fresh_rule, options_rule

T = TypeVar("T")


class _Outlet:
    """Keeps what is sent; can cancel the sender at the first batch."""

    def __init__(self, cancel: trio.CancelScope | None = None) -> None:
        self.batches: list[MarketBatch] = []
        self.closed = 0
        self._cancel = cancel

    async def send(self, value: MarketBatch, /) -> None:
        if self.closed:
            raise AssertionError("it sent a batch after close()")
        await trio.lowlevel.checkpoint()
        self.batches.append(value)  # taken or cancelled, never both: as a channel has it
        if self._cancel is not None:
            self._cancel.cancel()

    def close(self) -> None:
        self.closed += 1


@attrs.frozen
class _Heard:
    """What came of listening."""

    batches: list[MarketBatch]
    closed: int
    ended: bool
    """False: time was up."""


@attrs.define(kw_only=True, slots=False)
class ConnectorCase:
    """A connector, and how long to listen to it."""

    offer: ConnectorOffer
    config: Any
    symbol: str = "TEST"
    limit_s: float = 5.0
    """Longest that a survey, and a stream, is waited for [s]."""
    gate: tuple[str, ...] = ("building", "survey", "stream")
    judged: dict[str, Finding] = attrs.field(factory=dict, init=False)

    def build(self, config: Any = None) -> Connector:
        """Build a fresh one."""
        given = (self.symbol, *seeds(self.offer, 0, 0))
        made: Connector = self.offer.build(config or self.config, *given)
        return made

    @cached_property
    def survey(self) -> Survey | None:
        """What it says of its source; None if it takes too long."""
        return self.within(lambda: self.build().survey())

    @cached_property
    def heard(self) -> _Heard:
        """What it sends."""
        return self.listen()

    def listen(self, *, cancel: bool = False) -> _Heard:
        """Run a fresh one after its survey; with ``cancel``, until its first batch."""

        async def main() -> bool:
            connector = self.build()
            survey = await connector.survey()
            await connector.run(instruments_of(survey), outlet)
            return True

        scope = trio.CancelScope()
        outlet = _Outlet(scope if cancel else None)
        ended = self.within(main, scope)
        return _Heard(outlet.batches, outlet.closed, ended is not None)

    def within(
        self, job: Callable[[], Awaitable[T]], scope: trio.CancelScope | None = None
    ) -> T | None:
        """Run a job under Trio, for ``limit_s`` at most."""

        async def main() -> T | None:
            with trio.move_on_after(self.limit_s), scope or trio.CancelScope():
                return await job()
            return None

        return trio.run(main)

    def digest(self) -> str:
        """Say in one hash what it sends."""
        return digest_tables({"events": joined(self.listen().batches)})

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was found here: another process shall find it itself."""
        state = {k: v for k, v in self.__dict__.items() if k not in ("survey", "heard")}
        return state | {"judged": {}}


def instruments_of(survey: Survey) -> tuple[Instrument, ...]:
    """Give instruments on the grid that the survey found, or of 1 by 1."""
    return tuple(
        Instrument(symbol=symbol, tick_size=Decimal(tick or 1), lot_size=Decimal(lot or 1))
        for symbol, (tick, lot) in zip(survey.symbols, survey.grid, strict=True)
    )


def joined(batches: list[MarketBatch]) -> Rows:
    """Give all events of a stream."""
    return np.concatenate([np.zeros(0, EVENT), *(batch.events for batch in batches)])


def _survey(case: ConnectorCase) -> Verdict:
    try:
        survey = case.survey
    except MMError as error:
        return untried(f"its source cannot be read: {told(error)}; set where it is")
    if survey is None:
        return untried(f"no survey within {case.limit_s:g} s; is its source within reach?")
    if not survey.symbols or len(survey.symbols) != len(survey.grid):
        text = f"it names {len(survey.symbols)} symbols and {len(survey.grid)} grids"
        return broken(text, "give one (tick, lot) for each symbol; None where it cannot tell")
    if survey.first_ts is not None and not survey.first_ts <= (survey.last_ts or survey.first_ts):
        text = f"first_ts is {survey.first_ts}, last_ts {survey.last_ts}"
        return broken(text, "give µs, local time; None where it is not known")
    odd = [one for one in survey.health if not (one.of > 0 and 0 <= one.rows <= one.of)]
    if odd:
        text = f"its health has {odd[0].rows} {odd[0].kind} in {odd[0].of} rows"
        return broken(text, "count among the rows that were looked at; leave a kind of none out")
    return held(f"{', '.join(survey.symbols)}; {len(survey.sources)} sources")


def _stream(case: ConnectorCase) -> Verdict:
    heard = case.heard
    contract = BatchCheck("it", len(case.survey.symbols) if case.survey else 1)
    for number, batch in enumerate(heard.batches):
        events = batch.events
        if events.dtype != EVENT or events.ndim != 1 or not events.flags.c_contiguous:
            text = f"events are {events.dtype} of shape {events.shape}"
            return broken(f"batch {number}: {text}", "give EVENT, one-dimensional, contiguous")
        if np.any(events["ts_exchange"] > events["ts_local"]):
            text = "an event is received (ts_local) before it was made (ts_exchange)"
            return broken(f"batch {number}: {text}", "correct the clock that is behind")
        if np.any(abs(events["side"]) > 1):
            return broken(f"batch {number}: a side is none", "give BUY, SELL or 0")
        try:
            contract.check(batch)
        except MMError as error:
            return broken(f"batch {number}: {error}", "see mm.api.MarketBatch for what holds")
    if not heard.batches:
        return untried(f"nothing came within {case.limit_s:g} s; is its source within reach?")
    return held(f"{len(heard.batches)} batches with {len(joined(heard.batches))} events")


def _repeatable(case: ConnectorCase) -> Verdict:
    if not case.heard.ended:
        return untried(f"the stream has no end within {case.limit_s:g} s")
    first = {"events": joined(case.heard.batches)}
    found = first_difference(first, {"events": joined(case.listen().batches)})
    if found is not None:
        return broken(f"a second one sends another stream: {found}", "send what the source holds")
    return held("a second one sends the same events")


def _closing(case: ConnectorCase) -> Verdict:
    change = "wrap run() in ``with closing(out):``, so that it closes whatever happens"
    if case.heard.closed != 1 and case.heard.ended:
        return broken(f"run() closed its outlet {case.heard.closed} times, expected once", change)
    if not case.listen(cancel=True).closed:
        return broken("cancelled at its first batch, run() left its outlet open", change)
    return held("closes its outlet at the end and when cancelled")


def _fresh(case: ConnectorCase) -> Verdict:
    if not case.heard.ended:
        return untried(f"the stream has no end within {case.limit_s:g} s")
    return fresh_rule(case)


CONNECTOR_RULES: Final[Rules] = {
    "options": options_rule,
    "building": building_rule("survey", "run"),
    "survey": _survey,
    "stream": _stream,
    "bounds": bounds_rule,
    "repeatable": _repeatable,
    "closing": _closing,
    "fresh processes": _fresh,
}
"""Name of the rule -> how it is tried on a ConnectorCase."""


def check_connector(offer: ConnectorOffer, config: Any, **settings: Any) -> list[Finding]:
    """Try every rule on a connector; ``settings`` are other fields of ``ConnectorCase``."""
    return judge_all(ConnectorCase(offer=offer, config=config, **settings), CONNECTOR_RULES)
