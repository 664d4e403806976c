"""A live session that was killed: what it leaves, and what can be done with that."""

import signal
import time
from pathlib import Path
from typing import Final

import attrs
import pytest
from tests.cli.live_process import exchange, start

import mm
from mm.cli import main
from mm.rows import find_table

_PATIENCE_S: Final = 300
"""Its kernels may have to be compiled first, on a busy machine; the exchange plays on meanwhile."""


@attrs.frozen
class Killed:
    """What a session left that was killed a second and a half after a fill was seen on the disk."""

    directory: Path
    recording: Path


@pytest.fixture(scope="module", params=["csv", "parquet"])
def killed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Killed:
    folder = tmp_path_factory.mktemp(f"killed_{request.param}")
    sinks = f'output.sinks=["{request.param}"]'
    recording = folder / "recording"
    with exchange("--speed", "20", "--loop") as url:
        process = start(url, folder, "--record", str(recording), "--quiet", "--set", sinks)
        try:
            directory = _wait_for_fills(folder / "run", time.monotonic() + _PATIENCE_S)
            time.sleep(1.5)
        finally:
            process.kill()
            process.communicate()
    return Killed(directory, recording)


def _wait_for_fills(parent: Path, until: float) -> Path:
    while time.monotonic() < until:
        for directory in parent.glob("*_run1"):
            trades = find_table(directory, "trades")
            if trades is not None and trades.read_bytes().count(b"\n") > 3:
                return directory
        time.sleep(0.05)
    pytest.fail("no fill came to the disk")


@pytest.mark.parametrize("name", ["trades", "orders", "order_events", "positions", "quotes"])
def test_its_files_hold_whole_rows(killed: Killed, name: str) -> None:
    path = find_table(killed.directory, name)
    assert path is not None
    header, *rows = path.read_text().splitlines(keepends=True)
    assert len(rows) > 2
    assert {row.count(",") for row in rows} == {header.count(",")}
    assert rows[-1].endswith("\n")


def test_it_is_opened_listed_and_explained_up_to_there(
    killed: Killed, capsys: pytest.CaptureFixture[str]
) -> None:
    found = mm.open_run(killed.directory)
    assert found.status == "killed"
    assert found.summary["fills"] == len(found.trades) > 2
    assert found.summary["symbol"] == "XBTUSD"
    assert found.metrics["orders"]["orders"] >= 1
    assert main(["runs", str(killed.directory.parent)]) == 0
    assert f"{killed.directory.name}  killed  XBTUSD" in capsys.readouterr().out
    assert main(["explain", str(killed.directory), "1"]) == 0
    story = capsys.readouterr().out
    assert story.startswith("the run was killed before its end")
    assert "\nFill 1 of " in story
    files = "trades, quotes, book, derivative_ticker"
    assert f"{files}: as the recording has them; the run left no sha256\n" in story
    assert "took from our side\n" in story


def test_while_it_goes_on_it_is_running(tmp_path: Path) -> None:
    with exchange("--speed", "20", "--loop") as url:
        process = start(url, tmp_path, "--quiet")
        try:
            directory = _wait_for_fills(tmp_path / "run", time.monotonic() + _PATIENCE_S)
            assert mm.open_run(directory).status == "running"
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        finally:
            process.kill()
            process.communicate()
    assert mm.open_run(directory).status == "interrupted"
