"""Transformers that each break one rule."""

import time
from typing import Any, ClassVar

import numpy as np

from mm.api import TOUCH_FIELDS, Context, MarketBatch, Rows
from mm.testing.kit.stand_ins import AnyColumns


class Plain(AnyColumns):
    """A row for each quote, with a column ``own``; the bad ones change it."""

    def __init__(self, config: Any, context: Context) -> None:
        super().__init__(("own",), context)
        self.count = 0

    def own(self, rows: Rows, batch: MarketBatch) -> Any:
        return rows["bid"]

    def push(self, batch: MarketBatch) -> Rows:
        rows = super().push(batch)
        rows["own"] = self.own(rows, batch)
        return rows


class PeeksInTheBatch(Plain):
    def own(self, rows: Rows, batch: MarketBatch) -> Any:
        return batch.events["price"].max(initial=0)


class CountsBatches(Plain):
    def own(self, rows: Rows, batch: MarketBatch) -> Any:
        self.count += 1
        return self.count


class SharesItsMemory(Plain):
    memory: ClassVar[list[int]] = []

    def own(self, rows: Rows, batch: MarketBatch) -> Any:
        last = self.memory[-1] if self.memory else 0
        self.memory.extend(rows["bid"].tolist())
        return np.concatenate([[last], rows["bid"][:-1]]) if len(rows) else rows["bid"]


class KeepsItsMemoryElsewhere(Plain):
    memory: ClassVar[dict[int, int]] = {}

    def own(self, rows: Rows, batch: MarketBatch) -> Any:
        start = self.memory.get(id(self), 0)
        self.memory[id(self)] = start + len(rows)
        return start + np.arange(len(rows))


class GoesByHashes(Plain):
    def own(self, rows: Rows, batch: MarketBatch) -> Any:
        return hash("mm") % 7


class ChangesTheBatch(Plain):
    def own(self, rows: Rows, batch: MarketBatch) -> Any:
        batch.events["size"] += 1
        return 0


class ReadsTheClock(Plain):
    def own(self, rows: Rows, batch: MarketBatch) -> Any:
        return time.monotonic() < 0


class DividesByTheTouch(Plain):
    def own(self, rows: Rows, batch: MarketBatch) -> Any:
        return [1 / int(size) for size in rows["bid_size"]]


class GivesRowsLate(Plain):
    def push(self, batch: MarketBatch) -> Rows:
        rows = super().push(batch)
        rows["ts"] += 3_600_000_000
        return rows


class LeavesTheTouchOut(Plain):
    def __init__(self, config: Any, context: Context) -> None:
        super().__init__(config, context)
        fields: list[Any] = [("own", "f8"), *TOUCH_FIELDS]
        self.dtype = np.dtype(fields)


class HoldsALambda(Plain):
    def __init__(self, config: Any, context: Context) -> None:
        super().__init__(config, context)
        self.twice = lambda value: 2 * value


class HasNoPush:
    dtype = np.dtype(TOUCH_FIELDS)

    def __init__(self, config: Any, context: Context) -> None:
        pass
