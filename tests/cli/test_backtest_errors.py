"""``mm backtest`` when something is wrong: exit code, one line a fault, nothing half-written."""

import gzip
import hashlib
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FAILING = """
from mm.api import NoConfig, StrategyOffer, hookimpl

MM_API = (0, 1)

class Failing:
    requires = frozenset()

    def observe(self, rows):
        return rows

    def decide(self, rows, account):
        raise ZeroDivisionError("the model broke")

@hookimpl
def mm_strategies():
    return [StrategyOffer(name="Failing", config=NoConfig, build=lambda config, context: Failing())]
"""

FAILING_SINK = """
from mm.api import NoConfig, SinkOffer, hookimpl

MM_API = (0, 1)

def build(config, context, output):
    (output.directory / "mine.txt").write_text("so far")
    raise RuntimeError("no licence")

@hookimpl
def mm_sinks():
    return [SinkOffer(name="licensed", config=NoConfig, build=build)]
"""

CHANGING = """
from pathlib import Path

import mm_tardis
from mm.api import ConnectorOffer, hookimpl

MM_API = (0, 1)

def build(config, symbol):
    connector = mm_tardis.build(config, symbol)
    survey = connector.survey

    async def survey_then_change():
        found = await survey()
        path = Path(config.tardis_root) / config.trades_csv
        path.write_bytes(path.read_bytes()[:-100])
        return found

    connector.survey = survey_then_change
    return connector

@hookimpl
def mm_connectors():
    return [ConnectorOffer(name="changing", config=mm_tardis.TardisConfig, build=build)]
"""


@pytest.fixture
def local(backtest: Any, market: Path, tmp_path: Path) -> Path:
    """Give a copy of the market that a test may spoil, and run on it."""
    directory = tmp_path / "local"
    directory.mkdir()
    for path in market.iterdir():
        (directory / path.name).write_bytes(path.read_bytes())
    text = backtest.run_file.read_text(encoding="utf-8").replace(str(market), str(directory))
    backtest.run_file.write_text(text, encoding="utf-8")
    return directory


def edit(directory: Path, name: str, line: int, old: str, new: str) -> None:
    path = directory / f"{name}.csv.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_bytes(gzip.compress("".join(lines).encode(), 1))


def replaced(done: Any, directory: Path) -> list[str]:
    return [line.replace(str(directory), "DIR") for line in done.faults]


def check_sealed(run: Any, status: str) -> None:
    """Every file is as the manifest says, and the status stands in both places."""
    manifest = run.manifest
    assert (manifest["status"], run.summary["status"]) == (status, status)
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in run.directory.iterdir()
        if path.name != "manifest.json"
    }
    assert manifest["outputs"] == found
    assert manifest["digest"] == run.summary["digest"]


