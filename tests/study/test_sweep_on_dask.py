"""``mm sweep --dask``: the table of the local pool, whoever dies; who differs is refused."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Any

import distributed
import psutil
import pytest
from tests.short_market import write_run_file

import mm
from mm.api import MMError
from mm.cli import main
from mm.registry import load_registry
from mm.study import Base, Cluster, outpost
from mm.study.check import versions_of

GAMMA = "strategy.avellaneda.gamma"
LATENCY = "execution.latency_ms"
VARY: dict[str, list[Any]] = {GAMMA: [0.1, 0.2, 0.3, 0.4], LATENCY: [1, 9]}
FLAGS = ["--vary", f"{GAMMA}=0.1,0.2,0.3,0.4", "--vary", f"{LATENCY}=1,9"]


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run_file(tmp_path_factory.mktemp("market"), 30)


@pytest.fixture(scope="module")
def table(run_file: Path) -> list[dict[str, Any]]:
    """What the local pool makes of it."""
    return mm.sweep(run_file, VARY, progress=False).rows


class Machines:
    """A scheduler and workers, each a process with a folder for temporary files of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ""
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        number = len(self._processes)
        scratch = self.folder / f"tmp{number}"
        scratch.mkdir()
        with (self.folder / f"log{number}").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words], stdout=log, stderr=log, cwd=scratch,
                env={**os.environ, "TMPDIR": str(scratch), **environment},
            )  # fmt: skip
        self._processes.append(process)
        return process

    def schedule(self) -> None:
        path = self.folder / "scheduler.json"
        words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.start("scheduler", *words, "--scheduler-file", str(path))
        wait_until(path.exists)
        self.address = json.loads(path.read_text())["address"]

    def work(self, name: str, **environment: str) -> subprocess.Popen[bytes]:
        words = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name)
        process = self.start("worker", self.address, *words, **environment)
        log = self.folder / f"log{len(self._processes) - 1}"
        wait_until(lambda: b"Starting established connection" in log.read_bytes())
        return process

    def left(self) -> list[str]:
        """Files and processes of runs that are left."""
        files = [str(path) for path in self.folder.glob("tmp*/mm-sweep-*")]
        return files + [
            str(child)
            for process in self._processes if process.poll() is None
            for child in psutil.Process(process.pid).children(recursive=True)
        ]  # fmt: skip

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()


def wait_until(holds: Callable[[], bool], most_s: float = 60.0) -> None:
    end = time.monotonic() + most_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    made = Machines(tmp_path)
    try:
        made.schedule()
        yield made
    finally:
        made.stop()


def test_a_worker_killed_in_the_middle_costs_nothing_but_time(
    run_file: Path, table: Any, machines: Machines, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    doomed = machines.work("doomed")
    machines.work("lasting")
    folder = machines.folder / "study"
    rows = folder / "results.jsonl"

    def kill() -> None:
        wait_until(lambda: rows.exists() and rows.read_bytes().count(b"\n") >= 2)
        doomed.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    words = ["sweep", "--config", str(run_file), "--output", str(folder), *FLAGS]
    assert main([*words, "--dask", machines.address, "--json", "--quiet"]) == 0
    killer.join()
    out = capsys.readouterr().out
    assert [json.loads(line) for line in out.splitlines()] == table
    assert len(rows.read_text().splitlines()) == len(table)
    with suppress(AssertionError):
        wait_until(lambda: not machines.left(), 20)
    assert machines.left() == []
    before = rows.read_bytes()
    assert mm.sweep(run_file, VARY, output=folder, progress=False).rows == table
    assert rows.read_bytes() == before  # a study goes on here as there
    refused_by_name(run_file, machines)


def refused_by_name(run_file: Path, machines: Machines) -> None:
    """A worker with another version of a plugin joins."""
    about = machines.folder / "other" / "mm_other-9.9.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mm-other\nVersion: 9.9\n")
    (about / "entry_points.txt").write_text("[mm_engine.plugins]\nother = other_plugin\n")
    (about.parent / "other_plugin.py").write_text("")
    machines.work("odd", PYTHONPATH=str(about.parent))
    with pytest.raises(MMError, match=r"^Dask worker odd at tcp.*: has mm-other, which"):
        mm.sweep(run_file, VARY, dask=machines.address, progress=False)


