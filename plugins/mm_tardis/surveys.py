"""The surveys of all files, in threads: the kinds side by side, the files of each in order of time.

Or out of the cache, where that is asked for. Knows neither grid nor clock: what the findings say
together is for the connector.
"""

from collections.abc import Sequence
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

import trio

from mm.api import DataError
from mm_tardis import TardisConfig
from mm_tardis.cache import Files, SurveyCache, Told, hash_file
from mm_tardis.files import Names, check_order, choose_names, find_files
from mm_tardis.findings import Findings
from mm_tardis.snap import Given
from mm_tardis.spool import Spool
from mm_tardis.survey import FileSurvey


class Surveys:
    """Looks into files for one run.

    Args:
        config: the table ``[data]``.
        symbol: what rows must be of.
        given: the steps that are known beforehand.
    """

    def __init__(self, config: TardisConfig, symbol: str, given: Given) -> None:
        self._config = config
        self._told = Told(symbol, given, config.keep_repeated_trades)
        self._spool = Spool()
        self.taken: str | None = None
        """Which files were taken in place of those that are named."""
        self.not_kept: str | None = None
        """Why nothing could be put in the cache."""
        self.read_anew = False
        """The cache was asked, and did not have them."""

    @property
    def given(self) -> Given:
        """The steps that are known beforehand."""
        return self._told.given

    async def find(self, names: Names) -> list[Findings]:
        """Find the files of a run by name or pattern, and look into them.

        Raises:
            DataError: one is not there, or cannot be used.
        """
        root = Path(self._config.tardis_root)
        names, self.taken = await _in_thread(choose_names, root, names, self._told.symbol)
        files = [
            (kind, path)
            for kind, name in names
            for path in await _in_thread(find_files, root, name)
        ]
        return await (self.look_up(files) if self._config.cache else self._read(files))

    async def look_up(self, files: Files) -> list[Findings]:
        """Take the findings from the cache, or look into the files and keep what was found.

        Raises:
            DataError: a file cannot be used.
        """
        hashes = await _hash_all([path for _, path in files])
        if None in hashes:
            return await self._read(files)  # which says why one of them cannot be read
        known = [text for text in hashes if text is not None]
        cache = SurveyCache(files, known, self._told, round(self._config.cache_gb * 1e9))
        found = await _in_thread(cache.load)
        if found is not None:
            return found
        self.read_anew = True
        try:
            self._spool = await _in_thread(cache.begin)
            found = await self._read(files)
            await _in_thread(cache.keep, found)
        except OSError as error:
            reason = error.strerror or error
            self.not_kept = f"{error.filename}: the cache cannot be written there: {reason}"
        finally:
            cache.abandon()
        return found if found is not None else await self._read(files)

    async def _read(self, files: Files) -> list[Findings]:
        kinds = [(kind, [path for _, path in some]) for kind, some in groupby(files, itemgetter(0))]
        answers: list[list[Findings] | DataError] = [[] for _ in kinds]
        async with trio.open_nursery() as nursery:
            for place, (kind, paths) in enumerate(kinds):
                nursery.start_soon(self._read_kind, kind, paths, place, answers)
        return [findings for answer in answers for findings in _unwrap(answer)]

    async def _read_kind(
        self,
        kind: int,
        paths: Sequence[Path],
        place: int,
        answers: list[list[Findings] | DataError],
    ) -> None:
        found: list[Findings] = []
        survey = None
        try:
            for path in paths:
                survey = await self._read_file(path, kind, survey)
                found.append(survey.findings())
            check_order(found)
        except DataError as fault:  # an answer, so that no exception group forms
            answers[place] = fault
        else:
            answers[place] = found

    async def _read_file(self, path: Path, kind: int, after: FileSurvey | None) -> FileSurvey:
        told = self._told
        survey = await _in_thread(
            lambda: FileSurvey(
                path, kind, told.symbol, self._config.block_bytes, told.given, after,
                told.keep_repeats, self._spool,
            )
        )  # fmt: skip
        with closing(survey):
            while not await _in_thread(survey.step):
                pass
        return survey


async def _hash_all(paths: Sequence[Path]) -> list[str | None]:
    hashes: list[str | None] = [None] * len(paths)

    async def hash_one(place: int) -> None:
        hashes[place] = await _in_thread(hash_file, paths[place])

    async with trio.open_nursery() as nursery:
        for place in range(len(paths)):
            nursery.start_soon(hash_one, place)
    return hashes


def _unwrap(answer: list[Findings] | DataError) -> list[Findings]:
    if isinstance(answer, DataError):
        raise answer
    return answer


_in_thread: Final = trio.to_thread.run_sync
