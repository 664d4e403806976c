"""``mm calibrate`` on the bundled sample: report, JSON, TOML, picture, and what it refuses."""

import gzip
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mm.cli import main

REPOSITORY = Path(__file__).parents[2]
SAMPLE = REPOSITORY / "example" / "data_sample"
RUN_FILE = REPOSITORY / "example" / "backtest.toml"
DEPTH_KEYS = ("depths", "reached", "rates", "log_rates_se")

Calibrate = Callable[..., tuple[int, str, str]]


@pytest.fixture
def calibrate(capsys: pytest.CaptureFixture[str]) -> Calibrate:
    """Call it on the sample, without its book unless asked; give exit code, output and errors."""

    def call(*arguments: str, data: Path = SAMPLE) -> tuple[int, str, str]:
        command = ["calibrate", "--config", str(RUN_FILE), "--data", str(data)]
        code = main([*command, "--set", "data.book_csv=", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def market(tmp_path: Path) -> Callable[[int, str], Path]:
    """Write a folder with the sample's quotes and some of its trades: so many, of one side."""

    def write(trades: int, side: str) -> Path:
        with gzip.open(SAMPLE / "trades.csv.gz", "rt") as file:
            header, *rows = file
        kept = [row for row in rows if f",{side}," in row or not side][:trades]
        (tmp_path / "trades.csv.gz").write_bytes(gzip.compress("".join([header, *kept]).encode()))
        (tmp_path / "quotes.csv.gz").write_bytes((SAMPLE / "quotes.csv.gz").read_bytes())
        return tmp_path

    return write


def test_the_report_ends_in_toml_that_can_be_pasted(calibrate: Calibrate) -> None:
    code, out, err = calibrate("--quiet")
    assert (code, err) == (0, "")
    toml = out[out.index("# mm calibrate") :]
    table = tomllib.loads(toml)["strategy"]["avellaneda"]["calibrated"]
    assert list(table) == ["sigma", "A", "k"]
    assert all(isinstance(value, float) and value > 0 for value in table.values())
    assert calibrate("--quiet", "--toml") == (0, toml, "")


def test_a_simulated_path_is_read_like_any_market(capsys: pytest.CaptureFixture[str]) -> None:
    """That of the shipped file lasts a second, which is too short to estimate anything from."""
    code = main(["calibrate", "--config", str(REPOSITORY / "config" / "as2008.toml"), "--quiet"])
    assert code == 4
    assert (
        "AS2008-0: whole intervals of 0.5 s with a bid and an ask: 1, expected"
        in capsys.readouterr().err
    )


def test_the_report_says_units_sizes_and_errors(calibrate: Calibrate) -> None:
    _, out, _ = calibrate("--quiet")
    lines = out.splitlines()
    assert lines[0] == "XBTUSD, 2024-08-01 00:00:00 – 2024-08-01 00:29:59 UTC; tick 0.1"
    assert "  every [s]  sigma [price/√s]     ± se  changes  kurtosis" in lines
    assert any(line.split()[:2] == ["0.5", "*"] for line in lines)
    (header,) = [line.split() for line in lines if "A [1/s]" in line]
    assert header[:4] == ["method", "side", "fit", "reached"]
    assert sum("penetration  both  line *" in line for line in lines) == 1
    assert max(map(len, lines)) <= 105 + len(str(SAMPLE))


def test_the_json_holds_everything_under_documented_keys(calibrate: Calibrate) -> None:
    _, out, _ = calibrate("--quiet", "--json")
    content: dict[str, Any] = json.loads(out)
    assert list(content) == [
        "symbol", "tick_size", "first_ts", "last_ts", "intervals", "interval_s", "gaps", "trades",
        "orders", "sigma_interval_s", "sigma", "intensity", "windows", "calibrated", "own",
        "health",
    ]  # fmt: skip
    assert (content["symbol"], content["tick_size"], content["gaps"]) == ("XBTUSD", "0.1", 0)
    assert sum(content["trades"].values()) == 2392
    assert [(one["method"], one["side"]) for one in content["intensity"]] == [
        (method, side) for method in ("penetration", "counting") for side in ("ask", "bid", "both")
    ]
    for one in content["intensity"]:
        assert len({len(one[key]) for key in DEPTH_KEYS}) == 1
        assert len(one["fits"]["line"]["residuals"]) == len(one["depths"])
    chosen = content["intensity"][2]["fits"]["line"]
    assert content["calibrated"]["A"] == chosen["A"]
    assert content["calibrated"]["k_se"] == chosen["k_se"]
    assert list(content["own"]) == ["A", "A_se", "k", "k_se"]
    assert len(content["windows"]) == 6


def test_the_book_alone_gives_the_same_as_with_the_quotes_made_of_it(calibrate: Calibrate) -> None:
    book = ("--quiet", "--json", "--set", "data.book_csv=book.csv.gz")
    _, with_quotes, _ = calibrate(*book)
    _, without, _ = calibrate(*book, "--set", "data.quotes_csv=")
    one, other = json.loads(with_quotes), json.loads(without)
    assert all(content.pop("health") for content in (one, other))  # of other files
    assert other == one


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<?xml"), (".png", b"\x89PNG")])
def test_the_picture_is_drawn_by_its_suffix_and_the_same_each_time(
    calibrate: Calibrate, tmp_path: Path, suffix: str, start: bytes
) -> None:
    paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for path in paths:
        assert calibrate("--quiet", "--plot", str(path))[0] == 0
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert first.startswith(start)
    if suffix == ".svg":
        for text in ("our asks", "our bids", "distance from the mid [price]", "sigma [price/√s]"):
            assert text in first.decode()


def test_a_max_depth_limits_the_fit_and_stands_in_the_command(calibrate: Calibrate) -> None:
    _, out, _ = calibrate("--quiet", "--max-depth", "5")
    assert "50 depths from 0.05 to 4.95" in out
    (command,) = [line for line in out.splitlines() if line.startswith("# mm calibrate")]
    assert command.endswith(f"--data {SAMPLE} --set data.book_csv= --max-depth 5")


def test_notes_of_the_data_go_to_stderr(calibrate: Calibrate) -> None:
    _, out, err = calibrate()
    assert err == "note: XBTUSD: the grid of 0.1 is used, not the strategy's tick_size = 0.01\n"
    assert "note" not in out


def test_a_side_without_trades_says_too_few(
    calibrate: Calibrate, market: Callable[[int, str], Path], tmp_path: Path
) -> None:
    data = market(10_000, "buy")
    code, out, err = calibrate("--quiet", "--plot", str(tmp_path / "p.svg"), data=data)
    assert (code, err) == (0, "")
    (row,) = [line for line in out.splitlines() if "penetration  bid   line" in line]
    assert row.split(maxsplit=3)[3].split("  ")[0] == "0"
    assert row.count("too few") == 4
    content = json.loads(calibrate("--quiet", "--json", data=data)[1])
    assert content["intensity"][1]["fits"]["line"]["k"] is None
    assert content["intensity"][1]["empirical"] is None


@pytest.mark.parametrize("trades", [0, 30])
def test_too_few_trades_are_one_sentence(
    calibrate: Calibrate, market: Callable[[int, str], Path], trades: int
) -> None:
    code, out, err = calibrate("--quiet", data=market(trades, ""))
    assert (code, out) == (4, "")
    assert err.startswith("mm: XBTUSD: too few trades go deep enough: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--plot", "p.pdf"], 2, "--plot p.pdf: the suffix '.pdf' is no kind of picture; end"),
        (["--plot", "no/p.svg"], 2, "--plot no/p.svg: there is no folder no; make it first"),
        (["--max-depth", "0.3"], 4, "--max-depth 0.3 leaves 3 depths of XBTUSD, one a tick of 0.1"),
        (["--max-depth", "1e300"], 4, "what reached 100 depths does not fall with the depth"),
        (["--max-depth", "-1"], 2, "argument --max-depth: '-1' is not a positive number"),
        (["--set", "data.from_csv=false"], 2, "for live data, expected one for a replay"),
        (
            ["--set", "strategy.avellaneda.vol.interval_s=600"], 4,
            "no sigma from the mid every 600 s: 1 samples, expected at least 36",
        ),
        (
            ["--set", "strategy.avellaneda.penetration.interval_ms=600000"], 4,
            "whole intervals of 600 s with a bid and an ask: 1, expected at least 36",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence_and_the_exit_code(
    calibrate: Calibrate, arguments: list[str], code: int, text: str
) -> None:
    found, out, err = calibrate("--quiet", *arguments)
    assert (found, out) == (code, "")
    assert text in err
    assert err.count("\n") == 1


def test_a_picture_that_cannot_be_written_is_a_usage_error(
    calibrate: Calibrate, tmp_path: Path
) -> None:
    (tmp_path / "p.svg").mkdir()
    code, _, err = calibrate("--quiet", "--plot", str(tmp_path / "p.svg"))
    assert code == 2
    assert "p.svg: the picture cannot be written: Is a directory; choose another" in err