# Configuration: 3, before anything is written.


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        (["engine.seed=x"], ["--set engine.seed: expected an integer, was the string 'x'"]),
        (
            ["strategy.avellaneda.gama=1", "execution.latency_ms=-0.5", "output.dat=x"],
            [
                "--set output.dat: unknown key, did you mean 'date'?",
                "--set strategy.avellaneda.gama: unknown key, did you mean 'gamma'?",
                "--set execution.latency_ms: must be >= 0 and <= 60000 ms, was -0.5",
            ],
        ),
        (["nonsense"], ["--set nonsense: expected KEY=VALUE, such as strategy.symbol=XBTUSD"]),
        (
            ["data.quotes_csv=", "data.book_csv="],
            [
                "data.quotes_csv and data.book_csv are both absent, expected at least one of them"
                " to know the touch; name a file"
            ],
        ),
        (
            ["strategy.preprocessing=NoDataTransform"],
            [
                "strategy 'Avellaneda' needs A, k, mid, sigma, which the transformer"
                " 'NoDataTransform' does not give; choose another strategy.preprocessing"
            ],
        ),
        (
            ["strategy.avellaneda.quote_size=150"],
            [
                "strategy.avellaneda.quote_size is 150 contracts, which is not a whole number of"
                " lots of XBTUSD; use a multiple of 100"
            ],
        ),
        (
            ["strategy.avellaneda.quote_size=1e300"],
            [
                "strategy.avellaneda.quote_size is 1e+300 contracts, which is more than 1e+15 lots"
                " of XBTUSD; expected a multiple of 100 below that"
            ],
        ),
        *(
            (
                [f"risk.{key}={value}"],
                [
                    f"risk.{key} is {float(value):g} contracts, expected one to 1e+15 lots of"
                    " XBTUSD, 100 each; 0 = no limit"
                ],
            )
            for key in ("max_order_size", "max_position")
            for value in ("99.9", "1e300")
        ),
        (
            ["risk.max_silence_s=1e300"],
            ["--set risk.max_silence_s: must be >= 0 and <= 86400 s, was 1e+300"],
        ),
        (
            ["execution.feed.entry_multiple=1e300"],
            [
                "--set execution.feed.entry_multiple: must be >= 0.0 and <= 1000.0 multiple, was"
                " 1e+300"
            ],
        ),
        (
            ["funding.rate=0.0001", "funding.interval_h=1e-9"],
            ["--set funding.interval_h: must be >= 0.001 and <= 24 h, was 1e-09"],
        ),
        (
            ["instrument.tick_size=1e-30", "instrument.multiplier=1e308"],
            [
                "--set instrument.multiplier: must be >= 1e-12 and <= 1000000000000.0 base or"
                " quote units, was 1e+308",
                "--set instrument.tick_size: must be >= 1e-12 price, was 1E-30",
            ],
        ),
    ],
)
@pytest.mark.parametrize("dry", [False, True], ids=["", "dry run"])
def test_configuration_faults_are_listed_and_nothing_is_written(
    backtest: Any, settings: list[str], faults: list[str], dry: bool
) -> None:
    sets = [word for setting in settings for word in ("--set", setting)]
    done = backtest("--quiet", *sets, *(["--dry-run"] if dry else []))
    assert (done.code, done.out) == (3, "")
    assert sorted(done.faults) == sorted(f"mm: {fault}" for fault in faults)
    assert not backtest.output.exists()


def test_a_run_file_that_is_not_there_or_no_toml_is_a_configuration_fault(backtest: Any) -> None:
    backtest.run_file.write_text("[strategy\n", encoding="utf-8")
    done = backtest()
    assert (done.code, len(done.faults)) == (3, 1)
    assert done.err.startswith(f"mm: {backtest.run_file}:1:")
    backtest.run_file.unlink()
    done = backtest()
    assert (done.code, done.err) == (
        3, f"mm: {backtest.run_file}: there is no such file; check the name\n"
    )  # fmt: skip


def test_a_run_file_for_live_data_is_a_usage_error(backtest: Any) -> None:
    done = backtest("--set", "data.from_csv=false")
    assert (done.code, len(done.faults)) == (2, 1)
    assert "data.from_csv is false" in done.err


# Data: 4, before anything is written where the survey can tell.


def truncate(directory: Path) -> None:
    path = directory / "book.csv.gz"
    path.write_bytes(path.read_bytes()[:-2000])


def empty(directory: Path) -> None:
    (directory / "quotes.csv.gz").write_bytes(b"")


def remove(directory: Path) -> None:
    (directory / "trades.csv.gz").unlink()


def make_a_folder(directory: Path) -> None:
    (directory / "trades.csv.gz").unlink()
    (directory / "trades.csv.gz").mkdir()


def scribble(directory: Path) -> None:
    (directory / "trades.csv.gz").write_bytes(bytes(range(256)) * 40)


def text_for_a_number(directory: Path) -> None:
    edit(directory, "quotes", 9, ",6", ",x6")


def not_a_number(directory: Path) -> None:
    edit(directory, "trades", 3, ",64600,", ",NaN,")


def back_in_time(directory: Path) -> None:
    path = directory / "trades.csv.gz"
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join([*lines, lines[1]]), 1))


