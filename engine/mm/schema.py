"""The columns of a run's files: name, type, unit, and what an empty cell means.

One order of names in all files, and one name for each time:

ts_known    when we learnt of it
ts_venue    when it happened at the venue
ts_arrived  when our command reached the venue
ts_decided  when the strategy decided it
ts_open     when a candle starts

The first column is the time that the rows stand in order of. Then come the market, numbers of the
order, what happened, side, price and size, and what else there is.

A ``float`` is written with a point or an exponent, always, in the shortest text that reads back as
the same float; an ``int`` never is. Prices and sizes are exact decimals in the files, with all
their digits, and the nearest floats in other tools; who needs them exact reads the text. Tests hold
this to what the CSV sink writes, and to what pandas, polars, DuckDB and pyarrow make of it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

import attrs

from mm.api import DataError

Kind: TypeAlias = Literal["time", "int", "float", "text"]


@attrs.frozen
class Column:
    """One column of a file."""

    name: str
    kind: Kind
    """``time`` is µs since 1970, UTC; ``text`` one of a few words, or a symbol."""
    meaning: str
    unit: str = ""
    empty: str = ""
    """What an empty cell says; nothing = there is none."""


def _time(name: str, meaning: str, empty: str = "") -> Column:
    return Column(name, "time", meaning, "µs since 1970, UTC", empty)


def _price(name: str, meaning: str, empty: str = "") -> Column:
    return Column(name, "float", meaning, "price", empty)


def _size(name: str, meaning: str, empty: str = "") -> Column:
    return Column(name, "float", meaning, "contracts", empty)


def _money(name: str, meaning: str, empty: str = "") -> Column:
    return Column(name, "float", meaning, "settlement currency", empty)


def _text(name: str, meaning: str, empty: str = "") -> Column:
    return Column(name, "text", meaning, "", empty)


def _int(name: str, meaning: str, empty: str = "") -> Column:
    return Column(name, "int", meaning, "", empty)


_SYMBOL: Final = _text("symbol", "instrument")
_SIDE: Final = _text("side", "buy or sell", "of no order")

_KNOWN: Final = _time("ts_known", "when we learnt of it")
_VENUE: Final = _time("ts_venue", "when it happened at the venue")
_DECIDED: Final = _time("ts_decided", "when the order, or its last change, was decided")

SCHEMA: Final[dict[str, tuple[Column, ...]]] = {
    "trades": (
        _KNOWN,
        _VENUE,
        _DECIDED,
        _SYMBOL,
        _int("order_id", "the venue's number of the order"),
        _int("client_id", "our number of the order"),
        _text("action", "partial if something is left of the order, else full"),
        _SIDE,
        _price("price", "of the fill"),
        _size("size", "of the fill"),
        _size("leaves", "left of the order"),
        _text("liquidity", "maker or taker"),
        _text("rule", "why the simulation filled it"),
        _size("ahead_at_entry", "before it in the queue when it came", "not known"),
        _size("ahead_at_fill", "before it in the queue at the fill", "not known"),
        _int("print_row", "data row of the print that filled it", "it was no print"),
        Column("draw", "float", "random number that decided", "share", "none did"),
        _price("mid", "at the fill", "not known"),
        _money("realized_pnl", "of what the fill closed"),
        _money("fee", "paid; negative = rebate"),
    ),
    "orders": (
        _time("ts_decided", "when it was decided"),
        _SYMBOL,
        _int("order_id", "the venue's number of the order", "it never got one"),
        _int("client_id", "our number of the order"),
        _text("action", "new, replace, cancel or cancel_all"),
        _SIDE,
        _price("price", "limit", "a market order, or a cancel"),
        _size("size", "in all, filled included"),
        _text("type", "limit or market"),
        _text("tif", "time in force"),
        _int("post_only", "1 = it must not take"),
        _int("reduce_only", "1 = it may only close the position"),
        _int("refused", "1 = our own limits kept it back"),
    ),
    "order_events": (
        _KNOWN,
        _VENUE,
        _time("ts_arrived", "when the command reached the venue", "it never did"),
        _time("ts_decided", "when the command was decided"),
        _SYMBOL,
        _int("order_id", "the venue's number of the order", "of no order"),
        _int("client_id", "our number of the order"),
        _text("event", "accepted, filled, cancelled …"),
        _text("reason", "why", "none needed"),
        _SIDE,
        _price("price", "of the order; of a fill, its own; of funding, the mark", "none"),
        _size("size", "of the order; of a fill, its own; of funding, the rate"),
        _size("leaves", "left of the order"),
        Column("limit", "float", "our own limit that refused it", "of the limit", "none did"),
        Column("value", "float", "what broke that limit", "of the limit", "none did"),
    ),
    "positions": (
        _time("ts_known", "when it was so, by what we knew"),
        _SYMBOL,
        _price("mid", "at that time", "not known"),
        _size("position", "long positive"),
        _price("avg_price", "of the open position", "flat"),
        _money("realized_pnl", "so far, without fees"),
        _money("unrealized_pnl", "at the mark", "no mark yet"),
        _money("fees", "paid so far, less rebates"),
        _money("funding", "received so far"),
        _money("cash", "so far"),
        _money("equity", "of all instruments", "no mark yet"),
        _money("exposure", "value of the position", "no mark yet"),
        _money("margin", "used", "no mark yet"),
        _price("liquidation_price", "", "flat, or position.balance is 0"),
    ),
    "candles": (
        _time("ts_open", "start"),
        _SYMBOL,
        _price("open", "first print", "no print"),
        _price("high", "highest print", "no print"),
        _price("low", "lowest print", "no print"),
        _price("close", "last print", "no print"),
        _size("volume", "of all prints"),
    ),
    "quotes": (
        _time("ts_decided", "when it was decided"),
        _SYMBOL,
        _price("best_bid", "of the market", "none"),
        _price("best_ask", "of the market", "none"),
        _price("mid", "of the market", "not known"),
        _size("position", "as known then"),
        Column("sigma", "float", "volatility", "price/√s", "not known"),
        Column("A", "float", "arrivals at the mid, one side", "1/s", "not known"),
        Column("k", "float", "their decay with distance", "1/price", "not known"),
        _price("reservation", "what a model's quotes lie around", "no model"),
        _price("raw_bid", "the model's, before the tick and other clamps", "no model"),
        _price("raw_ask", "the model's, before the tick and other clamps", "no model"),
        _price("bid", "what we wanted to show", "nothing"),
        _price("ask", "what we wanted to show", "nothing"),
        _text("bid_clamp", "why the bid is not the model's", "it is"),
        _text("ask_clamp", "why the ask is not the model's", "it is"),
    ),
}
"""File, without ``.csv`` -> its columns, in order."""


def check_columns(path: Path, names: Sequence[str]) -> None:
    """Hold the columns of a file against what this version writes; of other files nothing is known.

    Raises:
        DataError: another version wrote it, or no run.
    """
    columns = SCHEMA.get(path.name.partition(".")[0])
    if columns is not None and list(names) != [one.name for one in columns]:
        raise DataError(
            f"{path}: its columns are not those that this version writes; run it again, or open it"
            " with the version that the run's manifest.json names"
        )
