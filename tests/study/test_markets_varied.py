"""A key of one of several markets, varied: each set is the run that it would be alone."""

import json
from pathlib import Path

import pytest
from tests.run.test_markets import both
from tests.short_market import cut_sample

import mm
from mm.cli import main
from mm.results.comparison import compare

LATENCY = "market.1.execution.latency_ms"
FEE = "market.0.position.maker_fee"


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("markets")
    cut_sample(folder, 60)
    path = folder / "both.toml"
    path.write_text(both(folder), encoding="utf-8")
    return path


def test_every_set_has_the_digest_of_a_run_alone(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([
        "sweep", "--config", str(run_file), "--output", str(tmp_path / "study"), "--json",
        "--quiet", "--vary", f"{LATENCY}=1,40", "--vary", f"{FEE}=-0.0001,0.0",
        "--where", f"{LATENCY} < 50", "--where", f"{FEE} < market.0.position.taker_fee",
    ]) == 0  # fmt: skip
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 4
    assert len({row["digest"] for row in rows}) == 4
    for row in rows[1:3]:
        alone = mm.backtest(run_file, row["set"], run_dir=None, progress=False)
        assert row["digest"] == alone.digest


def test_a_comparison_names_the_key_of_the_market(run_file: Path, tmp_path: Path) -> None:
    runs = [
        mm.backtest(run_file, {LATENCY: value}, run_dir=tmp_path / str(value), progress=False)
        for value in (1, 40)
    ]
    assert compare(runs).config == {LATENCY: (1, 40)}


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ("market.2.execution.latency_ms=1,2", "--vary market.2.execution.latency_ms: the file has"
         " no market.2; its [[market]] tables are numbered from 0, as market.0 to market.1"),
        ("market.1.execution.latency=1,2", "--vary market.1.execution.latency: unknown key"),
    ],
)  # fmt: skip
def test_a_wrong_key_is_told_as_it_was_typed(
    run_file: Path, tmp_path: Path, vary: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sweep", "--config", str(run_file), "--output", str(tmp_path / "s"), "--vary", vary]
    assert main(words) == 3
    assert said in capsys.readouterr().err
