"""Which set is run next: neither one that has a row, nor one that is being run.

Knows the source and the rows, and nothing of the processes that run them.
"""

from collections import deque
from typing import Any, Protocol

import attrs
import trio

from mm.api import MMError
from mm.study.check import Base
from mm.study.markets import Markets
from mm.study.progress import Outlook
from mm.study.rows import Rows, failure, key_of, pruned
from mm.study.source import Asked, Source


class Watch(Protocol):
    """Hears how a study goes."""

    def begin(self, number: int, rows: int) -> None:
        """Hear that the run of a set begins, over so many rows of data."""

    def done(self, number: int, row: dict[str, Any]) -> None:
        """Hear what came of a set, whether it was run now or earlier."""

    def look(self, outlook: Outlook) -> None:
        """Hear what lies ahead, when the data have been surveyed."""


@attrs.define
class Job:
    """A run to make."""

    asked: Asked
    key: str
    tries: int = 0


class Desk:
    """Gives out jobs, and takes in what came of them."""

    def __init__(
        self,
        base: Base,
        source: Source,
        rows: Rows,
        markets: Markets,
        watch: Watch,
    ) -> None:
        """Take sets from ``source``; ``watch`` hears of each."""
        self._base = base
        self._source = source
        self._rows = rows
        self._watch = watch
        self._again: deque[Job] = deque()
        self._running: dict[str, list[int]] = {}  # key -> the numbers of all sets with it
        self._changed = trio.Event()
        self._markets = markets
        self.keys: dict[int, str] = {}
        """Number -> key, of each set that was asked for."""

    async def survey(self) -> None:
        """Look at the data of all sets that are known by now, once for all that read the same.

        Raises:
            MMError: they cannot be used.
        """
        for market in list(self._base.markets):
            await self._markets.hashes(market)

    async def ahead(self) -> tuple[int, int]:
        """Count the sets that have a row, and the rows of data of all others, 0 = not known."""
        known = rows = 0
        for checked in self._source.checked:
            data = await self._markets.hashes(checked.market)
            if self._is_done(key_of(checked.fingerprint, data)):
                known += 1
            else:
                rows += await self._markets.rows(checked.market)
        return known, rows

    async def next(self) -> Job | None:
        """Give a run to make; waits where the next set depends on results; None = no more."""
        while True:
            if self._again:
                return await self._begun(self._again.popleft())
            asked = self._source.ask()
            if asked is None:
                if self._source.asked == self._source.total:
                    return None
                await self._changed.wait()
                continue
            job = await self._job(asked)
            if job is not None:
                return await self._begun(job)

    async def _begun(self, job: Job) -> Job:
        assert job.asked.checked is not None
        rows = await self._markets.rows(job.asked.checked.market)
        self._watch.begin(job.asked.number, rows)
        return job

    def take_back(self, job: Job) -> None:
        """Take a job that came to nothing; it is given out again."""
        self._again.append(job)
        self._change()

    def done(self, job: Job, outcome: dict[str, Any]) -> None:
        """Write down what came of a job."""
        self._rows.add({"key": job.key, "set": job.asked.one.plain, **outcome})
        for number in self._running.pop(job.key):
            self._settle(number, job.key)

    async def _job(self, asked: Asked) -> Job | None:
        """Make a job of a set; None = it has a row already, or somebody is at it."""
        fault, key = asked.fault, ""
        if asked.checked is not None:
            try:
                data = await self._markets.hashes(asked.checked.market)
                key = key_of(asked.checked.fingerprint, data)
            except MMError as error:
                fault = f"{type(error).__name__}: {error}"
        self.keys[asked.number] = key = key or key_of(repr(asked.one.plain), [fault])
        if self._is_done(key) or (asked.pruned and self._rows.status(key) == "pruned"):
            self._settle(asked.number, key)
        elif key in self._running:
            self._running[key].append(asked.number)
        else:
            self._running[key] = [asked.number]
            job = Job(asked, key)
            if not fault and not asked.pruned:
                return job
            self.done(job, failure(fault) if fault else pruned(asked.pruned))
        return None

    def _is_done(self, key: str) -> bool:
        return self._rows.status(key) not in (None, "failed", "pruned")

    def _settle(self, number: int, key: str) -> None:
        row = self._rows.row(key)
        self._source.tell(number, row)
        self._watch.done(number, row)
        self._change()

    def _change(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
