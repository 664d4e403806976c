"""Sets given out to workers, one at a time each; outcomes are written down as they come.

Where workers come from, and where they run, is the shop's business. A worker that dies costs the
run it had in hand, which another worker makes; a set that loses two is a failed row. Which worker
makes which run does not show in the rows.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final, Protocol

import attrs
import trio

from mm.api.jit import is_cold
from mm.blame import ungrouped
from mm.judge import Split
from mm.simulate.processes import cores
from mm.study.check import Base
from mm.study.design import Design, Objective
from mm.study.desk import Desk, Job, Watch
from mm.study.markets import Markets
from mm.study.progress import Outlook
from mm.study.rows import Rows, failure
from mm.study.source import Source
from mm.study.splits import keep_split

_TRIES: Final = 2


class Worker(Protocol):
    """Makes one run after the other."""

    async def make(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Make a run; give what came of it, None = the worker died."""


class Shop(Protocol):
    """Where workers come from."""

    base: Base
    scratch: Path
    """Folder for files that are of use while the study is at work."""
    seats: int | None
    """Runs at a time; None = as many as the study says."""
    maps: bool
    """Whether its workers can read what is written to ``scratch``."""

    async def worker(self) -> AbstractAsyncContextManager[Worker]:
        """Make a worker.

        Raises:
            MMError: none can be made.
        """


@attrs.frozen(kw_only=True)
class Study:
    """What is to be run."""

    base: Base
    source: Source
    processes: int
    objectives: Sequence[Objective] = ()
    """By which to say which set is best so far; none = by equity."""
    split: Split | None = None
    """Is kept with the rows, for the report."""

    @classmethod
    def of(cls, base: Base, design: Design, folder: Path | None, processes: int | None) -> "Study":
        """Make the study of a design; ``processes`` None = one a core.

        Raises:
            MMError: as ``Design.source``.
        """
        return cls(
            base=base,
            source=design.source(base, folder),
            processes=processes or cores(),
            objectives=design.objectives,
            split=design.split,
        )


async def carry_out(study: Study, rows: Rows, shop: Shop, watch: Watch) -> list[str]:
    """Run every set that has no row yet, or one that failed.

    Args:
        study: what to run.
        rows: of the study's folder.
        shop: where workers come from.
        watch: hears how it goes.

    Returns:
        The key of each set's row, in order.

    Raises:
        DataError: the data cannot be used.
    """
    keep_split(rows.path.parent, study.split)
    if study.base.text is not None:
        rows.keep_run_file(study.base.text)
    markets = Markets(study.base, shop.scratch)
    seats = shop.seats or study.processes
    desk = Desk(study.base, study.source, rows, markets, watch)
    started_s = trio.current_time()
    await desk.survey()
    survey_s = trio.current_time() - started_s
    known, left = await desk.ahead()
    watch.look(
        Outlook(
            sets=study.source.total, known=known, rows=left, survey_s=survey_s,
            surveyed=await markets.surveyed_rows(), processes=seats,
        )
    )  # fmt: skip
    crew = _Crew(shop, desk, markets)
    first = await desk.next()
    if first is not None:
        desk.take_back(first)
        if is_cold("mm"):
            await crew.work(1)  # one process compiles, the others read what it left
        with ungrouped():
            async with trio.open_nursery() as nursery:
                for _ in range(seats):
                    nursery.start_soon(crew.work)
    return [desk.keys[number] for number in range(study.source.total)]


class _Crew:
    """Has the runs of a desk made by workers."""

    def __init__(self, shop: Shop, desk: Desk, markets: Markets) -> None:
        self._shop = shop
        self._desk = desk
        self._markets = markets

    async def work(self, most: int | None = None) -> None:
        """Employ one worker after the other, if they die, until no run is left, or ``most``."""
        job = await self._desk.next()
        while job is not None and most != 0:
            async with await self._shop.worker() as worker:
                while job is not None and most != 0:
                    outcome = await worker.make(await self._asked(job))
                    if outcome is None:
                        self._mourn(job)
                        break
                    self._desk.done(job, outcome)
                    most = None if most is None else most - 1
                    job = await self._desk.next() if most != 0 else None
            if job is not None:
                job = await self._desk.next()

    async def _asked(self, job: Job) -> dict[str, Any]:
        """Say what a worker is to run, and where its market is."""
        checked, base = job.asked.checked, self._shop.base
        assert checked is not None
        asked = {
            "config": str(base.path),
            "text": base.text,
            "overrides": [*base.overrides, *job.asked.one.texts],
        }
        if self._shop.maps:
            written = await self._markets.written(checked.market)
            return asked | {"market": None if written is None else str(written)}
        data = await self._markets.sources(checked.market)
        return asked | {"market": None, "data": data, "files": dict(checked.files)}

    def _mourn(self, job: Job) -> None:
        """Have the run of a worker that died made by another, or give it up."""
        job.tries += 1
        if job.tries < _TRIES:
            self._desk.take_back(job)
        else:
            self._desk.done(job, failure("the process that ran it died, twice"))
