"""The CSV lines against a plain writer: cell by cell, with Python's repr and exact decimals."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pytest
from tests.plugins.test_csv_readers import DTYPES

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
from mm_sinks.cells import lines, markets_of
from mm_sinks.columns import TABLES

INSTRUMENTS: Final = (
    Instrument(symbol="ETH", tick_size=Decimal("0.01"), lot_size=Decimal("0.001")),
    Instrument(symbol="XBT", tick_size=Decimal("0.5"), lot_size=Decimal(100)),
    Instrument(symbol="FINE", tick_size=Decimal("0.00000025"), lot_size=Decimal("1e-8")),
    Instrument(symbol="LARGE", tick_size=Decimal("1e3"), lot_size=Decimal("12345")),
)
FIELDS: Final = {  # where a column is not called as its field
    ("positions", "avg_price"): "average_price", ("positions", "realized_pnl"): "realized",
    ("positions", "unrealized_pnl"): "unrealized", ("positions", "ts_known"): "ts",
    ("positions", "liquidation_price"): "liquidation", ("trades", "ahead_at_entry"): "ahead_entry",
    ("trades", "ahead_at_fill"): "ahead", ("trades", "print_row"): "source_row",
    ("trades", "realized_pnl"): "realized", ("orders", "ts_decided"): "ts",
    ("decisions", "ts_decided"): "ts", ("decisions", "best_bid"): "bid",
    ("decisions", "best_ask"): "ask", ("decisions", "bid"): "quote_bid",
    ("decisions", "ask"): "quote_ask",
}  # fmt: skip
MODEL: Final = {"sigma", "A", "k", "reservation", "raw_bid", "raw_ask", "liquidation_price",
                "limit", "value"}  # fmt: skip
PRICES: Final = {"price", "best_bid", "best_ask", "bid", "ask", "open", "high", "low", "close"}
SIZES: Final = {"size", "leaves", "ahead_at_entry", "ahead_at_fill", "volume"}
WORDS: Final = {
    "type": TYPE_NAMES, "tif": TIF_NAMES, "reason": REASON_NAMES, "rule": RULE_NAMES,
    "bid_clamp": CLAMP_NAMES, "ask_clamp": CLAMP_NAMES,
}  # fmt: skip


def of_float(value: float) -> str:
    """Python's shortest text, with a plain decimal from 1e-5 to 1e16 and e-7 for e-07 beyond."""
    text = repr(value + 0.0)
    if "e" not in text:
        return text
    if 1e-5 <= abs(value) < 1e16:
        return format(Decimal(text), "f")
    digits, _, exponent = text.partition("e")
    return f"{digits}e{int(exponent)}"


def of_steps(count: int, step: Decimal) -> str:
    """Exact: by the float if fewer than 16 digits tell it, else all of them."""
    _, digits, exponent = step.as_tuple()
    assert isinstance(exponent, int)
    value = Decimal(int("".join(map(str, digits))) * count).scaleb(exponent)
    if abs(int("".join(map(str, digits))) * count) < 10**15:
        return of_float(float(value))
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if "." in text else f"{text}.0"


def cell(table: str, column: str, row: Any) -> str:
    market: Instrument = INSTRUMENTS[row["instrument"]]
    special: dict[tuple[str, str], Callable[[], str]] = {
        ("orders", "action"): lambda: ACTION_NAMES[row["action"]],
        ("trades", "action"): lambda: "partial" if row["leaves"] else "full",
        ("trades", "liquidity"): lambda: "maker" if row["maker"] else "taker",
        ("trades", "order_id"): lambda: str(row["order_id"]),
        ("reports", "event"): lambda: (
            "partially_filled"
            if row["kind"] == FILLED and row["leaves"]
            else REPORT_NAMES[row["kind"]]
        ),
    }
    if (table, column) in special:
        return special[table, column]()
    if column == "symbol":
        return str(market.symbol)
    value = row[FIELDS.get((table, column), column)]
    if column == "side":
        return {0: "", 1: "buy", -1: "sell"}[int(value)]
    if column in WORDS:
        return str(WORDS[column][value])
    if table == "reports" and column == "price" and row["kind"] in (FUNDING, SETTLED):
        mark = market.price(int(value) / MICRO_TICKS)
        return of_float(float(format(mark, ".15g"))) if mark else ""
    if table == "reports" and column == "size" and row["kind"] == FUNDING:
        return of_float(float(format(int(value) * RATE_UNIT, ".12g")))
    if column in PRICES:
        return of_steps(int(value), market.tick_size) if value else ""
    if column in SIZES:
        return of_steps(int(value), market.lot_size) if value != -1 else ""
    if column == "position":
        return of_steps(int(value), market.lot_size)
    if isinstance(value, np.floating):
        significant = 12 if column in MODEL else 15
        return "" if np.isnan(value) else of_float(float(format(value, f".{significant}g")))
    return "" if column in ("order_id", "ts_arrived", "print_row") and value == 0 else str(value)


def random_rows(table: str, random: np.random.Generator, count: int) -> Rows:
    """Rows of any values that their fields may have, and often those that are special."""
    rows = np.zeros(count, DTYPES[table])
    most = {
        "instrument": len(INSTRUMENTS), "kind": len(REPORT_NAMES), "reason": len(REASON_NAMES),
        "rule": len(RULE_NAMES), "action": len(ACTION_NAMES), "type": 2, "tif": 3, "maker": 2,
        "post_only": 2, "reduce_only": 2, "refused": 2, "bid_clamp": len(CLAMP_NAMES),
        "ask_clamp": len(CLAMP_NAMES),
    }  # fmt: skip
    for field in rows.dtype.names or ():
        if field in most:
            rows[field] = random.integers(0, most[field], count)
        elif field == "side":
            rows[field] = random.integers(-1, 2, count)
        elif rows.dtype[field] == np.float64:
            width = random.choice([2, 9, 30])
            sizes = np.power(10.0, random.uniform(-width, width, count))
            rows[field] = sizes * random.choice([-1.0, 1.0], count)
            rows[field][random.random(count) < 0.3] = np.nan
            whole = random.random(count) < 0.3
            rows[field][whole] = random.integers(-5, 100, count)[whole]
            rows[field][random.random(count) < 0.1] = -0.0
        else:
            low = -1000 if field == "position" else 0
            rows[field] = random.integers(low, 10 ** random.integers(1, 18), count)
            rows[field][random.random(count) < 0.2] = 0
            if field in ("size", "leaves", "ahead", "ahead_entry", "volume"):
                rows[field][random.random(count) < 0.2] = -1
    return rows


@pytest.mark.parametrize("table", sorted(TABLES))
@pytest.mark.parametrize("seed", range(8))
def test_the_bytes_are_those_of_a_plain_writer(table: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = random_rows(table, random, int(random.choice([1, 7, 300])))
    _, columns = TABLES[table]
    found = lines(rows, columns, markets_of(INSTRUMENTS)).decode().splitlines()
    names = [name for name, _ in columns]
    for line, row in zip(found, rows, strict=True):
        expected = [cell(table, name, row) for name in names]
        assert dict(zip(names, line.split(","), strict=True)) == dict(
            zip(names, expected, strict=True)
        )
