"""A short run, made once, and its run file."""

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
    """A run of it."""
    return mm.backtest(run_file, run_dir=tmp_path_factory.mktemp("runs"), progress=False)
