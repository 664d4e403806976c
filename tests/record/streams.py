"""Live streams for the tests of recordings: random ones, and the way to a file and back."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import trio
from hypothesis import strategies as st

from mm.api import (
    BUY,
    CLEAR,
    EVENT,
    LEVEL,
    QUOTE,
    SELL,
    TICKER,
    TRADE,
    Instrument,
    MarketBatch,
    Rows,
    Survey,
)
from mm.record.numbering import DAY_US, Numbering
from mm.record.recorder import Recorder
from mm.run.recording import start_recording
from mm_tardis import TardisConfig, build

MIDNIGHT = 1_722_470_400_000_000  # µs: 2024-08-01 00:00 UTC
XBTUSD = Instrument(symbol="XBTUSD", tick_size=Decimal("0.1"), lot_size=Decimal(100))
CONFIG = '[strategy]\nsymbol = "XBTUSD"\n'


def event(ts: int, kind: int, made: int | None = None, **values: int) -> Rows:
    """One event received at ``ts``, and made a millisecond before unless said otherwise."""
    row = np.zeros(1, EVENT)
    row["ts_local"], row["kind"] = ts, kind
    row["ts_exchange"] = ts - 1000 if made is None else made
    for name, value in values.items():
        row[name] = value
    return row


def level(ts: int, price: int, size: int, side: int = BUY, **values: Any) -> Rows:
    return event(ts, LEVEL, price=price, size=size, side=side, **values)


def quote(ts: int, bid: int, ask: int, size: int = 3) -> Rows:
    return event(ts, QUOTE, price=bid, size=size, ask_price=ask, ask_size=size)


def snapshot(ts: int, *prices: int) -> list[Rows]:
    return [event(ts, CLEAR), *(level(ts, price, 5) for price in prices)]


def gap(ts: int, price: int) -> list[Rows]:
    """What a connector sends when its book can't be trusted any more."""
    return [quote(ts, 0, 0, size=0), event(ts, CLEAR), level(ts, price, 0)]


def stream(*parts: Rows | Sequence[Rows]) -> Rows:
    rows = [row for part in parts for row in ([part] if isinstance(part, np.ndarray) else part)]
    return np.concatenate(rows) if rows else np.zeros(0, EVENT)


STEPS = (1, 700, 40_000, 999_999, 1_000_000, 1_000_001, 7_000_000, DAY_US // 3, DAY_US)
"""µs: the recorder's and the reader's limits, and both sides of them."""

_ticks = st.integers(1, 10_000)
_lots = st.integers(0, 50)
_late = st.integers(-2000, 2000)  # µs; negative: the exchange's clock is ahead of ours
_sides = st.sampled_from((BUY, SELL))


@st.composite
def messages(draw: st.DrawFn, ts: int) -> list[Rows]:
    """Everything of one time, in order of kind; each kind may be absent."""
    made = ts - draw(_late)
    rows = [
        event(
            ts,
            TRADE,
            made,
            price=draw(_ticks),
            size=draw(_lots),
            side=draw(st.sampled_from((-1, 0, 1))),
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    if draw(st.booleans()):
        bid, ask = draw(_ticks), draw(_ticks)
        rows.append(
            event(ts, QUOTE, made, price=bid, size=draw(_lots), ask_price=ask, ask_size=draw(_lots))
        )
    for _ in range(draw(st.integers(0, 5))):
        if draw(st.integers(0, 2)) == 0:
            rows.append(event(ts, CLEAR, ts - draw(_late)))
        else:
            rows.append(level(ts, draw(_ticks), draw(_lots), draw(_sides), made=ts - draw(_late)))
    if draw(st.booleans()):
        rate = draw(st.integers(-(10**10), 10**10))
        due = draw(st.sampled_from((0, MIDNIGHT + 4 * 3_600_000_000)))
        mark = draw(st.integers(0, 10**11))
        over = draw(st.sampled_from((0, 0, 0, 10**9 + 1)))
        rows.append(event(ts, TICKER, made, price=mark, size=rate, ask_price=due, ask_size=over))
    return rows


@st.composite
def batches(draw: st.DrawFn, longest: int = 25) -> list[MarketBatch]:
    """A live stream around a midnight or two: cut anywhere, heartbeats in between."""
    ts = MIDNIGHT - draw(st.integers(1, 3_000_000))
    made: list[MarketBatch] = []
    waiting: list[Rows] = []
    for _ in range(draw(st.integers(1, longest))):
        ts += draw(st.sampled_from(STEPS))
        waiting += draw(messages(ts))
        if draw(st.booleans()):
            ts += draw(st.sampled_from((0, 1, 100_000)))
            made.append(MarketBatch(stream(waiting), ts))
            waiting = []
    made.append(MarketBatch(stream(waiting), ts + 1))
    return made


def settled(stream: Sequence[MarketBatch]) -> list[MarketBatch]:
    numbering = Numbering("scripted")
    return [numbering.push(batch) for batch in stream]


def start(directory: Path, *, has_quotes: bool = True, raw: bool = False) -> Recorder:
    return start_recording(
        directory, CONFIG, (XBTUSD,), exchange="bitmex", has_quotes=has_quotes, raw=raw
    )


def record(directory: Path, numbered: Sequence[MarketBatch], **options: Any) -> Recorder:
    """Write batches down, from start to end."""
    recorder = start(directory, **options)
    for batch in numbered:
        recorder.write(batch)
    recorder.close()
    return recorder


class EnoughError(Exception):
    """The collector has what it wanted."""


@attrs.define
class Collector:
    """Keeps what is sent."""

    batches: list[MarketBatch] = attrs.field(factory=list)
    longest_us: int = 2**62
    """Stops the sender once the stream is as long."""

    async def send(self, value: MarketBatch, /) -> None:
        await trio.lowlevel.checkpoint()
        self.batches.append(value)
        if value.watermark - self.batches[0].watermark > self.longest_us:
            raise EnoughError

    def close(self) -> None: ...

    @property
    def events(self) -> Rows:
        return np.concatenate([np.zeros(0, EVENT), *(b.events for b in self.batches)])

    @property
    def until(self) -> int:
        return self.batches[-1].watermark


def read(directory: Path, **options: Any) -> tuple[Survey, Collector]:
    """Read a recording as ``replay.toml`` would."""
    files = {
        "trades_csv": "trades_*.csv.gz",
        "quotes_csv": "quotes_*.csv.gz",
        "book_csv": "incremental_book_L2_*.csv.gz",
        "derivative_ticker_csv": "derivative_ticker_*.csv.gz",
    }
    config = TardisConfig(tardis_root=str(directory), **(files | options))
    out = Collector()

    async def whole() -> Survey:
        connector = build(config, "XBTUSD")
        survey = await connector.survey()
        await connector.run((XBTUSD,), out)
        return survey

    return trio.run(whole), out
