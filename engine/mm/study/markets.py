"""The markets of a study: each is surveyed once, and written down for the workers to share.

Knows no sets: a market is named by the key under which the base keeps a run file that reads it.
"""

from pathlib import Path

import trio

from mm.run.survey import Market, survey_market
from mm.study.check import Base
from mm.study.shared import write_market


class Markets:
    """What is known of the markets that the sets of a base read."""

    def __init__(self, base: Base, scratch: Path) -> None:
        """Know nothing yet; ``scratch`` is a folder for rows."""
        self._base = base
        self._scratch = scratch
        self._surveyed: dict[str, Market] = {}
        self._written: dict[str, Path | None] = {}
        self._busy = trio.Lock()

    async def hashes(self, market: str) -> list[str]:
        """Give the hash of each file of a market.

        Raises:
            MMError: it cannot be read.
        """
        return [str(source.sha256) for source in (await self._survey(market)).survey.sources]

    async def sources(self, market: str) -> list[tuple[str, str]]:
        """Give the path and the hash of each file of a market, as ``hashes``."""
        return [(one.path, str(one.sha256)) for one in (await self._survey(market)).survey.sources]

    async def rows(self, market: str) -> int:
        """Count its rows, as far as the survey tells."""
        return (await self._survey(market)).survey.total_rows or 0

    async def surveyed_rows(self) -> int:
        """Count the rows of all markets that were surveyed."""
        return sum([await self.rows(market) for market in list(self._surveyed)])

    async def written(self, market: str) -> Path | None:
        """Say where a market is written down; None = it cannot be.

        Raises:
            MMError: it cannot be read.
        """
        surveyed = await self._survey(market)
        async with self._busy:
            if market not in self._written:
                folder = self._scratch / f"market-{len(self._written)}"
                done = await write_market(surveyed, folder)
                self._written[market] = folder if done else None
        return self._written[market]

    async def _survey(self, market: str) -> Market:
        async with self._busy:
            if market not in self._surveyed:
                self._surveyed[market] = await survey_market(self._base.markets[market])
        return self._surveyed[market]
