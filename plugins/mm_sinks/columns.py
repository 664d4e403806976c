"""Columns of the CSV tables: their names and order, and what makes the cells of each.

Times come first, the one that rows stand in order of before all; then the market, numbers of the
order, what happened, side, price and size, and what else there is. One name means one thing, and
any two names stand in the same order in all files.
"""

from collections.abc import Sequence

from mm.api import ACTION_NAMES, CLAMP_NAMES, REASON_NAMES, RULE_NAMES, TIF_NAMES, TYPE_NAMES
from mm_sinks.cells import (
    Column,
    completeness,
    event,
    liquidity,
    model,
    money,
    named,
    optional,
    position,
    price,
    report_price,
    report_size,
    side,
    size,
    symbol,
    whole,
)

TABLES: dict[str, tuple[str, tuple[Column, ...]]] = {
    "orders": (
        "orders.csv",
        (
            ("ts_decided", whole("ts")),
            ("symbol", symbol),
            ("order_id", optional("order_id", 0)),
            ("client_id", whole("client_id")),
            ("action", named("action", ACTION_NAMES)),
            ("side", side),
            ("price", price("price")),
            ("size", size("size")),
            ("type", named("type", TYPE_NAMES)),
            ("tif", named("tif", TIF_NAMES)),
            ("post_only", whole("post_only")),
            ("reduce_only", whole("reduce_only")),
            ("refused", whole("refused")),
        ),
    ),
    "reports": (
        "order_events.csv",
        (
            ("ts_known", whole("ts_known")),
            ("ts_venue", whole("ts_venue")),
            ("ts_arrived", optional("ts_arrived", 0)),
            ("ts_decided", whole("ts_decided")),
            ("symbol", symbol),
            ("order_id", optional("order_id", 0)),
            ("client_id", whole("client_id")),
            ("event", event),
            ("reason", named("reason", REASON_NAMES)),
            ("side", side),
            ("price", report_price),
            ("size", report_size),
            ("leaves", size("leaves")),
            ("limit", model("limit")),
            ("value", model("value")),
        ),
    ),
    "trades": (
        "trades.csv",
        (
            ("ts_known", whole("ts_known")),
            ("ts_venue", whole("ts_venue")),
            ("ts_decided", whole("ts_decided")),
            ("symbol", symbol),
            ("order_id", whole("order_id")),
            ("client_id", whole("client_id")),
            ("action", completeness),
            ("side", side),
            ("price", price("price")),
            ("size", size("size")),
            ("leaves", size("leaves")),
            ("liquidity", liquidity),
            ("rule", named("rule", RULE_NAMES)),
            ("ahead_at_entry", size("ahead_entry")),
            ("ahead_at_fill", size("ahead")),
            ("print_row", optional("source_row", 0)),
            ("draw", money("draw")),
            ("mid", money("mid")),
            ("realized_pnl", money("realized")),
            ("fee", money("fee")),
        ),
    ),
    "positions": (
        "positions.csv",
        (
            ("ts_known", whole("ts")),
            ("symbol", symbol),
            ("mid", money("mid")),
            ("position", position("position")),
            ("avg_price", money("average_price")),
            ("realized_pnl", money("realized")),
            ("unrealized_pnl", money("unrealized")),
            ("fees", money("fees")),
            ("funding", money("funding")),
            ("cash", money("cash")),
            ("equity", money("equity")),
            ("exposure", money("exposure")),
            ("margin", money("margin")),
            ("liquidation_price", model("liquidation")),
        ),
    ),
    "candles": (
        "candles.csv",
        (
            ("ts_open", whole("ts_open")),
            ("symbol", symbol),
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
            ("ts_decided", whole("ts")),
            ("symbol", symbol),
            ("best_bid", price("bid")),
            ("best_ask", price("ask")),
            ("mid", money("mid")),
            ("position", position("position")),
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
"""Table -> (file name, columns)."""


def header(columns: Sequence[Column]) -> bytes:
    """Write the header line."""
    return ",".join(name for name, _ in columns).encode() + b"\n"
