"""The example distribution, as a stranger uses it: built, installed beside mm, listed, run, tested.

It is installed into a folder of its own, which PYTHONPATH adds, so that this environment stays as
it is. Everything happens in other processes: this one has read its plugins already.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
EXAMPLE = "example/mm-example-strategy"


def run(*arguments: str, path: Path | None = None) -> str:
    """Run a module of this Python at the top of the repository; return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(path)} if path else None
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the example's wheel and install it; give the folder it is in."""
    folder = tmp_path_factory.mktemp("example")
    # Neither pip's configuration nor an index may have a say; hatchling is in the test extra.
    pip = ("pip", "--isolated", "--disable-pip-version-check")
    wheels = str(folder / "wheels")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, EXAMPLE)
    (wheel,) = (folder / "wheels").iterdir()
    target = folder / "installed"
    run(*pip, "install", "--no-deps", "--no-index", "--target", str(target), str(wheel))
    return target


def test_mm_lists_the_example_under_its_own_package(installed: Path) -> None:
    listing = json.loads(run("mm", "plugins", "--json", path=installed))
    assert listing["failures"] == []
    (joiner,) = (part for part in listing["parts"] if part["name"] == "Joiner")
    assert joiner["kind"] == "strategy"
    assert joiner["package"] == "mm-example-strategy"
    assert joiner["version"] == "0.1.0"


def test_the_example_trades_on_the_sample_within_its_limits(
    installed: Path, tmp_path: Path
) -> None:
    arguments = ("--config", f"{EXAMPLE}/run.toml", "--output", str(tmp_path), "--json", "--quiet")
    summary = json.loads(run("mm", "backtest", *arguments, path=installed))
    assert summary["status"] == "complete"
    assert summary["fills"] == summary["maker_fills"] > 0
    assert 0 < summary["max_position"] <= 500


def test_the_examples_own_tests_pass(installed: Path) -> None:
    report = run("pytest", "-q", "-p", "no:cacheprovider", EXAMPLE, path=installed)
    assert " passed" in report
