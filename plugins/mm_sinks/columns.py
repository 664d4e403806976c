"""Columns of the CSV tables: name, and how a whole column of rows becomes text.

Prices and sizes are written as exact decimals of their ticks and lots; money with 15 significant
digits, all that a float holds for certain; model values with 12, since the last bits of a
logarithm differ between machines and say nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from mm.api import (
    ACTION_NAMES,
    CLAMP_NAMES,
    FILLED,
    FUNDING,
    MICRO_TICKS,
    RATE_UNIT,
    REASON_NAMES,
    REPORT_NAMES,
    RULE_NAMES,
    SETTLED,
    TIF_NAMES,
    TYPE_NAMES,
    Instrument,
    Rows,
)

Writer: TypeAlias = Callable[[Rows, Sequence[Instrument]], list[str]]
Column: TypeAlias = tuple[str, Writer]

_SIDES = {1: "buy", -1: "sell", 0: ""}


def symbol(rows: Rows, instruments: Sequence[Instrument]) -> list[str]:
    """Name each row's instrument."""
    return [instruments[i].symbol for i in rows["instrument"].tolist()]


def whole(field: str) -> Writer:
    """Write an integer as it is."""
    return lambda rows, _: [str(value) for value in rows[field].tolist()]


def optional(field: str, absent: int) -> Writer:
    """Write an integer, or nothing where it is ``absent``."""
    return lambda rows, _: ["" if value == absent else str(value) for value in rows[field].tolist()]


def price(field: str) -> Writer:
    """Write ticks as an exact price; 0 ticks as nothing."""
    return lambda rows, instruments: _each_once(
        rows, field, lambda i, ticks: instruments[i].price_text(ticks) if ticks else ""
    )


def size(field: str) -> Writer:
    """Write lots as exact contracts; -1 (not known) as nothing."""
    return lambda rows, instruments: _each_once(
        rows, field, lambda i, lots: instruments[i].size_text(lots) if lots != -1 else ""
    )


def position(field: str) -> Writer:
    """Write signed lots as exact contracts."""
    return lambda rows, instruments: _each_once(
        rows, field, lambda i, lots: instruments[i].size_text(lots)
    )


def _each_once(rows: Rows, field: str, text: Callable[[int, int], str]) -> list[str]:
    """Write each (instrument, value) once; prices and sizes come again and again."""
    pairs = list(zip(rows["instrument"].tolist(), rows[field].tolist(), strict=True))
    texts = {pair: text(*pair) for pair in set(pairs)}
    return [texts[pair] for pair in pairs]


def digits(field: str, significant: int) -> Writer:
    """Write a float with so many significant digits; NaN as nothing, -0 as 0 (hence ``+ 0.0``)."""
    style = f".{significant}g"
    return lambda rows, _: [
        format(value + 0.0, style) if value == value else "" for value in rows[field].tolist()
    ]


def money(field: str) -> Writer:
    """Write an amount, or a price that comes from sums and products alone."""
    return digits(field, 15)


def model(field: str) -> Writer:
    """Write what went through a logarithm or an exponential."""
    return digits(field, 12)


def named(field: str, names: Sequence[str]) -> Writer:
    """Write a code by its name."""
    return lambda rows, _: [names[code] for code in rows[field].tolist()]


def side(rows: Rows, _: Sequence[Instrument]) -> list[str]:
    """Write buy or sell."""
    return [_SIDES[code] for code in rows["side"].tolist()]


def liquidity(rows: Rows, _: Sequence[Instrument]) -> list[str]:
    """Write maker or taker."""
    return ["maker" if maker else "taker" for maker in rows["maker"].tolist()]


def completeness(rows: Rows, _: Sequence[Instrument]) -> list[str]:
    """Write partial where a fill left something open, else full."""
    return ["partial" if leaves else "full" for leaves in rows["leaves"].tolist()]


def event(rows: Rows, _: Sequence[Instrument]) -> list[str]:
    """Name what happened; a fill that leaves something open is partial."""
    pairs = zip(rows["kind"].tolist(), rows["leaves"].tolist(), strict=True)
    return [
        "partially_filled" if kind == FILLED and leaves else REPORT_NAMES[kind]
        for kind, leaves in pairs
    ]


def report_price(rows: Rows, instruments: Sequence[Instrument]) -> list[str]:
    """Write a report's price; of funding, the mark price; of a settlement, that."""
    texts = price("price")(rows, instruments)
    for i in np.flatnonzero(np.isin(rows["kind"], (FUNDING, SETTLED))).tolist():
        ticks = int(rows["price"][i]) / MICRO_TICKS
        mark = instruments[rows["instrument"][i]].price(ticks)
        texts[i] = format(mark, ".15g") if mark else ""
    return texts


