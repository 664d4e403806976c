"""``strategy.depth``: the best levels of the book in every row of a transformer.

batch ─┬─► transformer ─► rows ─┬─► the rows, with the levels as they are at their times
       └─► the books ───────────┘
"""

import numpy as np

from mm.api import DEPTH_FIELDS, ConfigError, MarketBatch, Rows, Transformer
from mm.blame import blame
from mm.core.depth import DepthFollower, depth_fields
from mm.run.transformer import check_rows


class DepthTransformer:
    """A transformer whose rows have the book's best levels, too. Pure, as the one it asks."""

    dtype: "np.dtype[np.void]"

    def __init__(self, base: Transformer, owner: str, depth: int, instruments: int) -> None:
        """Put ``depth`` levels a side into the rows of ``base``, called ``owner`` for the blame.

        Raises:
            ConfigError: ``base`` has a column of such a name.
        """
        self._base, self._owner = base, owner
        self._books = DepthFollower(instruments)
        self._watermark = -1
        columns = base.dtype.names or ()
        clash = [name for name, _ in DEPTH_FIELDS if name in columns]
        if clash:
            raise ConfigError(
                f"strategy.depth adds the column {clash[0]}, which the transformer {owner} has"
                " already; set it to 0, or choose another strategy.preprocessing"
            )
        fields = [(name, base.dtype[name]) for name in columns]
        self.dtype = np.dtype([*fields, *depth_fields(depth)], align=True)

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return the transformer's rows with the levels of their times."""
        with blame(self._owner, batch.watermark):
            given = self._base.push(batch)
            check_rows(given, self._watermark, batch.watermark, self._base.dtype, self._owner)
        self._watermark = batch.watermark
        rows = np.zeros(len(given), self.dtype)
        for name in given.dtype.names or ():
            rows[name] = given[name]
        self._books.push(batch.events, rows)
        return rows
