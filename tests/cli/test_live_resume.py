"""``mm live`` killed at random moments and taken up again, until it is told to stop.

Three kills here; ``MM_KILLS=50 pytest tests/cli/test_live_resume.py -s`` for more, and what they
came to.
"""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.cli.live_process import exchange, mm, start

from mm.rows import find_table

KILLS = int(os.environ.get("MM_KILLS", "3"))
TABLES = ("trades", "orders", "order_events", "positions", "quotes")
SPEED = "5"  # faster, a busy machine would fall behind, and late prints fill nothing
PATIENCE_S = 300


@attrs.frozen
class Joined:
    """A run that was killed again and again, and then ended by itself."""

    run: Path
    recording: Path
    summary: dict[str, Any]
    replayed: dict[str, Any]
    left: list[dict[str, bytes]]
    """Each table's whole rows, as each kill left them."""
    log: str


def resume(run: Path, *arguments: str) -> "subprocess.Popen[str]":
    return mm("live", "--resume", str(run), *arguments)


def whole_rows(run: Path) -> dict[str, bytes]:
    found = {}
    for name in TABLES:
        path = find_table(run, name)
        data = b"" if path is None else path.read_bytes()
        found[name] = data[: data.rfind(b"\n") + 1]
    return found


def wait_for(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            return
    pytest.fail(f"it ended without saying {word!r}")


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def replay(recording: Path, folder: Path) -> dict[str, Any]:
    process = mm("backtest", "--config", f"{recording}/replay.toml", "--json", "--quiet",
                 "--output", str(folder))  # fmt: skip
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (0, 6), err  # 6: there was nothing for a large part of the time
    found: dict[str, Any] = json.loads(out)
    return found


def first_life(url: str, folder: Path, *arguments: str) -> Path:
    """Start a session, and kill it once a fill is on the disk."""
    process = start(url, folder, "--quiet", *arguments)
    until = time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < until:
            for run in folder.glob("run/*_run1"):
                if whole_rows(run)["trades"].count(b"\n") > 3:
                    return run
            time.sleep(0.05)
    finally:
        kill(process)
    pytest.fail("no fill came to the disk")


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joined]:
    folder = tmp_path_factory.mktemp("resumed")
    draw = random.Random(KILLS)
    recording = folder / "recording"
    with exchange("--speed", SPEED, "--loop") as url:
        run = first_life(url, folder, "--record", str(recording), "--raw")
        left = [whole_rows(run)]
        for n in range(KILLS - 1):
            process = resume(run, "--log-format", "json")
            if (
                n % 2 == 0
            ):  # a life in which something happens; the others may end before they begin
                wait_for(process, '"missed"')
            time.sleep(draw.uniform(0.0, 3.0))
            kill(process)
            left.append(whole_rows(run))
        process = resume(run, "--duration", "2s", "--json", "--log-format", "json")
        out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, err
        yield Joined(run, recording, json.loads(out), replay(recording, folder / "a"), left, err)


def test_its_recording_replays_to_the_same(joined: Joined) -> None:
    same = ("digest", "position", "realized_pnl", "fees_paid", "rebates_earned", "funding",
            "equity", "fills", "orders", "rows", "sides", "last_ts")  # fmt: skip
    found = {key: joined.summary[key] for key in same}
    assert found == {key: joined.replayed[key] for key in same}
    assert joined.summary["fills"] >= 3
    print(KILLS, "kills:", found)


def test_what_a_kill_left_is_the_beginning_of_what_came_of_it(joined: Joined) -> None:
    end = whole_rows(joined.run)
    for left in joined.left:
        for name in TABLES:
            assert end[name].startswith(left[name]), name
    trades = [rows["trades"].count(b"\n") for rows in joined.left]
    assert trades == sorted(trades)
    print("fills on the disk at each kill:", trades)


def test_the_gap_is_told(joined: Joined) -> None:
    gap = joined.summary["live"]["gaps"][0]
    assert gap["reason"] == "mm was not running"
    assert gap["end"] > gap["start"]
    lines = [json.loads(line) for line in joined.log.splitlines() if line.startswith("{")]
    (missed,) = [line["text"] for line in lines if line["event"] == "missed"]
    assert "nothing is known: mm was not running; orders that worked" in missed
    (taken,) = [line["text"] for line in lines if line["event"] == "resumed"]
    assert f"took the run up from {joined.recording}, up to " in taken


def test_a_session_that_ended_is_taken_up_and_waited_for(joined: Joined, tmp_path: Path) -> None:
    """While one process has it, no other gets it."""
    with exchange("--speed", SPEED, "--loop") as url:
        run = first_life(url, tmp_path, "--record", str(tmp_path / "recording"))
        process = resume(run, "--json")
        wait_for(process, "the book is live")
        second = resume(run, "--json")
        assert second.communicate(timeout=60)[1] == (
            f"mm: {run}: the run still goes on; stop it before it is taken up\n"
        )
        assert second.returncode == 2
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        before = json.loads(out)
        assert (process.returncode, before["status"]) == (130, "interrupted")
        third = resume(run, "--duration", "1s", "--json", "--quiet")
        out, err = third.communicate(timeout=60)
        assert third.returncode == 0, err
    after = json.loads(out)
    assert after["status"] == "complete"
    assert after["decisions"] > before["decisions"]
    assert after["digest"] == replay(tmp_path / "recording", tmp_path / "again")["digest"]
