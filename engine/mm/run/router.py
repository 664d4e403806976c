"""Router: has each batch of the connector checked, and hands it to everyone who needs it."""

from collections.abc import Sequence

import numpy as np

from mm.api import MarketBatch
from mm.core.batch_check import BatchCheck
from mm.core.touch import BookQuotes
from mm.run.channels import Inlet, Outlet
from mm.run.progress import Progress


async def route(
    batches: Inlet[MarketBatch],
    outs: Sequence[Outlet[MarketBatch]],
    *,
    quotes: BookQuotes | None,
    connector: str,
    instruments: int,
    progress: Progress,
) -> None:
    """Pass batches on, in order, to each of ``outs``. Owns all its ends.

    Args:
        batches: from the connector.
        outs: every reader gets every batch; events are not to be changed.
        quotes: makes quotes from the book, for data that has none of its own.
        connector: who it is, for the blame.
        instruments: how many the run has.
        progress: told how far the data has come.
    """
    contract = BatchCheck(connector, instruments)
    try:
        with batches:
            async for batch in batches:
                contract.check(batch)
                if progress.first_ts < 0 and len(batch.events):
                    progress.first_ts = int(batch.events["ts_local"][0])
                progress.rows += int(np.count_nonzero(batch.events["row"]))
                if quotes is not None:
                    batch = quotes.push(batch)
                for out in outs:
                    await out.send(batch)
                progress.ts = batch.watermark
    finally:
        for out in outs:
            out.close()
