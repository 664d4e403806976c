"""Settings and fixtures that every test shares."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from tests.distributions import lay_down

# No deadline: the first example of a kernel's test compiles it. On CI the examples are fixed, so
# that a red run can be repeated; elsewhere they differ each time, so that more is explored.
hypothesis.settings.register_profile("mm", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("mm")

REPOSITORY = Path(__file__).parents[1]
MARKET_DATA = REPOSITORY.parent / "shared" / "data"
ORACLE = REPOSITORY.parent / "shared" / "reference" / "oracle.json"


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


@pytest.fixture(scope="session")
def oracle() -> dict[str, Any]:
    """Give the values of the papers' models that were computed elsewhere, or skip."""
    if not ORACLE.is_file():
        pytest.skip(f"the reference values are not on this machine: {ORACLE}")
    values: dict[str, Any] = json.loads(ORACLE.read_text(encoding="utf-8"))
    return values


@pytest.fixture
def install(tmp_path: Path) -> Callable[[str], Path]:
    """Install a third-party plugin called ``thirdparty``; return the folder for PYTHONPATH."""

    def write(source: str) -> Path:
        site = tmp_path / "site"
        site.mkdir()
        lay_down(site, "thirdparty", "thirdparty", source, module="thirdparty")
        return site

    return write
