"""The stream of the Tardis connector: what comes out, in which order, however it is read."""

import csv
import gzip
import io
import tempfile
from decimal import ROUND_HALF_UP, Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.tardis_rows import HEADERS, T0, XBTUSD, Row, flat, line, replay

from mm.api import BUY, CLEAR, LEVEL, QUOTE, SELL, TICKER, TRADE, MarketBatch
from mm.api.parts import Survey

KINDS = ("trades", "quotes", "book", "derivative_ticker")


# --- what a naive reader makes of the same files -------------------------------------------------


def units(number: str, size: Decimal) -> int:
    count = Decimal(number or "0") / size
    assert count == int(count)
    return int(count)


def nearest(number: str, unit: Decimal) -> int:
    return int((Decimal(number or "0") / unit).to_integral_value(ROUND_HALF_UP))


def starts_of_snapshots(book: bytes) -> set[int]:
    """The rows of a book file that begin a snapshot, by the rules of ``mm_tardis.snapshots``."""
    rows = list(csv.DictReader(io.StringIO(book.decode())))
    times = [int(r["local_timestamp"]) for r in rows]
    flags = [r["is_snapshot"] == "true" for r in rows]
    levels = [(r["side"], Decimal(r["price"])) if Decimal(r["amount"]) else None for r in rows]
    begins = set()
    given: set[Any] = set()  # levels of the present snapshot
    for n, flag in enumerate(flags):
        if not flag:
            continue
        if n == 0 or not flags[n - 1] or times[n] - times[n - 1] > 1_000_000:
            starts = True
        elif times[n] == times[n - 1]:
            starts = False
        else:
            message = takewhile(lambda m: flags[m] and times[m] == times[n], range(n, len(rows)))  # noqa: B023
            starts = any(levels[m] in given for m in message if levels[m])
            apart = rows[n]["timestamp"] != rows[n - 1]["timestamp"]
            starts |= all(flags) and apart
        if starts:
            begins.add(n + 1)
            given = set()
        given.add(levels[n])
    return begins


def naive(files: dict[str, bytes]) -> list[Row]:
    """Read with the csv module and Decimal; sort by (time, kind, row)."""
    keyed: list[tuple[tuple[int, int, int], list[int]]] = []
    for number, kind in enumerate(KINDS):
        if kind not in files:
            continue
        events: list[list[int]] = []
        begins = starts_of_snapshots(files[kind]) if kind == "book" else set()
        seen = False
        for row, r in enumerate(csv.DictReader(io.StringIO(files[kind].decode())), start=1):
            local, made = int(r["local_timestamp"]), int(r["timestamp"])
            tick, lot = XBTUSD.tick_size, XBTUSD.lot_size
            if kind == "quotes":
                bid = [units(r["bid_price"], tick), units(r["bid_amount"], lot)]
                ask = [units(r["ask_price"], tick), units(r["ask_amount"], lot)]
                bid = bid if bid[1] else [0, 0]
                ask = ask if ask[1] else [0, 0]
                events.append([local, made, *bid, *ask, row, 0, QUOTE, 0, 0])
                continue
            if kind == "derivative_ticker":
                mark = nearest(r["mark_price"], tick / 1_000_000)
                given = r["funding_rate"] and r["funding_timestamp"]
                rate = nearest(r["funding_rate"], Decimal("1e-12")) if given else 0
                at = int(r["funding_timestamp"]) if given else 0
                events.append([local, made, mark, rate, at, 0, row, 0, TICKER, 0, 0])
                continue
            numbers = [units(r["price"], tick), units(r["amount"], lot), 0, 0, row, 0]
            side = {"buy": BUY, "bid": BUY, "sell": SELL, "ask": SELL, "unknown": 0}[r["side"]]
            if kind == "trades":
                if numbers[1]:
                    events.append([local, made, *numbers, TRADE, side, 0])
                continue
            if row in begins:
                seen = True
                events.append([local, made, 0, 0, 0, 0, 0, 0, CLEAR, 0, 0])
            if seen:
                events.append([local, made, *numbers, LEVEL, side, 0])
        for event, following in zip(events, [*events[1:], [0]], strict=False):
            event[-1] = int(event[0] != following[0])
        keyed += [((event[0], number, place), event) for place, event in enumerate(events)]
    return [tuple(event) for _, event in sorted(keyed)]


