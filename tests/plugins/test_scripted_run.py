"""Scripted in whole runs: each order goes out at its own time, however the stream is cut."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from tests.short_market import cut_sample

from mm.api import ConfigError, DataError
from mm.cli import main
from mm.run.session import Result
from mm.testing import run_config

RUN_FILE = """
[strategy]
kind = "{kind}"
preprocessing = "{kind}"
symbol = "{symbol}"
[strategy.scripted]
path = "{folder}/orders.csv"
[strategy.avellaneda]
quote_size = 100
max_position = 300
gamma = 0.1
delta = 0.2
xi = 200
[strategy.avellaneda.vol]
window_len = 20
interval_s = 0.2
[strategy.avellaneda.penetration]
window_len = 60
interval_ms = 200
[strategy.avellaneda.sequencer]
interval_ms = 200
[data]
tardis_root = "{folder}"
trades_csv = "trades.csv{packed}"
quotes_csv = "quotes.csv{packed}"
book_csv = "{book}"
[execution]
latency_ms = {latency_ms}
response_latency_ms = {latency_ms}
[output]
exchange = "test"
[position]
contract_type = "{contract}"
"""

# A market of a second and a half: 100 @ 101 until 1.5 s, then 101 @ 102; a print at 1.2 s.
T0 = 1_700_000_000_000_000  # µs
QUOTES = [(1_000_000, 100, 5, 101, 5), (1_500_000, 101, 5, 102, 5), (2_500_000, 101, 5, 102, 5)]
TRADES = [(1_200_000, "sell", 100, 8), (2_400_000, "buy", 102, 1)]
HEADER = "ts_decided,side,price,size,type,tif,client_id,action\n"


@attrs.frozen
class Bench:
    """A folder with a market and a run file, and a way to run it on a file of orders."""

    folder: Path
    options: dict[str, str] = attrs.field(factory=dict)

    def start(self, kind: str = "Scripted", *overrides: str) -> Result:
        small = {"book": "", "packed": "", "symbol": "TEST", "contract": "Linear", "latency_ms": 1}
        text = RUN_FILE.format(**(small | self.options), folder=self.folder, kind=kind)
        (self.folder / "run.toml").write_text(text)

        async def main() -> Result:
            output = self.folder / "runs"
            return await run_config(self.folder / "run.toml", overrides, output=output)

        return trio.run(main)

    def run(self, orders: str, *overrides: str) -> Path:
        """Run to the end; return the run directory."""
        (self.folder / "orders.csv").write_text(orders)
        result = self.start("Scripted", *overrides)
        assert result.error is None
        return result.directory


def noted(directory: Path) -> list[str]:
    """What the summary notes of the script; the market has its own notes."""
    notes: list[str] = json.loads((directory / "summary.json").read_text())["notes"]
    return [note for note in notes if "orders.csv" in note]


def table(path: Path, *columns: str) -> list[tuple[str, ...]]:
    with path.open(newline="") as file:
        return [tuple(row[name] for name in columns) for row in csv.DictReader(file)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    with (tmp_path / "quotes.csv").open("w") as file:
        file.write("exchange,symbol,timestamp,local_timestamp,")
        file.write("ask_amount,ask_price,bid_price,bid_amount\n")
        for ts, bid, bid_size, ask, ask_size in QUOTES:
            file.write(f"test,TEST,{T0 + ts},{T0 + ts},{ask_size},{ask},{bid},{bid_size}\n")
    with (tmp_path / "trades.csv").open("w") as file:
        file.write("exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n")
        for ts, side, price, size in TRADES:
            file.write(f"test,TEST,{T0 + ts},{T0 + ts},,{side},{price},{size}\n")
    return Bench(tmp_path)


def at(ts: int, rest: str) -> str:
    return f"{T0 + ts},{rest}\n"


def test_each_order_is_decided_at_its_own_time_on_the_touch_as_known_then(bench: Bench) -> None:
    directory = bench.run(
        HEADER
        + at(1_000_000, "buy,100,1,limit,GTC,a,new")
        + at(1_000_000, "sell,102,1,limit,GTC,b,new")
        + at(1_499_999, ",,,,,a,cancel")
        + at(1_500_000, ",103,1,limit,,b,amend")
    )
    assert table(
        directory / "orders.csv", "ts_decided", "side", "price", "client_id", "action"
    ) == [
        (str(T0 + 1_000_000), "buy", "100.0", "1", "new"),
        (str(T0 + 1_000_000), "sell", "102.0", "2", "new"),
        (str(T0 + 1_499_999), "buy", "", "1", "cancel"),
        (str(T0 + 1_500_000), "sell", "103.0", "2", "replace"),
    ]
    seen = table(
        directory / "quotes.csv", "ts_decided", "best_bid", "best_ask", "mid", "bid", "ask"
    )
    assert seen == [
        (str(T0 + 1_000_000), "100.0", "101.0", "100.5", "100.0", "102.0"),
        (str(T0 + 1_499_999), "100.0", "101.0", "100.5", "", ""),
        (str(T0 + 1_500_000), "101.0", "102.0", "101.5", "", "103.0"),
    ]


def test_the_orders_meet_the_market(bench: Bench) -> None:
    directory = bench.run(
        HEADER
        + at(1_000_000, "buy,100,2,limit,GTC,resting,new")
        + at(1_600_000, "buy,,3,market,IOC,taking,new")
        + at(1_700_000, "sell,101,1,post_only,GTC,refused,new")
    )
    # Behind 5 lots, a print of 8 leaves 3 for us, who want 2.
    fills = table(directory / "trades.csv", "price", "size", "client_id", "liquidity")
    assert fills == [("100.0", "2.0", "1", "maker"), ("102.0", "3.0", "2", "taker")]
    events = table(directory / "order_events.csv", "client_id", "event", "reason")
    assert events[-1] == ("3", "rejected", "post_only_would_take")


def test_a_reused_id_and_an_unknown_one_are_the_venues_to_reject(bench: Bench) -> None:
    directory = bench.run(
        HEADER
        + at(1_000_000, "buy,99,2,limit,GTC,a,new")
        + at(1_100_000, "buy,98,2,limit,GTC,a,new")
        + at(1_100_000, ",,,,,ghost,cancel")
    )
    events = table(directory / "order_events.csv", "event", "reason")
    assert ("rejected", "duplicate_client_id") in events
    assert ("rejected", "unknown_order") in events


def test_an_order_after_the_last_event_is_never_sent_which_the_summary_says(bench: Bench) -> None:
    directory = bench.run(
        HEADER
        + at(2_500_000, "buy,90,1,limit,GTC,a,new")
        + at(2_500_001, "buy,90,1,limit,GTC,b,new")
        + at(2_500_002, "buy,90,1,limit,GTC,c,new")
    )
    assert table(directory / "orders.csv", "ts_decided") == [(str(T0 + 2_500_000),)]
    assert noted(directory) == [
        f"{bench.folder}/orders.csv:3: 2 of 3 orders were not sent, from this one at"
        f" {T0 + 2_500_001} on: the run ended before"
    ]


def test_what_was_not_sent_is_told_on_stderr_unless_quiet(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.run(HEADER + at(2_500_001, "buy,90,1,limit,GTC,a,new"))
    command = ["backtest", "--config", str(bench.folder / "run.toml")]
    told = f"note: {bench.folder}/orders.csv:2: 1 of 1 orders were not sent, from this one at"
    for more, expected in (([], True), (["--quiet"], False)):
        assert main([*command, *more, "--output", str(bench.folder / "runs")]) == 0
        assert (told in capsys.readouterr().err) == expected


def test_a_script_of_which_all_was_sent_gives_no_note(bench: Bench) -> None:
    assert noted(bench.run(HEADER + at(2_500_000, "buy,90,1,limit,GTC,a,new"))) == []
    assert noted(bench.run(HEADER)) == []


def test_the_manifest_holds_the_hashes_of_script_and_latency_table(bench: Bench) -> None:
    latencies = bench.folder / "latencies.csv"
    latencies.write_text("req_ts,exch_ts,resp_ts\n0,1000,2000\n")
    directory = bench.run(
        HEADER + at(2_500_000, "buy,90,1,limit,GTC,a,new"),
        "execution.latency_model=table",
        f"execution.table.path={latencies}",
    )
    orders = bench.folder / "orders.csv"
    manifest = json.loads((directory / "manifest.json").read_text())
    assert manifest["part_inputs"] == [
        {"key": key, "path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for key, path in (("strategy.scripted.path", orders), ("execution.table.path", latencies))
    ]


def test_orders_from_before_the_first_event_end_the_run_with_their_line(bench: Bench) -> None:
    early = [at(ts, "buy,90,1,limit,GTC,a,new") for ts in (500_000, 999_999, 1_000_000)]
    (bench.folder / "orders.csv").write_text(HEADER + "".join(early))
    result = bench.start()
    assert isinstance(result.error, DataError)
    assert str(result.error) == (
        f"{bench.folder}/orders.csv:2: ts_decided is {T0 + 500_000}, and 1 more after it,"
        f" expected at least {T0 + 1_000_000}, when the market data begins; remove the orders"
        f" from before, or give data that begins earlier"
    )


def test_a_script_without_orders_runs_and_does_nothing(bench: Bench) -> None:
    directory = bench.run(HEADER)
    assert table(directory / "orders.csv", "ts_decided") == []
    assert table(directory / "quotes.csv", "ts_decided") == []


def test_the_strategy_refuses_rows_that_are_not_the_scripts(bench: Bench) -> None:
    (bench.folder / "orders.csv").write_text(HEADER)
    with pytest.raises(ConfigError, match="'Scripted' needs end_order, first_order"):
        bench.start("Scripted", "strategy.preprocessing=NoDataTransform")


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The start of the bundled sample, and the orders of an Avellaneda run on it."""
    folder = tmp_path_factory.mktemp("lively")
    cut_sample(folder, 45)
    options = {"book": "book.csv.gz", "packed": ".gz", "symbol": "XBTUSD", "contract": "Inverse"}
    return Bench(folder, options | {"latency_ms": "5"})


