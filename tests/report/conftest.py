"""Short runs, made once, to report."""

from pathlib import Path

import pytest
from tests.short_market import write_run_file

import mm


@pytest.fixture(scope="session")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run file over the first 75 s of the sample."""
    return write_run_file(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="session")
def run(run_file: Path, tmp_path_factory: pytest.TempPathFactory) -> mm.Run:
    """A run of it, with some fills."""
    return mm.backtest(run_file, run_dir=tmp_path_factory.mktemp("runs"), progress=False)


@pytest.fixture(scope="session")
def idle(tmp_path_factory: pytest.TempPathFactory) -> mm.Run:
    """A run that ends before it has a model, and so no order and no fill."""
    run_file = write_run_file(tmp_path_factory.mktemp("short"), seconds=15)
    return mm.backtest(run_file, run_dir=tmp_path_factory.mktemp("idle"), progress=False)


@pytest.fixture(scope="session")
def page(run: mm.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the run with fills."""
    return run.report(tmp_path_factory.mktemp("page") / "page.html")