PRICES = st.integers(640_000, 650_000).map(lambda ticks: format(Decimal(ticks) / 10, "f"))
AMOUNTS = st.integers(1, 300).map(lambda lots: str(lots * 100))
ANY_AMOUNTS = AMOUNTS | st.sampled_from(["0", "0.00", "1e3", "1.50E+2", "2500e-1", "300.0"]).filter(
    lambda a: Decimal(a) % 100 == 0
)
RATES = st.decimals(-1, 1, places=13).map(str) | st.sampled_from(
    ["", "0", "0.0001", "-0.000375", "-1.0E-4", "1e-13", "5e-13", "-5E-13", "-0", "-2.5e-05"]
)
MARKS = st.decimals(1, 10**6, places=9).map(str) | st.sampled_from(
    ["", "64600", "6.46e4", "64600.05", "64600.00000005", "64600.000000049999"]
)
STEPS = st.sampled_from([0, 0, 0, 1, 250, 1_000_000, 1_000_001, 12_000_000])


@st.composite
def rows_of(draw: st.DrawFn, kind: str) -> list[list[str]]:
    rows = []
    local = draw(st.integers(10_000, 20_000))
    for number in range(draw(st.integers(0, 12))):
        local += draw(STEPS)
        made = local - draw(st.integers(0, 9000))
        side = draw(st.sampled_from(["buy", "sell", "unknown"]))
        trade = [f"id-{number}", side, draw(PRICES), draw(ANY_AMOUNTS)]
        if kind == "quotes":
            bid = draw(st.tuples(PRICES, AMOUNTS) | st.just(("", "")) | st.just(("64000", "0")))
            ask = draw(st.tuples(AMOUNTS, PRICES) | st.just(("", "")))
            rows.append(line(local, *ask, *bid, made_us=made))
        elif kind == "derivative_ticker":
            when = draw(st.sampled_from(["", str(T0 + 28_800_000_000)]))
            rest = draw(st.sampled_from([["", "", "", ""], ["-1e-4", "7e8", "64600", "64600.1"]]))
            rows.append(line(local, when, draw(RATES), *rest, draw(MARKS), made_us=made))
        elif kind == "trades":
            rows.append(line(local, *trade, made_us=made))
        else:
            # Some file must hold a snapshot; where, is free.
            flag = draw(st.sampled_from(["true", "false"])) if number else "true"
            side = draw(st.sampled_from(["bid", "ask"]))
            rows.append(line(local, flag, side, draw(PRICES), draw(ANY_AMOUNTS), made_us=made))
    return rows


@st.composite
def file_of(draw: st.DrawFn, kind: str) -> tuple[bytes, bytes]:
    """A file as plain text, and as some writer may have stored it."""
    names = [*HEADERS[kind].split(","), "extra"]
    table = [names, *([*row, draw(st.sampled_from(["", "x y", "7"]))] for row in
                      draw(rows_of(kind)))]  # fmt: skip
    order = draw(st.permutations(range(len(names))))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    lines = [",".join(row[column] for column in order) + ending for row in table]
    plain = "".join(lines)
    stored = plain
    if len(lines) > 1:
        stored = draw(st.sampled_from([plain, plain.removesuffix(ending), plain + ending]))
    data = stored.encode()
    if draw(st.booleans()):
        at = draw(st.integers(0, len(data)))
        data = gzip.compress(data[:at]) + gzip.compress(data[at:])
    return plain.encode(), data


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_storage_and_any_cut_give_what_a_naive_reader_gives(data: st.DataObject) -> None:
    kinds = data.draw(
        st.sampled_from([KINDS, ("trades", "quotes"), KINDS[2:], ("book",), KINDS[1::2]])
    )
    files = {kind: data.draw(file_of(kind)) for kind in kinds}
    expected = naive({kind: plain for kind, (plain, _) in files.items()})
    if all(plain.count(b"\n") == 1 for plain, _ in files.values()):
        return
    config = {
        "block_bytes": data.draw(st.sampled_from([64, 65, 100, 333, 4096, 1 << 20])),
        "max_batch_rows": data.draw(st.integers(0, 6)),
    }
    stored = {kind: bytes_ for kind, (_, bytes_) in files.items()}
    with tempfile.TemporaryDirectory() as directory:
        survey, batches = replay(Path(directory), config, **stored)
    assert flat(batches) == expected
    assert survey.total_rows == sum(row[6] > 0 for row in expected)
    check_contract(batches, survey)
    limit = config["max_batch_rows"]
    for batch in batches if limit else []:
        assert len(batch.events) <= limit or len(set(batch.events["ts_local"].tolist())) == 1


def check_contract(batches: list[MarketBatch], survey: Survey) -> None:
    """Watermarks rise, every event is in the batch its time says, and the last one is the end."""
    watermark = 0
    for batch in batches:
        times = batch.events["ts_local"]
        assert batch.events.flags.c_contiguous
        assert batch.watermark > watermark
        assert ((watermark < times) & (times <= batch.watermark)).all()
        assert (np.diff(times) >= 0).all()
        watermark = batch.watermark
    assert watermark == survey.last_ts
