"""Several markets in one run: merged as one stream, and each as in a run of its own."""

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from tests.short_market import DATA, STRATEGY, cut_sample

from mm.api import EVENT, LEVEL, QUOTE, TRADE, MarketBatch, Rows
from mm.cli.display import summary_table
from mm.config import load_config
from mm.core.touch import BookQuotes
from mm.results import open_run
from mm.run.build import Options
from mm.run.markets import Merge
from mm.run.session import Result, plan_run, run_plan
from mm.testing import run_config, schedule

SECONDS = 60

SHARED = STRATEGY.replace('symbol = "XBTUSD"\n', "").replace(
    "= 100\ninterval_s", "= 20\ninterval_s"
)
FIRST = """\
execution.latency_ms = 5
execution.response_latency_ms = 7
execution.fill_model = "queue"
position.contract_type = "Inverse"
position.currency = "XBT"
position.maker_fee = -0.0001
position.taker_fee = 0.0005
"""
SECOND = """\
execution.latency_ms = 1
execution.response_latency_ms = 2
execution.fill_model = "optimistic"
position.contract_type = "Inverse"
position.currency = "XBT"
position.fee_rate = 0.0003
data.quotes_csv = ""
"""
MONEY = '[account]\ncurrency = "USD"\nrates = ["XBT one:XBTUSD"]\n'


def both(data: Path, first: str = FIRST, second: str = SECOND) -> str:
    shared = MONEY + SHARED + DATA.format(data=data)
    names = ('symbol = "XBTUSD"\nexchange = "one"\n', 'symbol = "XBTUSD"\nexchange = "two"\n')
    return shared + "".join(
        f"[[market]]\n{name}{own}" for name, own in zip(names, (first, second), strict=True)
    )


def alone(data: Path, own: str) -> str:
    tables = own if "data.quotes_csv" not in own else own.replace('data.quotes_csv = ""\n', "")
    files = DATA.format(data=data)
    if tables != own:
        files = files.replace('"quotes.csv.gz"', '""')
    return tables + SHARED.replace("[strategy]\n", '[strategy]\nsymbol = "XBTUSD"\n') + files


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("markets")
    cut_sample(folder, SECONDS)
    return folder


@pytest.fixture(scope="module")
def pair(data: Path) -> Path:
    path = data / "both.toml"
    path.write_text(both(data), encoding="utf-8")
    return path


def run(path: Path, overrides: Sequence[str] = (), seed: int = 0) -> Result:
    async def main() -> Result:
        return await run_config(path, overrides, output=path.parent / "runs")

    with schedule(seed):
        result = trio.run(main)
    assert result.error is None
    return result


@pytest.fixture(scope="module")
def merged(pair: Path) -> Result:
    return run(pair)


def rows_of(result: Result, name: str, symbol: str = "") -> list[dict[str, str]]:
    """Rows of a table, but for what counts through all markets or sums them up."""
    with (result.directory / name).open(newline="") as file:
        return [
            {k: v for k, v in row.items() if k not in ("symbol", "order_id", "client_id")}
            for row in csv.DictReader(file)
            if not symbol or row["symbol"] == symbol
        ]


def test_what_happens_on_a_market_is_what_happens_there_in_a_run_of_its_own(
    data: Path, merged: Result
) -> None:
    """The strategy quotes each market by itself; seeds and limits aside, nothing ties them."""
    for number, (name, own) in enumerate((("one:XBTUSD", FIRST), ("two:XBTUSD", SECOND))):
        path = data / f"alone{number}.toml"
        path.write_text(alone(data, own), encoding="utf-8")
        single = run(path)
        assert single.summary["fills"] >= 3
        for table in ("trades.csv", "quotes.csv"):
            assert rows_of(merged, table, name) == rows_of(single, table), table
        entry = merged.summary["markets"][number]
        assert entry["symbol"] == name
        assert entry["currency"] == "XBT"
        for key in ("fills", "maker_fills", "position", "turnover", "fees_paid", "equity", "sides"):
            assert entry[key] == single.summary[key], key


def test_money_is_summed_at_the_rate_and_sides_are_told_by_market(merged: Result) -> None:
    summary = merged.summary
    first, second = summary["markets"]
    assert first["rate"] == second["rate"] > 1000
    sums = first["rate"] * (first["equity"] + second["equity"])
    assert summary["equity"] == pytest.approx(sums, rel=1e-9)
    assert summary["currency"] == "USD"
    table = summary_table(summary)
    for name in ("one:XBTUSD", "two:XBTUSD"):
        assert table.count(f"{name}: ") >= 2
    assert "in USD" in table


