"""What a recording makes of an event stream: the rule of snapshots, and Tardis files.

Rows that follow a clear in the same moment are snapshot rows, and so are those that fill a book
that a snapshot emptied.
"""

from decimal import Decimal
from pathlib import Path

import trio
from tests.plugins.bitmex_exchange import XBTUSD

from mm.api import BUY, CLEAR, LEVEL, MICRO_TICKS, QUOTE, SELL, TICKER, TRADE, MarketBatch
from mm_tardis import TardisConfig, build

Row = tuple[int, ...]
HEADS = {
    TRADE: "exchange,symbol,timestamp,local_timestamp,id,side,price,amount",
    QUOTE: "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount",
    LEVEL: "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount",
    TICKER: "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,"
    "predicted_funding_rate,open_interest,last_price,index_price,mark_price",
}


def record(rows: list[Row], directory: Path, fills_are_snapshots: bool) -> TardisConfig:
    """Write an event stream as Tardis files.

    Args:
        rows: as tuples of EVENT.
        directory: where to.
        fills_are_snapshots: whether rows after an empty snapshot, without a clear of their own,
            are marked as snapshot rows; a recorder may do either.
    """
    lines: dict[int, list[str]] = {kind: [head] for kind, head in HEADS.items()}
    cleared, emptied = 0, 0  # local times of the last clear, and of the last empty snapshot
    for ts, made, price, size, ask, ask_size, _, _, kind, side, _ in rows:
        start = f"bitmex,XBTUSD,{made},{ts}"
        taker = {BUY: "buy", SELL: "sell", 0: "unknown"}[side]
        if kind == TRADE:
            lines[TRADE].append(f"{start},,{taker},{_price(price)},{size * 100}")
        elif kind == QUOTE:
            bid = f"{_price(price)},{size * 100}" if size else ","
            offer = f"{ask_size * 100},{_price(ask)}" if ask_size else ","
            lines[QUOTE].append(f"{start},{offer},{bid}")
        elif kind == CLEAR:
            cleared, emptied = ts, 0
        elif kind == LEVEL:
            fills = fills_are_snapshots and emptied and size
            snapshot = ts == cleared or bool(fills)
            if ts == cleared and size == 0:
                emptied = ts
            elif snapshot and fills:
                cleared, emptied = ts, 0
            else:
                emptied = 0
            word = "bid" if side == BUY else "ask"
            flag = str(snapshot).lower()
            lines[LEVEL].append(f"{start},{flag},{word},{_price(price)},{size * 100}")
        else:
            mark = f"{Decimal(price) * XBTUSD.tick_size / MICRO_TICKS:f}" if price else ""
            lines[TICKER].append(f"{start},{ask or ''},{Decimal(size).scaleb(-12):f},,,,,{mark}")
    names = {TRADE: "trades", QUOTE: "quotes", LEVEL: "book", TICKER: "ticker"}
    for kind, name in names.items():
        (directory / f"{name}.csv").write_text("".join(f"{line}\n" for line in lines[kind]))
    return TardisConfig(
        tardis_root=str(directory),
        trades_csv="trades.csv",
        quotes_csv="quotes.csv",
        book_csv="book.csv",
        derivative_ticker_csv="ticker.csv" if len(lines[TICKER]) > 1 else None,
    )


def read_back(config: TardisConfig) -> list[Row]:
    """Read a recording with the connector for Tardis files; the source rows are set to 0."""
    batches: list[MarketBatch] = []

    class Out:
        async def send(self, value: MarketBatch, /) -> None:
            batches.append(value)

        def close(self) -> None:
            pass

    async def replay() -> None:
        connector = build(config, "XBTUSD")
        await connector.survey()
        await connector.run((XBTUSD,), Out())

    trio.run(replay)
    rows = [row for batch in batches for row in batch.events.tolist()]
    return [(*row[:6], 0, *row[7:]) for row in rows]


def _price(ticks: int) -> Decimal:
    return ticks * XBTUSD.tick_size
