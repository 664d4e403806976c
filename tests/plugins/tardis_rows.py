"""Rows of small Tardis files, written in tests, and what the connector makes of them."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import trio

from mm.api import Instrument, MarketBatch
from mm.api.parts import Survey
from mm_tardis import TardisConfig, build

T0 = 1_722_470_400_000_000  # µs: 2024-08-01 00:00 UTC
HEADERS = {
    "trades": "exchange,symbol,timestamp,local_timestamp,id,side,price,amount",
    "quotes": "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount",
    "book": "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount",
    "derivative_ticker": "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,"
    "predicted_funding_rate,open_interest,last_price,index_price,mark_price",
}
XBTUSD = Instrument(symbol="XBTUSD", tick_size=Decimal("0.1"), lot_size=Decimal(100))
Row = tuple[int, ...]


@attrs.define
class Collector:
    batches: list[MarketBatch] = attrs.field(factory=list)
    closed: bool = False

    async def send(self, value: MarketBatch, /) -> None:
        assert not self.closed
        await trio.lowlevel.checkpoint()
        self.batches.append(value)

    def close(self) -> None:
        self.closed = True


def line(local_us: int, *fields: object, made_us: int | None = None) -> list[str]:
    """A row received ``local_us`` after T0, made 5 ms earlier unless said otherwise."""
    made = local_us - 5000 if made_us is None else made_us
    return ["bitmex", "XBTUSD", str(T0 + made), str(T0 + local_us), *map(str, fields)]


def text(kind: str, rows: Sequence[Sequence[str]]) -> bytes:
    return "".join(f"{','.join(r)}\n" for r in [HEADERS[kind].split(","), *rows]).encode()


def replay(directory: Path, config: dict[str, Any] | None = None, **files: bytes) -> Any:
    """Write files, survey, run; return (survey, batches)."""
    keys: dict[str, Any] = {"tardis_root": str(directory)}
    for kind, data in files.items():
        (directory / f"{kind}.csv").write_bytes(data)
        keys[f"{kind}_csv"] = f"{kind}.csv"
    out = Collector()

    async def whole() -> Survey:
        connector = build(TardisConfig(**keys, **(config or {})), "XBTUSD")
        survey = await connector.survey()
        await connector.run((XBTUSD,), out)
        return survey

    survey = trio.run(whole)
    assert out.closed
    return survey, out.batches


def flat(batches: list[MarketBatch]) -> list[Row]:
    """All events as tuples, in the order of EVENT's columns."""
    return [row for batch in batches for row in batch.events.tolist()]


def short(batches: list[MarketBatch]) -> list[tuple[int, int, int, int, int]]:
    """(kind, price, size, row, end) of all events."""
    names = ("kind", "price", "size", "row", "end")
    return [tuple(int(e[n]) for n in names) for b in batches for e in b.events]  # type: ignore[misc]