def test_figures_are_told_market_by_market_with_the_money_of_all(
    data: Path, merged: Result
) -> None:
    both_run = open_run(merged.directory)
    assert both_run.money == "USD"
    found = both_run.metrics
    assert found["profit"]["equity"] == merged.summary["equity"]
    assert list(found["markets"]) == ["one:XBTUSD", "two:XBTUSD"]
    numbers: list[int] = []
    for number, own in enumerate((FIRST, SECOND)):
        path = data / f"figures{number}.toml"
        path.write_text(alone(data, own), encoding="utf-8")
        single, part = open_run(run(path).directory), both_run.parts[number]
        for key in ("fill_model", "latency_ms", "response_latency_ms"):
            assert part.config["execution"][key] == single.config["execution"][key]
        assert part.config["position"]["contract_type"] == "Inverse"
        assert (single.money, part.summary["currency"]) == ("XBT", "XBT")
        assert single.parts == (single,)
        assert "markets" not in single.metrics
        own_figures = found["markets"][part.summary["symbol"]]
        assert own_figures["markouts"]["all"]["1"]["count"] == single.summary["fills"] > 0
        for name in ("markouts", "spreads", "quoting"):
            np.testing.assert_equal(own_figures[name], single.metrics[name])
        for name, table in (("trades", part.trades), ("quotes", part.quotes)):
            assert len(table) == len(getattr(single, name))
        assert len(part.fill_numbers) == len(single.trades)
        numbers += part.fill_numbers.tolist()
    for name in ("markouts", "spreads", "quoting", "inventory"):
        np.testing.assert_equal(found[name], found["markets"]["one:XBTUSD"][name])
    assert sorted(numbers) == list(range(1, len(both_run.trades) + 1))


@pytest.mark.parametrize(
    "overrides",
    [
        ["engine.closed_loop=false"],
        ["strategy.max_block=1"],
        ["engine.channel_capacity=0", "engine.closed_loop=false", "strategy.max_block=7"],
        ["data.max_batch_rows=777", "data.block_bytes=65536"],
    ],
    ids=lambda overrides: " ".join(overrides),
)
def test_the_digest_knows_no_tasks_blocks_capacities_and_cuts(
    pair: Path, merged: Result, overrides: list[str]
) -> None:
    assert run(pair, overrides, seed=3).summary["digest"] == merged.summary["digest"]


def test_ten_schedules_give_one_digest(pair: Path, merged: Result) -> None:
    for seed in range(10):
        result = run(pair, ["engine.channel_capacity=1"], seed)
        assert result.summary["digest"] == merged.summary["digest"], f"seed {seed}"


def cut_rows(source: Path, target: Path, keep: Any) -> None:
    """Copy the files, of each those rows whose local time is one to ``keep``."""
    target.mkdir()
    for name in ("quotes", "trades", "book"):
        with gzip.open(source / f"{name}.csv.gz", "rt", newline="") as file:
            head, *rows = list(csv.reader(file))
        at = head.index("local_timestamp")
        with gzip.open(target / f"{name}.csv.gz", "wt", newline="") as out:
            csv.writer(out).writerows([head, *(row for row in rows if keep(int(row[at])))])


def test_the_market_that_ends_first_ends_the_run_and_a_late_one_is_told(
    data: Path, merged: Result, tmp_path: Path
) -> None:
    start, last = merged.summary["first_ts"], merged.summary["last_ts"]
    middle = (start + last) // 2
    for name, keep, said in (
        ("short", lambda ts: ts <= middle, "two:XBTUSD ends first"),
        ("late", lambda ts: ts >= middle, "two:XBTUSD starts last"),
    ):
        cut_rows(data, tmp_path / name, keep)
        path = tmp_path / f"{name}.toml"
        own = SECOND.replace(
            'data.quotes_csv = ""\n',
            f'data.tardis_root = "{tmp_path / name}"\ndata.book_csv = ""\n',
        )
        path.write_text(both(data, second=own), encoding="utf-8")
        result = run(path)
        assert [note for note in result.summary["notes"] if note.startswith(said)], name
        assert result.summary["status"].startswith("complete")
        if name == "short":
            assert result.summary["last_ts"] <= middle
            whole, found = (rows_of(one, "quotes.csv", "one:XBTUSD") for one in (merged, result))
            assert found == [
                row for row in whole if int(row["ts_decided"]) <= result.summary["last_ts"]
            ]
        else:
            assert result.summary["markets"][1]["sides"]["bid"]["warming_up"] >= 0.5


