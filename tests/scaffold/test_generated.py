"""What ``mm plugins new`` writes works at once: it installs, is listed, and passes its own tests,
the kit's rules, lint and types, for each kind.
"""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.scaffold.laid_down import REPOSITORY, lay_down, run

from mm.registry import Registry, build_registry
from mm.scaffold import KINDS, choose_names, render, write_new

NOTHING: Registry = build_registry([])
SETTINGS = {"connector": ("--set", "data.events_file={}/sample.csv")}
"""What a kind has to be told before it can be checked."""


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a distribution of each kind: ``<folder>/<kind>``."""
    folder = tmp_path_factory.mktemp("generated")
    for kind in KINDS:
        write_new(folder / kind, render(choose_names(kind, f"my-{kind}", NOTHING)))
        lay_down(folder / kind)
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_its_own_tests_pass(projects: Path, kind: str) -> None:
    folder = projects / kind
    report = run("pytest", "-q", "-p", "no:cacheprovider", path=folder / "src", folder=folder)
    assert " passed" in report
    assert "skipped" not in report


@pytest.mark.parametrize("kind", KINDS)
def test_the_kit_finds_nothing_to_change_or_left_to_try(projects: Path, kind: str) -> None:
    folder = projects / kind
    settings = [text.format(folder) for text in SETTINGS.get(kind, ())]
    answer = run(
        "mm", "plugins", "check", f"my-{kind}", "--json", "--quiet", *settings,
        path=folder / "src", folder=folder,
    )  # fmt: skip
    (report,) = json.loads(answer)["plugins"]
    findings = [finding for part in report["parts"] for finding in part["findings"]]
    assert [one for one in findings if not (one["ok"] and one["checked"])] == []


@pytest.mark.parametrize("kind", KINDS)
def test_its_run_file_runs(projects: Path, kind: str, tmp_path: Path) -> None:
    folder = projects / kind
    data = [] if kind == "connector" else ["--data", str(REPOSITORY / "example" / "data_sample")]
    answer = run(
        "mm", "backtest", "--config", "run.toml", "--output", str(tmp_path), "--json", "--quiet",
        *data, path=folder / "src", folder=folder,
    )  # fmt: skip
    summary = json.loads(answer)
    assert summary["status"] == "complete"
    assert summary["fills"] > 0


@pytest.mark.skipif(importlib.util.find_spec("ruff") is None, reason="ruff is not installed")
@pytest.mark.parametrize("name", ["ab", "my-own", "a-b-c-d-e", "x" * 30], ids=len)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_formatted_and_lints_however_long_its_name(
    tmp_path: Path, kind: str, name: str
) -> None:
    write_new(tmp_path / name, render(choose_names(kind, name, NOTHING)))
    run("ruff", "check", "--no-cache", folder=tmp_path / name)
    run("ruff", "format", "--check", "--no-cache", folder=tmp_path / name)


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_it_is_typed_strictly(projects: Path) -> None:
    sources = [str(projects / kind / part) for kind in KINDS for part in ("src", "tests")]
    config = str(projects / KINDS[0] / "pyproject.toml")
    cache = str(projects / "mypy-cache")
    run("mypy", "--config-file", config, "--cache-dir", cache, *sources, folder=projects)


def test_it_builds_and_installs(projects: Path, tmp_path: Path) -> None:
    """As a stranger's pip would, but into a folder, and without an index."""
    command = [
        sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install",
        "--no-deps", "--no-build-isolation", "--no-index", "--target", str(tmp_path),
        str(projects / "strategy"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = json.loads(run("mm", "plugins", "show", "MyStrategy", "--json", path=tmp_path))
    assert (found["package"], found["version"]) == ("my-strategy", "0.1.0")
    assert (tmp_path / "my_strategy" / "py.typed").is_file()