def swap_kinds(directory: Path) -> None:
    (directory / "quotes.csv.gz").write_bytes((directory / "trades.csv.gz").read_bytes())


@pytest.mark.parametrize(
    ("spoil", "start", "part"),
    [
        (truncate, "DIR/book.csv.gz:", "the gzip data ends early at or after this line"),
        (empty, "DIR/quotes.csv.gz: ", "empty"),
        (remove, "DIR/trades.csv.gz: ", "there is no such file; check [data] tardis_root"),
        (make_a_folder, "DIR/trades.csv.gz: ", "this is a directory, expected a CSV file"),
        (scribble, "DIR/trades.csv.gz:1: ", ""),
        (text_for_a_number, "DIR/quotes.csv.gz:9: ", "expected a decimal number such as"),
        (not_a_number, "DIR/trades.csv.gz:3: price is 'NaN'", "expected a decimal number"),
        (back_in_time, "DIR/trades.csv.gz:", "expected a time not before"),
        (swap_kinds, "DIR/quotes.csv.gz:1: ", "data.quotes_csv names a trades file"),
    ],
)
def test_a_fault_in_the_data_is_one_line_with_its_place_and_nothing_is_written(
    backtest: Any, local: Path, spoil: Callable[[Path], None], start: str, part: str
) -> None:
    spoil(local)
    done = backtest("--quiet")
    assert (done.code, done.out) == (4, "")
    (fault,) = replaced(done, local)
    assert fault.startswith(f"mm: {start}")
    assert part in fault
    assert not backtest.output.exists()


def test_a_wrong_symbol_is_a_fault_of_the_data(backtest: Any) -> None:
    done = backtest("--quiet", "--symbol", "ETHUSD")
    assert (done.code, len(done.faults)) == (4, 1)
    assert "trades.csv.gz:2: symbol is 'XBTUSD', expected 'ETHUSD'" in done.err


def test_a_price_off_the_grid_is_refused_with_its_line(backtest: Any, market: Path) -> None:
    """The survey knows the step that the run file gives, so nothing is written."""
    done = backtest("--quiet", "--json", "--set", "instrument.tick_size=0.7")
    assert done.code == 4
    (fault,) = replaced(done, market)
    assert "expected a multiple of the tick size 0.7; set [instrument] tick_size" in fault
    assert not backtest.runs()


