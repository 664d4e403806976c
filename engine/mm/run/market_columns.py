"""``strategy.depth`` and ``strategy.trades``: what every row of a transformer shows of the market.

batch ─┬─► transformer ─► rows ─┬─► the rows, with the levels, or trades, as of their times
       └─► a follower ──────────┘
"""

from typing import Any, Protocol, Self

import numpy as np

from mm.api import TRADED_FIELDS, ConfigError, MarketBatch, Rows, Transformer
from mm.blame import blame
from mm.core.depth import DepthFollower, depth_fields
from mm.core.traded import TradesFollower
from mm.run.transformer import check_rows


class Follower(Protocol):
    """Follows the market's events."""

    def push(self, events: Rows, rows: Rows) -> None:
        """Take events, and fill columns of rows in: see ``mm.core.depth``, ``mm.core.traded``."""
        ...


class ShowingTransformer:
    """A transformer whose rows have columns of a follower, too. Pure, as the one it asks."""

    dtype: "np.dtype[np.void]"

    def __init__(
        self, base: Transformer, owner: str, follower: Follower, fields: list[Any], key: str
    ) -> None:
        """Put ``fields`` into the rows of ``base``, called ``owner`` for the blame.

        Args:
            base: makes the rows.
            owner: who that is.
            follower: fills the new columns in.
            fields: the new columns, as of a dtype.
            key: of the run file, which asked for it.

        Raises:
            ConfigError: ``base`` has a column of such a name.
        """
        self._base, self._owner, self._follower = base, owner, follower
        self._watermark = -1
        columns = base.dtype.names or ()
        clash = [field[0] for field in fields if field[0] in columns]
        if clash:
            raise ConfigError(
                f"{key} adds the column {clash[0]}, which the transformer {owner} has already;"
                " leave it out, or choose another strategy.preprocessing"
            )
        given = [(name, base.dtype[name]) for name in columns]
        self.dtype = np.dtype([*given, *fields], align=True)

    @classmethod
    def of_depth(cls, base: Transformer, owner: str, depth: int, instruments: int) -> Self:
        """Show the best ``depth`` levels a side."""
        return cls(base, owner, DepthFollower(instruments), depth_fields(depth), "strategy.depth")

    @classmethod
    def of_trades(cls, base: Transformer, owner: str, instruments: int) -> Self:
        """Show what was traded since the row before."""
        return cls(base, owner, TradesFollower(instruments), list(TRADED_FIELDS), "strategy.trades")

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return the transformer's rows with the columns of their times."""
        with blame(self._owner, batch.watermark):
            given = self._base.push(batch)
            check_rows(given, self._watermark, batch.watermark, self._base.dtype, self._owner)
        self._watermark = batch.watermark
        rows = np.zeros(len(given), self.dtype)
        for name in given.dtype.names or ():
            rows[name] = given[name]
        self._follower.push(batch.events, rows)
        return rows
