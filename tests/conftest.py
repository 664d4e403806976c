"""Settings and fixtures that every test shares."""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from tests.distributions import lay_down

# No deadline: the first example of a kernel's test compiles it. The examples are fixed, so that a
# red run can be repeated; pytest --hypothesis-profile=explore looks among others, each time anew.
hypothesis.settings.register_profile("mm", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("mm")

REPOSITORY = Path(__file__).parents[1]
MARKET_DATA = REPOSITORY.parent / "shared" / "data"
ORACLE = REPOSITORY.parent / "shared" / "reference" / "oracle.json"

FIRST = (
    "run/test_determinism.py",  # compiles what a run needs, and is among the longest
    "test_layout.py",  # needs none, nor do those of config: by then they are compiled
    "config/",
    # Of a few tests that take long:
    "cli/test_live.py",
    "cli/test_live_resume.py",
    "live/test_full_disk.py",
    "live/test_live_long.py",
    "scaffold/test_generated.py",
    "test_notebooks.py",
    "calibrate/test_calibrate_estimates.py",
    "report/",
    "study/",
    "run/test_mutations.py",
    "test_notebook_kernel.py",
    "record/test_killed.py",
    "prove/test_prove.py",
    "core/venue/test_venue_properties.py",
    "core/venue/test_against_naive.py",
    "core/venue/test_plain_python.py",
)
"""Files and folders of ``tests/`` to begin with, where two processes share the tests."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores: a quarter of the time is spent waiting for other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    """Have xdist keep the order of the tests below."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what takes long first, where several processes share the tests; then the larger files.

    xdist would go by the number of tests: a file with few long ones would come last, and one
    process may work on it while the others have nothing left to do. And two may begin by compiling
    the same kernels.
    """
    if not hasattr(config, "workerinput"):
        return
    tests = REPOSITORY / "tests"
    count = Counter(item.path for item in items)

    def place(path: Path) -> tuple[int, int, str]:
        name = os.path.relpath(path, tests)
        found = (n for n, start in enumerate(FIRST) if name.startswith(start))
        return next(found, len(FIRST)), -count[path], name

    places = {path: place(path) for path in count}
    items.sort(key=lambda item: places[item.path])


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