@pytest.fixture(scope="module")
def recorded(lively: Bench) -> Path:
    result = lively.start("Avellaneda")
    assert result.error is None
    assert result.summary["fills"] >= 3
    (lively.folder / "orders.csv").write_bytes((result.directory / "orders.csv").read_bytes())
    return result.directory


@pytest.fixture(scope="module")
def replayed(lively: Bench, recorded: Path) -> Result:
    """The run of those orders."""
    result = lively.start()
    assert result.error is None
    return result


def contents(directory: Path, *names: str) -> dict[str, Any]:
    return {name: (directory / f"{name}.csv").read_text() for name in names}


def test_the_orders_of_a_run_played_again_give_the_same_fills(
    replayed: Result, recorded: Path
) -> None:
    names = ("order_events", "trades", "candles")
    assert contents(replayed.directory, *names) == contents(recorded, *names)
    sent = ("ts_decided", "action", "client_id", "order_id")
    again = table(replayed.directory / "orders.csv", *sent)
    assert again == table(recorded / "orders.csv", *sent)


@pytest.mark.parametrize(
    "overrides",
    [
        ["data.max_batch_rows=1", "engine.channel_capacity=0"],
        ["data.max_batch_rows=1000", "strategy.max_block=1"],
        ["data.block_bytes=4096", "strategy.max_block=7", "engine.channel_capacity=64"],
    ],
    ids=["every message", "one by one", "small blocks"],
)
def test_neither_cuts_nor_blocks_show(
    lively: Bench, replayed: Result, overrides: list[str]
) -> None:
    names = ("orders", "order_events", "trades", "quotes", "positions")
    result = lively.start("Scripted", *overrides)
    assert result.error is None
    assert contents(result.directory, *names) == contents(replayed.directory, *names)
