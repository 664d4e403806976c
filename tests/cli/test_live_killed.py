"""A live session that was killed: what it leaves, and what can be done with that."""

import time
from pathlib import Path

import attrs
import pytest
from tests.cli.live_process import exchange, start

from mm.rows import find_table


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
    with exchange("--speed", "20") as url:
        process = start(url, folder, "--record", str(recording), "--quiet", "--set", sinks)
        try:
            directory = _wait_for_fills(folder / "run", time.monotonic() + 90)
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
