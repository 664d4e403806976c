"""The transformer: market events in, rows of touch, mid, sigma, A and k out.

Hosts the kernel, one memory an instrument, and merges their rows by time. Knows nothing of orders,
and of the market only what the kernel remembers.
"""

import numpy as np

from mm.api import Context, MarketBatch, Rows
from mm_avellaneda.config import AvellanedaConfig
from mm_avellaneda.estimation import advance
from mm_avellaneda.intensity import MIN_DEPTHS
from mm_avellaneda.state import FEATURES, Memory, fresh_memory

_CHUNK_ROWS = 4096  # rows the kernel can write before it is called again: 0.3 MB


class AvellanedaTransformer:
    """Estimates on grids of time; the model and its sampling are told in ``estimation``."""

    dtype: "np.dtype[np.void]" = FEATURES

    def __init__(self, config: AvellanedaConfig, context: Context) -> None:
        self._memories = [fresh_memory(config, one) for one in context.instruments]
        self._out = np.zeros(_CHUNK_ROWS, FEATURES)

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return the rows with ``previous watermark < ts <= watermark``."""
        chunks: list[Rows] = []
        for index, memory in enumerate(self._memories):
            chunks += self._run(batch, index, memory)
        rows = np.concatenate(chunks) if chunks else np.zeros(0, FEATURES)
        if len(self._memories) > 1:
            # Stable, so instruments keep their order where they share a time.
            rows = rows[np.argsort(rows["ts"], kind="stable")]
        return rows

    def warming(self) -> list[tuple[str, int, int]]:
        """Name estimates that are not known yet: (which, samples there are, samples it takes).

        Of the first instrument that lacks any.
        """
        return next(filter(None, map(_lacking, self._memories)), [])

    def _run(self, batch: MarketBatch, index: int, memory: Memory) -> list[Rows]:
        records = (
            memory.settings, memory.state, memory.squares, memory.depths, memory.histogram,
        )  # fmt: skip
        chunks = []
        position = 0
        while position >= 0:
            position, count = advance(
                batch.events, position, batch.watermark, index, records, self._out
            )
            if count:
                chunks.append(self._out[:count].copy())
        return chunks


def _lacking(memory: Memory) -> list[tuple[str, int, int]]:
    """Name what one instrument lacks."""
    settings, state = memory.settings[0], memory.state[0]
    found = []
    if np.isnan(settings["sigma"]) and state["vol_count"] < settings["warm_up"]:
        found.append(("sigma", int(state["vol_count"]), int(settings["warm_up"])))
    depths = int(memory.histogram.sum())
    estimated = np.isnan(settings["A"]) or np.isnan(settings["k"])
    if estimated and np.isnan(state["k"]) and depths < MIN_DEPTHS:
        found.append(("A and k", depths, MIN_DEPTHS))
    return found