async def test_local_is_a_cluster_in_this_process(run_file: Path, table: Any) -> None:
    found = await mm.asweep(run_file, VARY, dask="local", processes=2, progress=False)
    assert found.rows == table


def test_no_scheduler_no_sweep(run_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mm.study.cluster._ANSWER_S", 0.5)
    with pytest.raises(MMError, match=r"^tcp://127.0.0.1:9: no Dask scheduler answers"):
        mm.sweep(run_file, VARY, dask="tcp://127.0.0.1:9", progress=False)


@pytest.fixture
def job(run_file: Path) -> Iterator[dict[str, Any]]:
    """What a Dask worker is asked."""
    yield {
        "study": "one", "folder": str(run_file.parent), "config": str(run_file),
        "text": run_file.read_text(), "overrides": [], "market": None, "data": [], "files": {},
        "versions": versions_of(load_registry()),
    }  # fmt: skip
    outpost.dismiss("one")
    outpost._over.clear()


def test_other_bytes_and_other_versions_are_refused_and_what_is_alike_is_not(
    run_file: Path, job: dict[str, Any]
) -> None:
    quotes = str(run_file.parent / "quotes.csv.gz")
    other = outpost.make(job | {"data": [[quotes, "0" * 64]]})
    assert other is not None
    assert other["refused"].startswith(f"has other bytes at {quotes}: their sha256 is ")
    old = [one.replace("mm-engine ", "mm-engine 0.0.") for one in job["versions"]]
    refused = outpost.make(job | {"versions": [*old, "mm-more 2"], "check": True})
    assert refused == {"refused": "has mm-engine 0.1.0, not 0.0.0.1.0; has no mm-more"}
    assert outpost.make(job | {"folder": "/none", "study": "two"}) == {
        "refused": "has no folder /none, from which the paths are seen"
    }
    gone = outpost.make(job | {"text": job["text"].replace("trades.csv.gz", "none.csv.gz")})
    assert gone is not None
    assert gone["refused"].startswith("cannot read the data: ")
    done = outpost.make(job)
    assert done is not None
    assert done["status"] == "complete"


def test_a_process_that_dies_is_replaced_and_a_study_that_is_over_gets_none(
    job: dict[str, Any],
) -> None:
    assert outpost.make(job | {"check": True}) == {"status": "ready"}
    (process,) = outpost._idle
    process._process.kill()
    assert outpost.make(job | {"check": True}) is None
    assert outpost._idle == []
    assert outpost.make(job | {"check": True}) == {"status": "ready"}
    outpost.dismiss("one")
    assert outpost.make(job | {"check": True}) is None
    assert (outpost._idle, outpost._busy) == ([], [])


def test_the_dask_extra_is_named_where_it_is_missing(
    run_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mm.extras.find_spec", lambda name: None)
    with pytest.raises(MMError, match=r"^a sweep on a Dask cluster needs distributed, which is no"):
        mm.sweep(run_file, VARY, dask="local", progress=False)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (CancelledError(), "^the Dask cluster at far is gone: CancelledError; run the same again"),
        (ModuleNotFoundError("No module named 'mm'"), "at far cannot run mm: .* named 'mm'; make"),
    ],
    ids=["gone", "bare"],
)
async def test_what_becomes_of_a_task_is_said_in_a_sentence(
    run_file: Path, error: Exception, text: str
) -> None:
    with pytest.raises(MMError, match=text):
        await answered(run_file, error)


async def test_a_set_that_loses_worker_after_worker_is_a_failed_row(run_file: Path) -> None:
    nobody: Any = None
    found = await answered(run_file, distributed.KilledWorker("task", nobody, 3))
    assert found is not None
    assert found["status"] == "failed"
    assert found["error"] == "the Dask workers that ran it died, one after the other"


async def answered(run_file: Path, error: Exception) -> Any:
    """What a cluster makes of a task that raises."""

    class Client:
        def submit(self, *args: Any, **more: Any) -> Any:
            return self

        def result(self) -> Any:
            raise error

    cluster = Cluster(Base(run_file, load_registry()), "far")
    cluster._client = Client()
    async with await cluster.worker() as worker:
        return await worker.make({})
