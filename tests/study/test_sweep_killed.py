"""``kill -9`` again and again in one study: the table is the undisturbed one, no run made twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.short_market import write_run_file

STUDY = """\
[study]
base = "$HERE/run.toml"
sampler = "{sampler}"
runs = 16
seed = 5
[[axis]]
key = "strategy.avellaneda.gamma"
distribution = "loguniform"
from = 0.05
to = 0.5
[[axis]]
key = "execution.latency_ms"
values = [1, 9]
"""


def start(study: Path, folder: Path, out: Path) -> subprocess.Popen[bytes]:
    words = ["sweep", str(study), "--output", str(folder), "--json", "--quiet"]
    with out.open("wb") as file:  # a pipe would fill up, and stop it
        return subprocess.Popen(
            [sys.executable, "-m", "mm", *words], stdout=file, start_new_session=True
        )


def table(study: Path, folder: Path, out: Path) -> list[dict[str, Any]]:
    assert start(study, folder, out).wait(timeout=100) == 0
    return [json.loads(line) for line in out.read_bytes().splitlines()]


def lines(folder: Path) -> list[bytes]:
    """Whole lines of the results."""
    path = folder / "results.jsonl"
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def kill_after(process: subprocess.Popen[bytes], folder: Path, rows: int, more_s: float) -> None:
    """Kill, once so many more rows are there, and a little later."""
    wanted = len(lines(folder)) + rows
    end = time.monotonic() + 60
    while process.poll() is None and len(lines(folder)) < wanted and time.monotonic() < end:
        time.sleep(0.002)
    time.sleep(more_s)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize(("sampler", "kills"), [("random", 2), ("tpe", 2)])
def test_a_study_killed_at_random_ends_as_if_it_had_not_been(
    tmp_path: Path, sampler: str, kills: int
) -> None:
    write_run_file(tmp_path, 30)
    study = tmp_path / "study.toml"
    objective = '[[objective]]\nfigure = "equity"\n' if sampler == "tpe" else ""
    study.write_text(STUDY.format(sampler=sampler) + objective)
    chance = random.Random(sampler)
    folder, out = tmp_path / "killed", tmp_path / "out"
    for _ in range(kills):
        done = lines(folder)
        process = start(study, folder, out)
        kill_after(process, folder, chance.randrange(1, 4), chance.random() / 20)
        assert lines(folder)[: len(done)] == done
    killed = table(study, folder, out)
    keys = [json.loads(line)["key"] for line in lines(folder)]
    assert len(keys) == len(set(keys)) == len({row["key"] for row in killed})
    assert killed == table(study, tmp_path / "undisturbed", out)
    assert len(killed) == 16
