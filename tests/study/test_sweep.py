"""``mm sweep``: the digests of single runs, taken up again after a kill, whoever dies."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.short_market import write_run_file

import mm
from mm.cli import main

GAMMA = "strategy.avellaneda.gamma"
LATENCY = "execution.latency_ms"
VARY = ("--vary", f"{GAMMA}=0.1,0.4", "--vary", f"{LATENCY}=1,9")


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run_file(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="module")
def singles(run_file: Path) -> dict[tuple[float, float], str]:
    """(gamma, latency) -> digest of a run alone."""
    return {
        (gamma, latency): mm.backtest(
            run_file, {GAMMA: gamma, LATENCY: latency}, run_dir=None, progress=False
        ).digest
        for gamma in (0.1, 0.4)
        for latency in (1, 9)
    }


def words(run_file: Path, folder: Path, *more: str) -> list[str]:
    return ["sweep", "--config", str(run_file), "--output", str(folder), "--json", "--quiet", *more]


def rows_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def digests(rows: list[dict[str, Any]]) -> dict[tuple[float, float], str]:
    return {(row["set"][GAMMA], row["set"][LATENCY]): row["digest"] for row in rows}


def test_every_set_comes_to_what_a_run_alone_does(
    run_file: Path, tmp_path: Path, singles: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(run_file, tmp_path / "study", *VARY)) == 0
    rows = rows_of(capsys.readouterr().out)
    assert digests(rows) == singles
    assert [tuple(row["set"].values()) for row in rows] == [(0.1, 1), (0.1, 9), (0.4, 1), (0.4, 9)]
    assert all(row["status"] == "complete" for row in rows)
    for row in rows:
        counted = row["metrics"]["markouts"]["all"]["0.1"]["count"]
        assert counted == row["summary"]["fills"]
        assert math.fsum(row["blocks"]["equity"]) == row["summary"]["equity"]
        assert len(row["blocks"]["equity"]) == 48
        assert row["blocks"]["start"] == rows[0]["blocks"]["start"]
        assert row["run_file"]["path"] == str(run_file.resolve())
        assert len(row["run_file"]["overrides"]) == 2
    assert sum(row["summary"]["fills"] for row in rows) > 0
    assert [path.name for path in (tmp_path / "study").iterdir()] == ["results.jsonl"]


def test_what_is_done_is_not_done_again_and_new_values_are_added(
    run_file: Path, tmp_path: Path, singles: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(run_file, tmp_path, "--vary", f"{GAMMA}=0.1", "--vary", f"{LATENCY}=1")) == 0
    before = (tmp_path / "results.jsonl").read_bytes()
    assert main(words(run_file, tmp_path, *VARY)) == 0
    assert (tmp_path / "results.jsonl").read_bytes().startswith(before)
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 4
    whole = (tmp_path / "results.jsonl").read_bytes()
    assert main(words(run_file, tmp_path, *VARY)) == 0
    assert (tmp_path / "results.jsonl").read_bytes() == whole
    assert digests(rows_of(capsys.readouterr().out)[-4:]) == singles
    assert main(words(run_file, tmp_path, *VARY, "--set", "engine.seed=5")) == 0
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 8


def test_without_a_terminal_lines_say_how_it_goes(
    run_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("mm.cli.sweeping._LINE_EVERY_S", 0.02)
    argv = [word for word in words(run_file, tmp_path, *VARY) if word not in ("--json", "--quiet")]
    assert main([*argv, "--processes", "1"]) == 0
    first, *lines, last = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"4 sets, 1 at a time; .* rows to decide on, perhaps \d+ s", first)
    assert re.fullmatch(r"4 sets: 4 run in \d+ s", last)
    form = (
        r"\d of 4 sets(, .* rows/s, best equity \S+ \(gamma=\S+, latency_ms=\d\)(, \d+ s left)?)?"
    )
    assert all(re.fullmatch(form, line) for line in lines)
    assert any("left" in line for line in lines)
    assert main(argv) == 0
    assert capsys.readouterr().err == "4 sets, 4 of them done already\n"


def test_half_a_line_at_the_end_is_made_again(
    run_file: Path, tmp_path: Path, singles: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(run_file, tmp_path, *VARY)) == 0
    path = tmp_path / "results.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2]) + lines[2][:50])
    capsys.readouterr()
    assert main(words(run_file, tmp_path, *VARY)) == 0
    assert digests(rows_of(capsys.readouterr().out)) == singles
    assert len(path.read_text().splitlines()) == 4


@pytest.fixture
def sweeping(run_file: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A sweep of six sets in a process of its own, once the first row is there."""
    more = ("--vary", f"{GAMMA}=0.1,0.2,0.4", "--vary", f"{LATENCY}=1,9", "--processes", "1")
    with subprocess.Popen(
        [sys.executable, "-m", "mm", *words(run_file, tmp_path, *more)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        path = tmp_path / "results.jsonl"
        end = time.monotonic() + 100
        while not (path.exists() and path.read_bytes()) and time.monotonic() < end:
            time.sleep(0.02)
        yield process
        process.kill()


def finish(run_file: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    more = ("--vary", f"{GAMMA}=0.1,0.2,0.4", "--vary", f"{LATENCY}=1,9")
    assert main(words(run_file, folder, *more)) == 0
    rows = rows_of(capsys.readouterr().out)
    return {key: digest for key, digest in digests(rows).items() if key[0] in (0.1, 0.4) and
            key[1] in (1, 9)}  # fmt: skip


def below(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += [int(child), *below(int(child))]
    return found


def test_a_kill_leaves_no_process_and_no_file(sweeping: subprocess.Popen[str]) -> None:
    pids = below(sweeping.pid)
    if not pids:
        pytest.skip("this system does not tell a process's children")
    (told,) = {
        Path(os.readlink(fd)).parts[2]
        for pid in pids
        for fd in Path(f"/proc/{pid}").glob("map_files/*")
        if "mm-sweep-" in os.readlink(fd)
    }
    scratch = Path("/tmp") / told
    assert scratch.exists()
    sweeping.kill()
    sweeping.wait()
    end = time.monotonic() + 20
    while time.monotonic() < end and (scratch.exists() or any(map(alive, pids))):
        time.sleep(0.05)
    assert not scratch.exists()
    assert not any(map(alive, pids))


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return False
    return state != "Z"


def test_a_kill_loses_only_what_was_running(
    sweeping: subprocess.Popen[str], run_file: Path, tmp_path: Path, singles: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    sweeping.kill()
    sweeping.wait()
    done = (tmp_path / "results.jsonl").read_text().splitlines()
    assert 1 <= len(done) < 6
    assert finish(run_file, tmp_path, capsys) == singles
    assert (tmp_path / "results.jsonl").read_text().splitlines()[: len(done)] == done


def test_an_interrupt_says_how_to_go_on(
    sweeping: subprocess.Popen[str], run_file: Path, tmp_path: Path, singles: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    sweeping.send_signal(signal.SIGINT)
    _, err = sweeping.communicate(timeout=60)
    assert sweeping.returncode == 130
    done = len((tmp_path / "results.jsonl").read_text().splitlines())
    assert err == (
        f"mm: interrupted with {done} of 6 sets done; run the same command again to go on\n"
    )
    assert finish(run_file, tmp_path, capsys) == singles


def test_a_second_sweep_in_the_folder_is_refused(
    sweeping: subprocess.Popen[str], run_file: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert main(words(run_file, tmp_path, *VARY)) == 2
    assert "another mm sweep is at work here" in capsys.readouterr().err


def test_a_worker_that_dies_costs_nothing_but_time(
    sweeping: subprocess.Popen[str], run_file: Path, tmp_path: Path, singles: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    pids = below(sweeping.pid)
    if not pids:
        pytest.skip("this system does not tell a process's children")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    out, err = sweeping.communicate(timeout=100)
    assert (sweeping.returncode, len(rows_of(out))) == (0, 6), err
    assert all(row["status"] == "complete" for row in rows_of(out))
    assert singles.items() <= digests(rows_of(out)).items()


def test_a_set_that_fails_is_a_row_and_is_tried_again(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A quote of 7 is no whole number of lots of 100: only building the strategy tells."""
    vary = ("--vary", "strategy.avellaneda.quote_size=7,100")
    for _ in range(2):
        assert main(words(run_file, tmp_path, *vary)) == 0
        bad, good = rows_of(capsys.readouterr().out)
        assert (bad["status"], bad["digest"], good["status"]) == ("failed", None, "complete")
        assert "quote_size" in bad["error"]
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 3
    argv = [word for word in words(run_file, tmp_path, *vary) if word != "--json"]
    assert main(argv) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].startswith("strategy.avellaneda.quote_size")
    assert "ConfigError:" in table[1]


def test_a_folder_that_is_none_of_a_study_is_refused(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results.jsonl").write_text("mine\n")
    assert main(words(run_file, tmp_path, *VARY)) == 2
    assert "results.jsonl:1: is no row of a study" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(words(run_file, tmp_path / "file", *VARY)) == 2
    assert "cannot be written to" in capsys.readouterr().err


STUDY = """\
[study]
base = "$HERE/run.toml"
output = "{output}"
sampler = "{sampler}"
runs = 4
[study.split]
train = 1
[[axis]]
key = "strategy.avellaneda.gamma"
distribution = "loguniform"
from = 0.05
to = 0.5
[[axis]]
name = "delay"
sets = [
  {{label = "near", execution.latency_ms = 1, execution.response_latency_ms = 1}},
  {{label = "far", execution.latency_ms = 9, execution.response_latency_ms = 9}},
]
"""


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_study_file_gives_runs_that_a_command_repeats(
    run_file: Path, tmp_path: Path, sampler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run_file.parent / f"{sampler}.toml"
    text = STUDY.format(output=tmp_path / "study", sampler=sampler)
    path.write_text(text + ('[[objective]]\nfigure = "equity"\n' if sampler == "tpe" else ""))
    assert main(["sweep", str(path), "--json", "--quiet"]) == 0
    rows = rows_of(capsys.readouterr().out)
    assert len(rows) == 4
    delays = {"near": 1, "far": 9}
    for row in rows[:2]:
        delay = delays[row["set"]["delay"]]
        keys = {GAMMA: row["set"][GAMMA], LATENCY: delay, "execution.response_latency_ms": delay}
        assert mm.backtest(run_file, keys, run_dir=None, progress=False).digest == row["digest"]
    assert json.loads((tmp_path / "study" / "split.json").read_text())["train"] == 1
    whole = (tmp_path / "study" / "results.jsonl").read_bytes()
    lines = whole.splitlines(keepends=True)
    (tmp_path / "study" / "results.jsonl").write_bytes(lines[0])
    again = mm.sweep(path, progress=False, processes=1)
    assert again.rows == rows
    assert mm.sweep(path, progress=False).rows == rows


def test_an_objective_that_no_run_has_ends_the_study(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ("--vary", f"{GAMMA}=uniform(0.1,0.4)", "--sampler", "tpe", "--runs", "9")
    assert main(words(run_file, tmp_path, *more, "--maximize", "metrics.sharpe")) == 2
    assert capsys.readouterr().err.startswith("mm: objective metrics.sharpe: runs have no such")
    assert 1 <= len((tmp_path / "results.jsonl").read_text().splitlines()) < 9


def test_flags_beside_a_study_file_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", "study.toml", "--runs", "3"]) == 2
    assert capsys.readouterr().err == (
        "mm: --runs: is what the study file says, study.toml; set it there\n"
    )
    assert main(["sweep", "--vary", "a=1"]) == 2
    assert "--config is absent, expected it, or a study file" in capsys.readouterr().err


def test_a_key_that_is_none_is_told_as_it_was_typed(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(run_file, tmp_path, "--vary", "execution.latency_mz=1,2")) == 3
    text = capsys.readouterr().err
    assert "--vary execution.latency_mz: unknown key, did you mean 'latency_ms'" in text
    assert "--set" not in text
