"""Transformer task: one Features message for each batch, empty or not, so that time moves on."""

import numpy as np

from mm.api import Features, MarketBatch, PluginError, Rows, Transformer
from mm.blame import blame
from mm.run.channels import Inlet, Outlet


async def transform(
    batches: Inlet[MarketBatch], out: Outlet[Features], *, transformer: Transformer, name: str
) -> None:
    """Turn batches into decision rows. Owns both ends; ``name`` is for the blame."""
    watermark = -1
    with batches, out:
        async for batch in batches:
            with blame(name, batch.watermark):
                rows = transformer.push(batch)
                check_rows(rows, watermark, batch.watermark, transformer.dtype, name)
            watermark = batch.watermark
            await out.send(Features(rows, watermark))


def check_rows(
    rows: Rows, before: int, watermark: int, dtype: "np.dtype[np.void]", owner: str
) -> None:
    """Hold a transformer to its contract: its dtype, and rows in order after ``before``.

    Raises:
        PluginError: naming ``owner``.
    """
    if rows.dtype != dtype:
        raise PluginError(f"{owner} gave rows of dtype {rows.dtype}, not the {dtype} it declares")
    times = rows["ts"]
    if len(times) and (times[0] <= before or times[-1] > watermark or np.any(np.diff(times) < 0)):
        raise PluginError(
            f"{owner} gave rows at {times[0]}..{times[-1]} µs, not in order within"
            f" ({before}, {watermark}]"
        )
