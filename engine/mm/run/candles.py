"""Candle task: trades to candles, beside the main path."""

import numpy as np

from mm.api import CANDLE, MarketBatch
from mm.core.candles import CandleBuilder
from mm.run.channels import Inlet, Outlet
from mm.run.sinks import Records


async def draw_candles(
    batches: Inlet[MarketBatch], out: Outlet[Records], *, builder: CandleBuilder
) -> None:
    """Send the candles that each batch completes, and the rest at the end. Owns both ends."""
    watermark = -1
    with batches, out:
        async for batch in batches:
            watermark = batch.watermark
            await out.send(Records(tables=(("candles", builder.push(batch)),), watermark=watermark))
        rest = np.concatenate([np.zeros(0, CANDLE), *builder.flush()])
        await out.send(Records(tables=(("candles", rest),), watermark=watermark))
