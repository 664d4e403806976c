"""The statistics are right, and the shipped sample has those a market maker lives by."""

from pathlib import Path

import numpy as np
import pytest
from tests.synthetic import compare
from tests.synthetic.measure import SECOND, fano, penetration
from tests.synthetic.reference import REAL
from tests.synthetic.tables import Column, Table

from mm import synthetic
from mm.synthetic import write_sample

SHIPPED = Path(__file__).parents[2] / "example" / "data_sample"


@pytest.fixture(scope="module")
def shipped() -> dict[str, dict[str, float]]:
    return compare.measure(SHIPPED)


def test_the_reference_figures_are_those_of_the_real_hour(xbtusd: Path) -> None:
    measured = compare.measure(xbtusd)
    assert set(measured) == set(REAL) - {"book"}
    for group, figures in measured.items():
        assert figures == pytest.approx(REAL[group], rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("quotes", "rows per second"),
        ("quotes", "spread 1 tick, time [%]"),
        ("quotes", "wide episodes per second"),
        ("quotes", "episode p50 [ms]"),
        ("quotes", "sigma at 500 ms [USD/√s]"),
        ("quotes", "sigma at 60 s [USD/√s]"),
        ("latency of quotes", "latency p50 [ms]"),
        ("trades", "orders per second"),
        ("trades", "same side as the last [%]"),
        ("trades", "orders taking the whole touch [%]"),
        ("trades", "mid move after 30 s [ticks]"),
        ("trades", "lambda at 0.5 ticks [1/s]"),
        ("trades", "lambda at 49.5 ticks [1/s]"),
        ("trades", "A [1/s]"),
        ("trades", "k [1/tick]"),
    ],
)
def test_the_shipped_sample_is_within_a_quarter_of_the_real_hour(
    shipped: dict[str, dict[str, float]], group: str, name: str
) -> None:
    assert shipped[group][name] == pytest.approx(REAL[group][name], rel=0.25)


def test_the_table_in_the_package_docs_is_that_of_the_shipped_sample(
    shipped: dict[str, dict[str, float]],
) -> None:
    text = synthetic.__doc__ or ""
    shown = text[text.index("quotes   ") : text.index("What does not match")]
    documented = [line.strip() for line in shown.splitlines() if line.startswith("      ")]
    computed = {line.strip() for line in compare.table(shipped)}
    assert len(documented) > 60
    assert set(documented) <= computed


def test_counts_that_never_vary_have_a_fano_factor_of_zero() -> None:
    even = np.arange(0, 100 * SECOND, SECOND // 4)
    assert fano(even, SECOND) == 0
    assert fano(even, 10 * SECOND) == 0


def test_penetration_recovers_a_known_decay() -> None:
    random, n, k = np.random.Generator(np.random.PCG64(1)), 40_000, 0.02
    start, step = 1_000_000_000, SECOND // 2
    times = start + step * np.arange(n, dtype=np.int64)
    side = np.where(random.random(n) < 0.5, 1, -1)
    reach = np.ceil(random.exponential(1 / k, n)).astype(np.int64)
    ones = np.ones(n, dtype=np.int64)
    price = np.where(side > 0, 1_000 + reach, 1_001 - reach)
    quotes = constant_quotes(times, ones)
    trades = Table({"exchange": times, "local": times + 1, "side": side, "price": price})
    figures = penetration(trades, quotes)
    assert figures["k [1/tick]"] == pytest.approx(k, rel=0.03)
    assert figures["A [1/s]"] == pytest.approx(1.0, rel=0.05)


def constant_quotes(times: Column, ones: Column) -> Table:
    return Table(
        {
            "exchange": times,
            "local": times,
            "bid_price": 1_000 * ones,
            "bid_amount": ones,
            "ask_price": 1_001 * ones,
            "ask_amount": ones,
        }
    )


def test_compare_prints_here_real_and_ratio(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sample(tmp_path, seconds=240)
    assert compare.main([str(tmp_path)]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.split() == ["quotes", "here", "real", "ratio"]


def test_compare_says_what_a_directory_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare.main([str(tmp_path)]) == 2
    assert "lacks trades.csv.gz or quotes.csv.gz" in capsys.readouterr().err


def test_compare_refuses_a_stretch_too_short_to_say_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sample(tmp_path, seconds=1)
    assert compare.main([str(tmp_path)]) == 2
    assert "expected 100 or more" in capsys.readouterr().err


def test_compare_without_a_directory_shows_its_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.main([]) == 2
    assert capsys.readouterr().err == f"{compare.USAGE}\n"
