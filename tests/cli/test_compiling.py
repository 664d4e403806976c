"""Compiling in a second process while the data are read: it works for what is shipped, and ends."""

import signal
import subprocess
from contextlib import nullcontext
from pathlib import Path

import pytest

from mm.cli import running
from mm.run import warm

REPOSITORY = Path(__file__).parents[2]
RUN_FILES = [
    path
    for folder in ("config", "example")
    for path in sorted((REPOSITORY / folder).glob("*.toml"))
    if "from_csv = false" not in path.read_text(encoding="utf-8")
    and "connector = " not in path.read_text(encoding="utf-8")
    and "[study]" not in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("path", RUN_FILES, ids=lambda path: path.name)
def test_the_made_up_run_goes_through_for_what_is_shipped(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would stop before the kernels that take longest, unseen."""
    monkeypatch.setattr(warm, "suppress", lambda *_: nullcontext())
    monkeypatch.chdir(REPOSITORY)
    warm.main(str(path), [])


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say that nothing is compiled, though it is."""
    monkeypatch.setattr(running, "is_cold", lambda _: True)


def test_it_is_waited_for_and_says_nothing(cold: None, capfd: pytest.CaptureFixture[str]) -> None:
    with running.compiling_beside(str(REPOSITORY / "example/backtest.toml"), []) as wait:
        assert wait() == 0
    assert capfd.readouterr() == ("", "")


def test_a_process_that_fails_is_the_runs_business(cold: None) -> None:
    with running.compiling_beside("no.toml", []) as wait:
        assert wait() != 0


def test_who_leaves_early_leaves_nothing_running(cold: None) -> None:
    with running.compiling_beside(str(REPOSITORY / "example/backtest.toml"), []) as wait:
        process = wait.__self__  # type: ignore[attr-defined]
    assert process.returncode == -signal.SIGKILL


def test_nothing_is_started_where_all_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "is_cold", lambda _: False)
    monkeypatch.setattr(subprocess, "Popen", None)
    with running.compiling_beside("no.toml", []) as wait:
        assert wait() is None
