"""Real recordings: the published numbers by the published definition, and that all of it works."""

from pathlib import Path

import numpy as np
import pytest
import trio

from mm.calibrate.estimate import Calibration, calibrate
from mm.calibrate.read import read_market
from mm.config import load_config

RUN_FILE = """\
[strategy]
symbol = "{symbol}"
[strategy.avellaneda]
quote_size = 100
max_position = 1000
gamma = 0.1
delta = 0.2
xi = 0.1
[data]
tardis_root = "{folder}"
trades_csv = "trades.csv.gz"
{touch}
"""
QUOTES = 'quotes_csv = "quotes.csv.gz"'
BOOK = 'book_csv = "book.csv.gz"'


def calibrated(
    tmp_path: Path, folder: Path, symbol: str, touch: str, max_depth: float | None = None
) -> Calibration:
    run_file = tmp_path / "run.toml"
    run_file.write_text(RUN_FILE.format(symbol=symbol, folder=folder, touch=touch))
    market = trio.run(read_market, load_config(run_file))
    return calibrate(
        market.sample, market.instrument, sigma_us=market.sigma_us, max_depth=max_depth
    )


def test_the_xbtusd_hour_gives_the_published_intensity(xbtusd: Path, tmp_path: Path) -> None:
    """Protocols 4.6 and xbtusd_stats.json: ols_log_delta<= 100ticks, of 0.1 each."""
    found = calibrated(tmp_path, xbtusd, "XBTUSD", QUOTES, max_depth=10.0)
    both = found.intensities[2]
    assert both.depths == pytest.approx(np.arange(0.05, 10, 0.1))
    fit = both.fit("plain")
    assert fit.k == pytest.approx(0.19165489065429467, rel=1e-9)
    # There, 7198 intervals: two more, cut short at either end, that nobody reached.
    counted = len(found.sample.starts)
    assert counted == 7196
    assert pytest.approx(0.08173364471746944, rel=1e-9) == fit.A * counted / 7198
    assert fit.r2 == pytest.approx(0.9832336613880994, rel=1e-9)
    # The range of the issue, for each method of the same kind.
    assert both.fit("exponential_behind").k == pytest.approx(0.192, abs=0.03)


def test_the_xbtusd_hour_gives_the_published_volatilities(xbtusd: Path, tmp_path: Path) -> None:
    found = calibrated(tmp_path, xbtusd, "XBTUSD", QUOTES)
    published = {0.1: 4.22443, 0.5: 4.74839, 1: 4.98992, 5: 5.49698, 10: 5.69313, 60: 6.57649}
    ours = {row.interval_s: row.sigma for row in found.volatilities}
    for interval_s, sigma in published.items():
        assert ours[interval_s] == pytest.approx(sigma, rel=3e-4)  # theirs less the mean change


def test_behind_the_touch_of_the_xbtusd_hour_an_exponential_is_best(
    xbtusd: Path, tmp_path: Path
) -> None:
    both = calibrated(tmp_path, xbtusd, "XBTUSD", QUOTES).intensities[2]
    assert both.fit("exponential").aic > both.fit("power").aic
    assert both.fit("exponential_behind").aic < both.fit("power_behind").aic


def test_a_book_alone_gives_what_the_quotes_give(ethusdt: Path, tmp_path: Path) -> None:
    from_quotes = calibrated(tmp_path, ethusdt, "ETHUSDT", QUOTES)
    from_book = calibrated(tmp_path, ethusdt, "ETHUSDT", BOOK)
    # The book's times differ from the quotes' by milliseconds, so a few depths do, too.
    one, other = from_quotes.chosen, from_book.chosen
    assert pytest.approx(one.A, abs=one.A_se / 2) == other.A
    assert other.k == pytest.approx(one.k, abs=one.k_se / 2)
    assert from_book.sigma.sigma == pytest.approx(from_quotes.sigma.sigma, rel=0.02)
