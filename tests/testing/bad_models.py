"""Fill, latency, fee and quoting models, sinks and connectors that each break one rule."""

import math
import random
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from mm.api import (
    EVENT,
    Context,
    Defect,
    FillModel,
    Instrument,
    LatencyModel,
    MarketBatch,
    Outlet,
    Output,
    QuoteInputs,
    Rows,
    Status,
    Survey,
)
from mm.testing import cut_stream, random_market
from mm.testing.kit.network import first_in_first_out, no_more_than_level

COUNT = [0]


def overshoots(a: float, level: float, size: float, draw: float, p0: float, p1: float) -> float:
    return a - 2 * size - 1


def loses_itself(a: float, before: float, after: float, seen: float, p0: float, p1: float) -> float:
    return math.nan


def draws(a: float, level: float, size: float, draw: float, p0: float, p1: float) -> float:
    return -size if draw < 0.5 else a


def writes_text(a: float, level: float, size: float, draw: float, p0: float, p1: float) -> float:
    return float(str({"ahead": a - size}["ahead"]))


def counts(a: float, level: float, size: float, draw: float, p0: float, p1: float) -> float:
    COUNT[0] += 1
    return a - size / COUNT[0]


def fill_model(on_print: Any = first_in_first_out, on_depth: Any = no_more_than_level) -> Any:
    def build(config: Any, context: Context) -> FillModel:
        return FillModel(on_print=on_print, on_depth=on_depth)

    return build


def latency_model(**columns: Any) -> Any:
    def build(config: Any, context: Context) -> LatencyModel:
        return LatencyModel(**columns)

    return build


def a_new_latency(config: Any, context: Context) -> LatencyModel:
    return LatencyModel(jitter=random.random())


@attrs.define
class Fees:
    """Charges what its function says."""

    rule: Callable[..., float]

    def fee(self, *, maker: bool, value: float, contracts: float, traded: float) -> float:
        return self.rule(value, traded)


def fee_model(rule: Callable[..., float]) -> Any:
    def build(config: Any, context: Context) -> Fees:
        return Fees(rule)

    return build


def counted_fee(config: Any, context: Context) -> Fees:
    asked: list[float] = []

    def fee(value: float, traded: float) -> float:
        asked.append(value)
        return len(asked) * 1e-3

    return Fees(fee)


def flat_quotes(inputs: QuoteInputs, q: Any, tau: Any) -> Any:
    return np.ones(len(q)), np.ones(len(q))


class Lines:
    """A sink of one file with a line for each row."""

    def __init__(self, config: Any, context: Context, output: Output) -> None:
        self.path = output.directory / "rows.txt"
        self.text: list[str] = []

    def write(self, table: str, rows: Rows) -> None:
        self.text += [f"{table} {row}" for row in rows.tolist()]

    def close(self, status: Status) -> None:
        self.path.write_text("\n".join(self.text))


class CountsCalls(Lines):
    def write(self, table: str, rows: Rows) -> None:
        self.text.append(f"{table} {len(rows)}")


class DatesItsFile(Lines):
    def close(self, status: Status) -> None:
        self.text.append(str(time.time_ns()))
        super().close(status)


class NeedsRows(Lines):
    def close(self, status: Status) -> None:
        self.path.write_text(self.text[0])


class WritesElsewhere(Lines):
    def close(self, status: Status) -> None:
        super().close(status)
        elsewhere = Path(__file__).with_suffix(".txt")
        elsewhere.write_text("x")
        elsewhere.unlink()


class ChangesRows(Lines):
    def write(self, table: str, rows: Rows) -> None:
        super().write(table, rows)
        for name in rows.dtype.names or ():
            rows[name] = 1


class KnowsNoCandles(Lines):
    def write(self, table: str, rows: Rows) -> None:
        {"orders": 1, "reports": 1, "trades": 1, "positions": 1, "decisions": 1}[table]
        super().write(table, rows)


class GoesByHashesSink(Lines):
    def close(self, status: Status) -> None:
        self.path.write_text(str(hash("mm")))


class Feed:
    """A connector of a random market."""

    def __init__(self, config: Any, symbol: str) -> None:
        self.symbol = symbol

    def events(self) -> Rows:
        return random_market(3, events=100)

    def batches(self) -> list[MarketBatch]:
        return list(cut_stream(self.events(), 10))

    async def survey(self) -> Survey:
        return Survey(
            symbols=(self.symbol,), grid=(("0.5", None),), sources=(), first_ts=None, last_ts=None,
            total_rows=None,
        )  # fmt: skip

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        assert instruments[0].tick_size == Decimal("0.5")
        try:
            for batch in self.batches():
                await out.send(batch)
        finally:
            out.close()


class StaysOpen(Feed):
    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        for batch in self.batches():
            await out.send(batch)
        out.close()


class NamesNothing(Feed):
    async def survey(self) -> Survey:
        return attrs.evolve(await super().survey(), symbols=())


class CountsMoreThanThereIs(Feed):
    async def survey(self) -> Survey:
        odd = Defect(kind="crossed_rows", rows=3, of=2, done="kept")
        return attrs.evolve(await super().survey(), health=(odd,))


class RepeatsAWatermark(Feed):
    def batches(self) -> list[MarketBatch]:
        return [batch for batch in super().batches() for _ in range(2)]


class SplitsAMessage(Feed):
    def events(self) -> Rows:
        events = super().events()
        events["end"] = 0
        return events


class NeverTheSame(Feed):
    def events(self) -> Rows:
        COUNT[0] += 1
        return random_market(COUNT[0], events=100)


class GoesByHashes(Feed):
    def events(self) -> Rows:
        return random_market(hash("mm") % 97, events=100)


class Silent(Feed):
    def events(self) -> Rows:
        return np.zeros(0, EVENT)


class NoSurvey:
    def __init__(self, config: Any, symbol: str) -> None:
        pass
