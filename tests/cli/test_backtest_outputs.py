"""What a backtest leaves behind: every promised file and figure, recomputed from the others."""

import csv
import gzip
import hashlib
import json
import sys
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

HEADERS = {
    "orders.csv": "ts_decided,symbol,order_id,client_id,action,side,price,size",
    "order_events.csv": "ts_known,ts_venue,ts_arrived,ts_decided,symbol,order_id,client_id,event",
    "trades.csv": "ts_known,ts_venue,ts_decided,symbol,order_id,client_id,action,side",
    "positions.csv": "ts_known,symbol,mid,position,avg_price,realized_pnl,unrealized_pnl",
    "candles.csv": "ts_open,symbol,open,high,low,close,volume",
    "quotes.csv": "ts_decided,symbol,best_bid,best_ask,mid,position,sigma,A,k,reservation,raw_bid",
}
SUMMARY_KEYS = (
    "status", "run_dir", "rows", "first_ts", "last_ts", "decisions", "orders", "fills",
    "filled_qty", "position", "avg_price", "realized_pnl", "unrealized_pnl", "fees_paid",
    "equity", "max_drawdown", "wall_s", "engine_s", "events_per_s", "peak_rss_mb", "digest",
)  # fmt: skip
FEES = {"maker": Fraction("-0.0001"), "taker": Fraction("0.0005")}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def source(market: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(market / f"{name}.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def run(backtest: Any) -> Any:
    """One whole run, with taking and making on both sides of the market."""
    done = backtest("--quiet")
    assert (done.code, done.err) == (0, "")
    (run,) = backtest.runs()
    assert run.summary["fills"] >= 3, "the stretch must be lively enough to prove something"
    return run


def test_every_promised_file_is_there_with_its_promised_header(run: Any) -> None:
    for name, start in HEADERS.items():
        assert (run.directory / name).read_text(encoding="utf-8").startswith(start)
    rest = {"config.toml", "summary.json", "manifest.json"}
    assert {path.name for path in run.directory.iterdir()} == {*HEADERS, *rest}
    assert run.directory.name == "bitmex_XBTUSD_01_08_2024_run1"


def test_the_summary_holds_every_promised_figure(run: Any, market: Path) -> None:
    summary = run.summary
    assert set(SUMMARY_KEYS) <= summary.keys()
    assert summary["status"] == "complete"
    assert summary["run_dir"] == str(run.directory)
    counts = {name: len(source(market, name)) for name in ("trades", "quotes", "book")}
    assert summary["rows"] == counts
    assert summary["rows_read"] == sum(counts.values())
    times = [int(row["local_timestamp"]) for name in counts for row in source(market, name)]
    assert (summary["first_ts"], summary["last_ts"]) == (min(times), max(times))
    assert summary["decisions"] == len(run.rows("quotes"))
    assert summary["orders"] == len(run.rows("orders"))
    assert summary["fills"] == len(run.rows("trades"))


def test_the_manifest_is_last_and_right_about_every_file(run: Any, market: Path) -> None:
    manifest = run.manifest
    others = [path for path in run.directory.iterdir() if path.name != "manifest.json"]
    assert manifest["outputs"] == {path.name: sha256(path) for path in sorted(others)}
    assert manifest["config_sha256"] == sha256(run.directory / "config.toml")
    sealed = (run.directory / "manifest.json").stat().st_mtime_ns
    assert all(path.stat().st_mtime_ns <= sealed for path in others)
    inputs = {one["name"]: one for one in manifest["inputs"]}
    for name in ("trades", "quotes", "book"):
        path = market / f"{name}.csv.gz"
        rows = len(source(market, name))
        expected = {"name": name, "path": str(path), "sha256": sha256(path), "rows": rows}
        assert inputs[name] == expected
    assert manifest["seed"] == 0
    assert {"python", "mm-engine", "numba", "numpy", "trio"} <= manifest["versions"].keys()
    assert {"strategy", "transformer", "connector"} <= {row["kind"] for row in manifest["plugins"]}
    for key in ("status", "digest", "error"):
        assert manifest[key] == run.summary[key]


def test_the_digest_is_a_hash_over_names_and_hashes_of_the_csv_files(run: Any) -> None:
    lines = [f"{name} {sha256(run.directory / name)}\n" for name in sorted(HEADERS)]
    assert run.summary["digest"] == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_config_beside_the_results_gives_the_same_run_again(backtest: Any, run: Any) -> None:
    text = (run.directory / "config.toml").read_text(encoding="utf-8")
    assert text.startswith("# the shortest windows that give a model\n")
    assert "seed = 0  # default\n" in text
    backtest.run_file.write_text(text, encoding="utf-8")
    again = json.loads(backtest("--json", "--quiet").out)
    assert again["digest"] == run.summary["digest"]
    assert (Path(again["run_dir"]) / "config.toml").read_text(encoding="utf-8") == text


def test_overrides_are_in_the_config_beside_the_results(backtest: Any) -> None:
    assert backtest("--quiet", "--seed", "7", "--set", "execution.latency_ms=20").code == 0
    (run,) = backtest.runs()
    text = (run.directory / "config.toml").read_text(encoding="utf-8")
    assert "seed = 7\n" in text
    assert "latency_ms = 20\n" in text
    assert run.manifest["seed"] == 7


def test_json_prints_the_summary_and_nothing_else(backtest: Any) -> None:
    done = backtest("--json", "--quiet")
    (run,) = backtest.runs()
    assert json.loads(done.out) == run.summary
    assert done.err == ""


def test_results_go_to_stdout_and_notes_to_stderr(backtest: Any) -> None:
    done = backtest()
    (run,) = backtest.runs()
    lines = done.out.splitlines()
    assert lines[0].split() == ["status", "complete"]
    assert lines[-2].split() == ["digest", run.summary["digest"]]
    assert lines[-1] == str(run.directory)
    assert [line for line in lines if line != line.rstrip()] == []
    assert done.err.splitlines() == [
        "note: XBTUSD: the grid of 0.1 is used, not the strategy's tick_size = 0.01"
    ]


def test_a_mark_price_that_no_file_tells_is_noted(backtest: Any) -> None:
    backtest("--quiet", "--set", "position.mark=mark_price")
    assert backtest.runs()[0].summary["notes"][1:] == [
        "position.mark is mark_price, which only a derivative_ticker file tells; without one"
        " positions are valued at the mid"
    ]


def test_verbose_prints_a_line_for_each_fill_to_stderr(backtest: Any) -> None:
    done = backtest("--quiet", "--verbose", "--json", "--set", 'output.sinks=["csv", "console"]')
    assert len(done.err.splitlines()) == json.loads(done.out)["fills"]
    assert all(" XBTUSD " in line for line in done.err.splitlines())


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(backtest: Any) -> None:
    done = backtest("--dry-run", "--quiet")
    assert done.code == 0
    assert "XBTUSD, Inverse, tick 0.1, lot 100, multiplier 1" in done.out
    assert not backtest.output.exists()
    as_json = json.loads(backtest("--dry-run", "--json", "--quiet").out)
    assert as_json["strategy"] == "Avellaneda"
    assert len(as_json["sources"]) == 3
    assert not backtest.output.exists()


def test_runs_are_numbered_after_the_highest(backtest: Any) -> None:
    for _ in range(2):
        assert backtest("--quiet").code == 0
    (backtest.output / "bitmex_XBTUSD_01_08_2024_run7").mkdir()
    (backtest.output / "bitmex_XBTUSD_01_08_2024_run9.bak").mkdir()
    (backtest.output / "other_XBTUSD_01_08_2024_run12").mkdir()
    assert Path(json.loads(backtest("--quiet", "--json").out)["run_dir"]).name.endswith("_run8")


def test_two_runs_at_once_get_two_folders_and_one_digest(backtest: Any) -> None:
    processes = [backtest.start("--json", "--quiet") for _ in range(2)]
    summaries = [json.loads(backtest.finish(process).out) for process in processes]
    names = {Path(summary["run_dir"]).name for summary in summaries}
    assert names == {f"bitmex_XBTUSD_01_08_2024_run{n}" for n in (1, 2)}
    assert summaries[0]["digest"] == summaries[1]["digest"]


def test_without_a_date_the_folder_is_named_after_the_datas_first_day(backtest: Any) -> None:
    assert backtest("--quiet", "--set", "output.date=").code == 0
    assert backtest.runs()[0].directory.name == "bitmex_XBTUSD_01_08_2024_run1"
    assert backtest("--quiet", "--set", "output.date=a/b").code == 0
    assert (backtest.output / "bitmex_XBTUSD_a-b_run1").is_dir()


def signed(row: dict[str, str]) -> Fraction:
    return Fraction(row["size"]) * {"buy": 1, "sell": -1}[row["side"]]


def test_fills_add_up_to_the_position_everywhere(run: Any) -> None:
    total = sum((signed(row) for row in run.rows("trades")), Fraction(0))
    assert Fraction(run.rows("positions")[-1]["position"]) == total
    assert Fraction(run.summary["position"]) == total
    traded = sum(Fraction(row["size"]) for row in run.rows("trades"))
    assert Fraction(run.summary["filled_qty"]) == traded


def states(trades: list[dict[str, str]], inverse: bool) -> list[dict[str, Fraction | None]]:
    """The books after none, one, two ... fills, by average cost in exact fractions."""
    position = value = realized = fees = Fraction(0)  # value: of what is open, at entry
    result: list[dict[str, Fraction | None]] = []
    for row in (None, *trades):
        if row is not None:
            price, size = Fraction(row["price"]), signed(row)
            worth = -1 / price if inverse else price  # P&L of a contract: its rise
            closing = -min(abs(size), abs(position)) * (1 if position > 0 else -1)
            if position * size >= 0:
                closing = Fraction(0)
            released = -value * closing / position if position else Fraction(0)
            realized += -closing * worth - released
            value += (size - closing) * worth - released
            position += size
            fees += FEES[row["liquidity"]] * abs(size * worth)
        average = None
        if position:
            average = abs(position / value) if inverse else value / position
        books = {"position": position, "avg_price": average, "realized_pnl": realized}
        result.append(books | {"fees": fees, "cash": realized - fees, "value": value})
    return result


def close(text: str, exact: Fraction | None) -> bool:
    if exact is None or not text:
        return exact is None and not text
    return float(text) == pytest.approx(float(exact), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("contract", ["Inverse", "Linear"])
@pytest.mark.parametrize("taking", [False, True], ids=["making", "taking"])
def test_positions_follow_from_the_fills(backtest: Any, contract: str, taking: bool) -> None:
    """Position, average price, realised P&L, fees and cash, recomputed from trades.csv alone."""
    momentum = ["--set", "strategy.kind=Momentum", "--set", "strategy.momentum.lookback=8",
                "--set", "strategy.preprocessing=NoDataTransform"]  # fmt: skip
    kind = ["--set", f"position.contract_type={contract}"]
    assert backtest("--quiet", *kind, *(momentum if taking else ())).code == 0
    (run,) = backtest.runs()
    trades = run.rows("trades")
    assert {row["liquidity"] for row in trades} == {"taker" if taking else "maker"}
    expected = states(trades, contract == "Inverse")
    after = 0
    for row in run.rows("positions"):
        while after < len(trades) and int(trades[after]["ts_known"]) < int(row["ts_known"]):
            after += 1
        # A fill at this very time may stand before or after the row.
        same = [s for s in expected[after : after + 9] if close(row["cash"], s["cash"])]
        assert same, f"no fill explains {row}"
        books = same[0]
        for name in ("position", "avg_price", "realized_pnl", "fees"):
            assert close(row[name], books[name]), (name, row)
        assert books["position"] is not None
        assert books["value"] is not None
        mid = Fraction(row["mid"])
        worth = -1 / mid if contract == "Inverse" else mid
        unrealized = books["position"] * worth - books["value"]
        assert close(row["unrealized_pnl"], unrealized)
        assert close(row["equity"], unrealized + Fraction(row["cash"]))
    for row, books in zip(trades, expected[1:], strict=True):
        at_fill = [r for r in run.rows("positions") if r["ts_known"] == row["ts_known"]]
        assert any(close(r["cash"], books["cash"]) for r in at_fill)


def test_the_summarys_money_is_that_of_the_tables(run: Any) -> None:
    summary, last = run.summary, run.rows("positions")[-1]
    trades = run.rows("trades")
    fees = [Fraction(row["fee"]) for row in trades]
    assert summary["fees_paid"] - summary["rebates_earned"] == pytest.approx(float(sum(fees)))
    realized = sum(Fraction(row["realized_pnl"]) for row in trades)
    assert summary["realized_pnl"] == pytest.approx(float(realized))
    assert summary["realized_pnl"] == pytest.approx(float(last["realized_pnl"]))
    assert summary["equity"] == pytest.approx(
        float(last["cash"]) + summary["unrealized_pnl"], abs=1e-15
    )
    lowest = min(float(row["equity"]) for row in run.rows("positions"))
    assert summary["max_drawdown"] >= -lowest


def test_every_fill_is_of_an_accepted_order_that_has_not_ended(run: Any) -> None:
    size: dict[str, Fraction] = {}
    filled: Counter[str] = Counter()
    ended: set[str] = set()
    for row in run.rows("order_events"):
        order = row["order_id"]
        if row["event"] == "accepted":
            assert order not in size
        if row["event"] in ("accepted", "replaced"):
            assert order not in ended
            size[order] = Fraction(row["size"])
        if row["event"] == "filled":
            assert order in size
            assert order not in ended
            filled[order] += Fraction(row["size"])  # type: ignore[assignment]
            assert filled[order] + Fraction(row["leaves"]) == size[order]
        if row["event"] in ("cancelled", "expired") or (
            row["event"] == "filled" and Fraction(row["leaves"]) == 0
        ):
            ended.add(order)
    assert len(size) >= 3
    assert ended


def test_trades_are_the_fills_among_the_order_events(run: Any) -> None:
    events = [row for row in run.rows("order_events") if row["event"] == "filled"]
    same = ("symbol", "ts_venue", "ts_decided", "order_id", "client_id", "side", "price", "size")
    assert [[row[name] for name in same] for row in events] == [
        [row[name] for name in same] for row in run.rows("trades")
    ]
    assert [row["ts_known"] for row in events] == [row["ts_known"] for row in run.rows("trades")]


def test_every_order_is_answered_unless_the_data_ends_first(run: Any) -> None:
    sent = {
        row["client_id"]: int(row["ts_decided"])
        for row in run.rows("orders")
        if row["action"] == "new"
    }
    kinds = ("accepted", "rejected")
    answered = {row["client_id"] for row in run.rows("order_events") if row["event"] in kinds}
    assert answered <= sent.keys()
    latest = run.summary["last_ts"] - 1_000_000  # a second: far beyond both latencies and a gap
    assert {name for name, ts in sent.items() if ts < latest} <= answered


def test_prices_do_not_cross_the_touch_that_the_strategy_saw(run: Any) -> None:
    quoted = [row for row in run.rows("quotes") if row["bid"] and row["ask"]]
    assert len(quoted) > 100
    for row in quoted:
        assert Decimal(row["bid"]) < Decimal(row["best_ask"])
        assert Decimal(row["ask"]) > Decimal(row["best_bid"])
        assert Decimal(row["bid"]) < Decimal(row["ask"])


def test_candles_are_those_of_the_trades_file(run: Any, market: Path) -> None:
    minutes: dict[int, list[dict[str, str]]] = {}
    for row in source(market, "trades"):
        opens = int(row["local_timestamp"]) // 60_000_000 * 60_000_000
        minutes.setdefault(opens, []).append(row)
    expected = []
    for opens, rows in minutes.items():
        prices = [Decimal(row["price"]) for row in rows]
        volume = sum(Decimal(row["amount"]) for row in rows)
        expected.append((opens, prices[0], max(prices), min(prices), prices[-1], volume))
    names = ("open", "high", "low", "close", "volume")
    found = [
        (int(row["ts_open"]), *(Decimal(row[name]) for name in names))
        for row in run.rows("candles")
    ]
    assert found == expected
    assert len(found) == 2


def test_every_time_in_the_outputs_is_data_time_and_in_order(run: Any) -> None:
    first, last = run.summary["first_ts"], run.summary["last_ts"]
    columns = {
        "orders": ("ts_decided",),
        "quotes": ("ts_decided",),
        "positions": ("ts_known",),
        "trades": ("ts_known",),
        "order_events": ("ts_known",),
    }
    for table, names in columns.items():
        for name in names:
            times = [int(row[name]) for row in run.rows(table)]
            assert times == sorted(times), table
            assert first <= times[0] <= times[-1] <= last, table
    for row in (*run.rows("order_events"), *run.rows("trades")):
        assert int(row["ts_decided"]) < int(row["ts_venue"])
    for row in run.rows("order_events"):
        assert int(row["ts_venue"]) < int(row["ts_known"])


def test_no_value_is_a_negative_zero_or_not_a_number(run: Any) -> None:
    for name in HEADERS:
        fields = {
            field
            for line in (run.directory / name).read_text(encoding="utf-8").splitlines()
            for field in line.split(",")
        }
        assert fields & {"-0", "-0.0", "nan", "inf", "-inf", "None"} == set()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is only getrusage")
def test_the_peak_memory_is_the_runs_own(backtest: Any) -> None:
    """And not that of the process that started it, which getrusage would count."""
    ballast = b"x" * (600 << 20)
    summary = json.loads(backtest.finish(backtest.start("--json", "--quiet")).out)
    assert 50 < summary["peak_rss_mb"] < len(ballast) / (1 << 20)


def test_money_beyond_all_bounds_is_left_out_of_the_summary(backtest: Any) -> None:
    """Several rebates of 1e308 are infinite. JSON knows no infinity."""
    fees = {"fee_model": "flat", "flat.maker": "-1e308", "flat.taker": "0"}
    sets = [w for key, value in fees.items() for w in ("--set", f"execution.{key}={value}")]
    done = backtest("--quiet", *sets)
    assert done.code == 0
    assert backtest.runs()[0].summary["fees_paid"] == 0.0
    assert backtest.runs()[0].summary["rebates_earned"] is None


def test_a_lot_is_shown_alike_however_it_is_written(backtest: Any) -> None:
    for lot in ("100", "100.0"):
        backtest("--quiet", "--set", f"instrument.lot_size={lot}")
    shown = [run.summary["lot_size"] for run in backtest.runs()]
    assert shown == ["100", "100"]


def test_a_profile_says_where_the_time_went_and_changes_nothing(backtest: Any) -> None:
    plain = json.loads(backtest("--quiet", "--json").out)
    done = backtest("--quiet", "--json", "--profile")
    assert json.loads(done.out)["digest"] == plain["digest"]
    head, *lines = done.err.splitlines()
    assert head.split() == [
        "phase",
        "CPU",
        "s",
        "wall",
        "s",
        "ns",
        "a",
        "row",
        "µs",
        "a",
        "decision",
    ]
    phases = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert phases == ["start", "survey", "run"]
    # Each phase is at least the sum of its parts shown, as far as two decimals tell.
    at = {line.split()[0]: lines.index(line) for line in lines if not line.startswith(" ")}
    parts = [float(line[24:32]) for line in lines[at["run"] + 1 :]]
    assert parts
    assert sum(parts) <= float(lines[at["run"]][24:32]) + 0.005 * (len(parts) + 1)
