"""A small Tardis directory for tests: good files of each kind, and the connector driven over it."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import trio

from mm.api import Instrument, MarketBatch
from mm_tardis import TardisConfig, build

HEADS = {
    "trades": "exchange,symbol,timestamp,local_timestamp,id,side,price,amount",
    "quotes": "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount",
    "book": "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount",
    "derivative_ticker": "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,"
    "predicted_funding_rate,open_interest,last_price,index_price,mark_price",
}
T = "bitmex,XBTUSD,1722470400150000,1722470400229046,"
U = "bitmex,XBTUSD,1722470400250000,1722470400329046,"
ROWS = {
    "trades": (T + "id1,buy,64600.1,200", U + "id2,sell,64600,1000"),
    "quotes": (T + "6800,64600.1,64600,35500", U + "6800,64600.1,64600,59000"),
    "book": (T + "true,bid,64600,35500", U + "false,ask,64600.1,0"),
    "derivative_ticker": (
        T + "1722484800000000,0.0001,0.0002,735200,64600.1,64598.7,64599.25",
        U + "1722484800000000,-5.0E-5,,,,,64599",
    ),
}
AGAIN = "download the file again"


def file(kind: str, *rows: str, head: str | None = None, end: str = "\n") -> bytes:
    return "".join(f"{line}{end}" for line in (head or HEADS[kind], *rows)).encode()


GOOD = {kind: file(kind, *rows) for kind, rows in ROWS.items()}


@attrs.define
class Collector:
    batches: list[MarketBatch] = attrs.field(factory=list)
    closed: bool = False

    async def send(self, value: MarketBatch, /) -> None:
        await trio.lowlevel.checkpoint()
        self.batches.append(value)

    def close(self) -> None:
        self.closed = True


def run(
    directory: Path,
    out: Collector,
    *,
    between: Callable[[], object] = lambda: None,
    tick: str = "0.1",
    **options: Any,
) -> None:
    """Survey the files of the directory, do something ``between``, run."""
    instrument = Instrument(symbol="XBTUSD", tick_size=Decimal(tick), lot_size=Decimal(100))
    files: dict[str, Any] = {f"{kind}_csv": f"{kind}.csv" for kind in HEADS}
    config = TardisConfig(tardis_root=str(directory), **(files | options))

    async def whole() -> None:
        connector = build(config, "XBTUSD")
        await connector.survey()
        between()
        await connector.run((instrument,), out)

    trio.run(whole)


def place(directory: Path, **files: bytes | None) -> None:
    for kind, data in (GOOD | files).items():
        if data is not None:
            (directory / f"{kind}.csv").write_bytes(data)
