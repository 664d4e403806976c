"""Router: checks what the connector sends and hands each batch to everyone who needs it."""

from collections.abc import Sequence

import numpy as np

from mm.api import MarketBatch, PluginError
from mm.core.touch import BookQuotes
from mm.run.ends import Inlet, Outlet
from mm.run.progress import Progress


async def route(
    batches: Inlet[MarketBatch],
    outs: Sequence[Outlet[MarketBatch]],
    *,
    quotes: BookQuotes | None,
    connector: str,
    progress: Progress,
) -> None:
    """Pass batches on, in order, to each of ``outs``. Owns all its ends.

    Args:
        batches: from the connector.
        outs: every reader gets every batch; events are not to be changed.
        quotes: makes quotes from the book, for data that has none of its own.
        connector: who it is, for the blame.
        progress: told how far the data has come.
    """
    watermark = -1
    try:
        with batches:
            async for batch in batches:
                _check(batch, watermark, connector)
                watermark = batch.watermark
                if progress.first_ts < 0 and len(batch.events):
                    progress.first_ts = int(batch.events["ts_local"][0])
                progress.rows += int(np.count_nonzero(batch.events["row"]))
                if quotes is not None:
                    batch = quotes.push(batch)
                for out in outs:
                    await out.send(batch)
                progress.ts = watermark
    finally:
        for out in outs:
            out.close()


def _check(batch: MarketBatch, watermark: int, connector: str) -> None:
    """Hold a connector to the contract of MarketBatch; everything after relies on it."""
    times = batch.events["ts_local"]
    if batch.watermark <= watermark:
        fault = f"watermark {batch.watermark} after {watermark}"
    elif len(times) and (times[0] <= watermark or times[-1] > batch.watermark):
        fault = f"events {times[0]}..{times[-1]} outside ({watermark}, {batch.watermark}]"
    elif np.any(times[1:] < times[:-1]):
        fault = "events out of order of ts_local"
    elif len(times) and not batch.events["end"][-1]:
        fault = "a message split between batches"
    else:
        return
    raise PluginError(f"{connector} broke the MarketBatch contract: {fault}")
