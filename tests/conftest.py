"""Settings and fixtures that every test shares."""

import os
from pathlib import Path

import hypothesis
import pytest

# No deadline: the first example of a kernel's test compiles it. On CI the examples are fixed, so
# that a red run can be repeated; elsewhere they differ each time, so that more is explored.
hypothesis.settings.register_profile("mm", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("mm")

REPOSITORY = Path(__file__).parents[1]
MARKET_DATA = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session")
def xbtusd() -> Path:
    """Give the directory of a real hour of BitMEX XBTUSD (quotes and trades), or skip."""
    return _market_data("bitmex_XBTUSD_2024-08-01")


@pytest.fixture(scope="session")
def ethusdt() -> Path:
    """Give the directory of six real minutes of Binance ETHUSDT (with the book), or skip."""
    return _market_data("binance-futures_ETHUSDT_2024-08-08")


def _market_data(name: str) -> Path:
    directory = MARKET_DATA / name
    if not directory.is_dir():
        pytest.skip(f"real market data is not on this machine: {directory}")
    return directory