def test_a_file_that_changes_during_the_run_changes_nothing(
    backtest: Any, local: Path, install: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the survey has read is what runs, and whose hash the manifest has."""
    assert backtest("--quiet").code == 0
    monkeypatch.syspath_prepend(install(CHANGING))
    monkeypatch.delitem(sys.modules, "thirdparty", raising=False)
    done = backtest("--quiet", "--set", "data.connector=changing")
    assert (done.code, done.faults) == (0, [])
    plain, changed = backtest.runs()
    assert changed.summary["digest"] == plain.summary["digest"]


# Plugins: 5.


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_a_strategy_that_raises_is_named_with_the_data_time(
    backtest: Any, install: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    monkeypatch.syspath_prepend(install(FAILING))
    monkeypatch.delitem(sys.modules, "thirdparty", raising=False)
    done = backtest("--quiet", "--set", "strategy.kind=Failing", *(["--debug"] if debug else []))
    assert done.code == 5
    (run,) = backtest.runs()
    check_sealed(run, "failed")
    assert done.out.split()[:2] == ["status", "failed"]
    ts = run.summary["error"].partition(" at data time ")[2].partition(" ")[0]
    assert run.summary["first_ts"] <= int(ts) <= run.summary["first_ts"] + 75_000_000
    sentence = (
        "mm: strategy 'Failing' (thirdparty 1.0) raised ZeroDivisionError at data time"
        f" {ts} µs: the model broke"
    )
    assert done.faults[-1].startswith(sentence + " (")
    assert re.search(r"thirdparty\.py:\d+, in \w+\)$", done.faults[-1])
    if debug:
        assert "Traceback (most recent call last)" in done.err
        assert "thirdparty.py" in done.err
    else:
        assert len(done.faults) == 1


def test_a_sink_that_cannot_be_built_leaves_a_sealed_failure(
    backtest: Any, install: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install(FAILING_SINK))
    monkeypatch.delitem(sys.modules, "thirdparty", raising=False)
    done = backtest("--quiet", "--set", 'output.sinks=["csv", "licensed"]')
    assert done.code == 5
    (fault,) = done.faults
    assert fault.startswith(
        "mm: sink 'licensed' (thirdparty 1.0) raised RuntimeError: no licence ("
    )
    (run,) = backtest.runs()
    check_sealed(run, "failed")
    assert "mine.txt" in run.manifest["outputs"]


def test_a_part_that_nobody_offers_is_a_plugin_fault(backtest: Any) -> None:
    done = backtest("--quiet", "--set", "execution.fill_model=lifo")
    assert done.code == 5
    assert done.faults == [
        "mm: --set execution.fill_model: no fill model named 'lifo'; did you mean 'fifo'? on offer:"
        " fifo, optimistic, pessimistic, poisson, prob_log, prob_log_2, prob_power, prob_power_2,"
        " prob_power_3, probabilistic, queue"
    ]
    assert not backtest.output.exists()


# Output: 2.


def test_an_output_folder_that_cannot_be_made_is_a_usage_error(
    backtest: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "else")
    for place in ("file", "file/below", "dangling"):
        done = backtest("--quiet", "--output", str(tmp_path / place))
        assert (done.code, done.out, len(done.faults)) == (2, "", 1)
        assert "choose another place with --output" in done.err
    done = backtest("--quiet", "--set", r'output.exchange="a\u0000b"')
    assert (done.code, len(done.faults)) == (2, 1)


def test_a_full_disk_is_said_to_be_full_and_the_rest_is_sealed(backtest: Any) -> None:
    """A limit on file sizes stands in for the disk: quotes.csv passes it, the summary does not."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (25_000, 25_000))

    done = backtest.finish(backtest.start("--quiet", preexec_fn=limit))
    (run,) = backtest.runs()
    assert done.code == 2
    (fault,) = done.faults
    assert fault.startswith(f"mm: {run.directory}/")
    assert fault.endswith(
        ".csv: cannot be written: File too large; make room, or choose another folder with --output"
    )
    check_sealed(run, "failed")


def test_no_room_for_the_summary_is_an_error_too(backtest: Any) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = backtest.finish(backtest.start("--quiet", preexec_fn=limit))
    assert (done.code, len(done.faults)) == (2, 1)
    assert "cannot be written: File too large" in done.err
    (run,) = backtest.runs()
    assert not (run.directory / "manifest.json").exists()


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)])
def test_streams_that_the_caller_has_closed_are_done_without(
    backtest: Any, closed: tuple[int, ...]
) -> None:
    """As under some service managers; Python then has None for a stream."""

    def close() -> None:
        for stream in closed:
            os.close(stream)

    done = backtest.finish(backtest.start("--json", preexec_fn=close))
    assert (done.code, done.faults) == (0, [])
    assert bool(done.out) == (1 not in closed)
    (run,) = backtest.runs()
    check_sealed(run, "complete")


# The command itself.


@pytest.mark.parametrize("arguments", [("--data", "nowhere"), ("--set", "strategy.kind=X")])
def test_the_real_command_exits_with_the_codes_of_main(
    backtest: Any, arguments: tuple[str, ...]
) -> None:
    here = backtest("--quiet", *arguments)
    there = backtest.finish(backtest.start("--quiet", *arguments))
    assert (there.code, there.out, there.err) == (here.code, here.out, here.err)
    assert here.code in (4, 5)


def test_the_installed_script_is_the_same_command(backtest: Any) -> None:
    script = Path(sys.executable).with_name("mm")
    if not script.exists():
        pytest.skip(f"mm is not installed as a script: {script}")
    done = subprocess.run([script, "backtest"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "mm: the following arguments are required: --config (see mm backtest --help)\n"
    )
