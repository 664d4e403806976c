"""A short run, made once, and its run file."""

from pathlib import Path

import pytest
from tests.short_market import RUN_FILE, cut_sample

import mm


@pytest.fixture(scope="session")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run file over the first 75 s of the sample."""
    folder = tmp_path_factory.mktemp("market")
    cut_sample(folder, 75)
    path = folder / "run.toml"
    path.write_text(RUN_FILE.format(data=folder), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def run(run_file: Path, tmp_path_factory: pytest.TempPathFactory) -> mm.Run:
    """A run of it."""
    return mm.backtest(run_file, run_dir=tmp_path_factory.mktemp("runs"), progress=False)