def report_size(rows: Rows, instruments: Sequence[Instrument]) -> list[str]:
    """Write a report's size; of funding, the rate."""
    texts = size("size")(rows, instruments)
    for i in np.flatnonzero(rows["kind"] == FUNDING).tolist():
        texts[i] = format(int(rows["size"][i]) * RATE_UNIT, ".12g")
    return texts


TABLES: dict[str, tuple[str, tuple[Column, ...]]] = {
    "orders": (
        "orders.csv",
        (
            ("symbol", symbol),
            ("ts", whole("ts")),
            ("price", price("price")),
            ("size", size("size")),
            ("side", side),
            ("client_id", whole("client_id")),
            ("type", named("type", TYPE_NAMES)),
            ("action", named("action", ACTION_NAMES)),
            ("tif", named("tif", TIF_NAMES)),
            ("post_only", whole("post_only")),
            ("reduce_only", whole("reduce_only")),
            ("order_id", optional("order_id", 0)),
            ("refused", whole("refused")),
        ),
    ),
    "reports": (
        "order_events.csv",
        (
            ("symbol", symbol),
            ("ts_known", whole("ts_known")),
            ("ts_venue", whole("ts_venue")),
            ("ts_decided", whole("ts_decided")),
            ("order_id", optional("order_id", 0)),
            ("client_id", whole("client_id")),
            ("event", event),
            ("reason", named("reason", REASON_NAMES)),
            ("side", side),
            ("price", report_price),
            ("size", report_size),
            ("leaves", size("leaves")),
            ("ts_arrived", optional("ts_arrived", 0)),
            ("limit", model("limit")),
            ("value", model("value")),
        ),
    ),
    "trades": (
        "trades.csv",
        (
            ("symbol", symbol),
            ("ts_received", whole("ts_known")),
            ("price", price("price")),
            ("size", size("size")),
            ("side", side),
            ("order_id", whole("order_id")),
            ("action", completeness),
            ("client_id", whole("client_id")),
            ("liquidity", liquidity),
            ("rule", named("rule", RULE_NAMES)),
            ("ts_venue", whole("ts_venue")),
            ("ts_decided", whole("ts_decided")),
            ("leaves", size("leaves")),
            ("ahead_at_entry", size("ahead_entry")),
            ("ahead_at_fill", size("ahead")),
            ("print_row", optional("source_row", 0)),
            ("draw", money("draw")),
            ("fee", money("fee")),
            ("realized_pnl", money("realized")),
            ("mid", money("mid")),
        ),
    ),
    "positions": (
        "positions.csv",
        (
            ("timestamp", whole("ts")),
            ("position", position("position")),
            ("avg_price", money("average_price")),
            ("realized_pnl", money("realized")),
            ("cash", money("cash")),
            ("unrealized_pnl", money("unrealized")),
            ("fees", money("fees")),
            ("funding", money("funding")),
            ("equity", money("equity")),
            ("mid", money("mid")),
            ("exposure", money("exposure")),
            ("margin", money("margin")),
            ("liquidation_price", model("liquidation")),
            ("symbol", symbol),
        ),
    ),
    "candles": (
        "candles.csv",
        (
            ("symbol", symbol),
            ("ts_open", whole("ts_open")),
            ("open", price("open")),
            ("high", price("high")),
            ("low", price("low")),
            ("close", price("close")),
            ("volume", size("volume")),
        ),
    ),
    "decisions": (
        "quotes.csv",
        (
            ("symbol", symbol),
            ("ts", whole("ts")),
            ("best_bid", price("bid")),
            ("best_ask", price("ask")),
            ("position", position("position")),
            ("mid", money("mid")),
            ("sigma", model("sigma")),
            ("A", model("A")),
            ("k", model("k")),
            ("reservation", model("reservation")),
            ("raw_bid", model("raw_bid")),
            ("raw_ask", model("raw_ask")),
            ("bid", price("quote_bid")),
            ("ask", price("quote_ask")),
            ("bid_clamp", named("bid_clamp", CLAMP_NAMES)),
            ("ask_clamp", named("ask_clamp", CLAMP_NAMES)),
        ),
    ),
}
"""Table -> (file name, columns). The first columns of each file are fixed; more may follow."""


def lines(rows: Rows, columns: Sequence[Column], instruments: Sequence[Instrument]) -> str:
    """Write rows as CSV lines. No value needs quoting: symbols with commas are not traded."""
    texts: list[Any] = [write(rows, instruments) for _, write in columns]
    return "".join(",".join(row) + "\n" for row in zip(*texts, strict=True))


def header(columns: Sequence[Column]) -> str:
    """Write the header line."""
    return ",".join(name for name, _ in columns) + "\n"