async def test_a_run_that_is_interrupted_has_books_that_sum_up(pair: Path) -> None:
    loaded = load_config(pair, output=str(pair.parent / "runs"))
    plan = await plan_run(loaded)
    reading = trio.CancelScope()
    async with trio.open_nursery() as nursery:

        async def interrupt() -> None:
            while plan.parts.progress.rows < 500:  # noqa: ASYNC110 - as a terminal looks at it
                await trio.sleep(0.01)
            reading.cancel()

        nursery.start_soon(interrupt)
        result = await run_plan(plan, Options(speed=20), reading)
    assert result.error is None
    assert result.summary["status"] not in ("complete", "failed")
    assert 500 <= result.summary["rows_read"] < sum(result.summary["rows"].values())


# The merge alone, on invented streams.


def stream(times: Sequence[int], kinds: Sequence[int], market: int) -> Rows:
    """Events at times that ascend; a message is all of one time and its last row ends it."""
    events = np.zeros(len(times), EVENT)
    events["ts_local"] = events["ts_exchange"] = np.cumsum(times) + 10
    events["kind"] = np.resize(kinds, len(times)) if len(times) else 0
    events["price"] = 1 + np.arange(len(times)) + 1000 * market
    events["size"] = 1
    events["side"] = 1
    events["end"] = np.append(np.diff(events["ts_local"]) != 0, True)[: len(times)]
    return events


streams_st = st.lists(
    st.tuples(
        st.lists(st.integers(0, 3), min_size=1, max_size=12),
        st.lists(st.integers(1, 15), max_size=8),
    ),
    min_size=1,
    max_size=3,
)


def batches(events: Rows, ends: Sequence[int]) -> list[MarketBatch]:
    """Cut a stream at some times, and at its end."""
    last = int(events["ts_local"][-1])
    marks = sorted({one for one in np.cumsum(list(ends)) + 9 if one < last} | {last})
    made, done = [], 0
    for mark in marks:
        upto = int(np.searchsorted(events["ts_local"], mark, side="right"))
        made.append(MarketBatch(events[done:upto], int(mark)))
        done = upto
    return made


def feed(merge: Merge, cut: Sequence[Sequence[MarketBatch]]) -> list[MarketBatch]:
    """Give the merge what it wants until a market has no more."""
    left = [list(one) for one in cut]
    out = []
    while left[merge.wanted]:
        ready = merge.add(left[merge.wanted].pop(0))
        if ready is not None:
            out.append(ready)
    return out


@given(streams_st)
def test_merged_events_are_in_order_of_time_and_market_however_they_are_cut(
    streams: list[tuple[list[int], list[int]]],
) -> None:
    made = [stream(times, [TRADE, QUOTE], n) for n, (times, _) in enumerate(streams)]
    end = min(int(one["ts_local"][-1]) for one in made)
    expected = sorted(
        (int(row["ts_local"]), n, place, int(row["price"]))
        for n, one in enumerate(made)
        for place, row in enumerate(one)
        if row["ts_local"] <= end
    )
    out = feed(
        Merge([[]] * len(made)),
        [batches(one, cuts) for one, (_, cuts) in zip(made, streams, strict=True)],
    )
    events = np.concatenate([one.events for one in out])
    assert [(ts, n, price) for ts, n, _, price in expected] == [
        (int(row["ts_local"]), int(row["instrument"]), int(row["price"])) for row in events
    ]
    assert out[-1].watermark == end
    before = -1
    for batch in out:
        times = batch.events["ts_local"]
        assert batch.watermark > before
        assert ((times > before) & (times <= batch.watermark)).all()
        before = batch.watermark


@given(st.lists(st.integers(1, 3), min_size=2, max_size=12), st.lists(st.integers(1, 9)))
def test_a_market_without_quotes_is_given_those_of_its_book(
    times: list[int], cuts: list[int]
) -> None:
    events = stream(times, [LEVEL], 0)
    other = stream(times, [TRADE], 1)
    out = feed(Merge([[BookQuotes(1).push], []]), [batches(events, cuts), batches(other, [])])
    merged = np.concatenate([one.events for one in out])
    quotes = merged[merged["kind"] == QUOTE]
    assert (quotes["instrument"] == 0).all()
    # Each row of the book raises the best bid, so each message gives a quote.
    assert quotes["price"].tolist() == events["price"].tolist()
    assert (merged["kind"][merged["instrument"] == 1] == TRADE).all()
