"""Workers on a Dask cluster: each run is a task, and Dask's scheduler says where and when.

Each Dask worker keeps processes like those of a local study, see ``outpost``. It reads the data by
path; before anything is run, what it has installed is compared with what is here, and with each
market the hashes of its files. Dask's client has a thread of its own; Trio waits beside it.

Of a Dask worker that is lost, Dask gives the tasks to others; of a task that loses several, it says
so (``distributed.scheduler.allowed-failures``), and its set is a failed row.
"""

import logging
import os
import shutil
import tempfile
import uuid
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import trio

from mm.api import MMError, UsageError
from mm.extras import need
from mm.simulate.processes import cores
from mm.study import outpost
from mm.study.check import Base, versions_of
from mm.study.rows import failure

LOCAL: Final = "local"
_ANSWER_S: Final = 10.0
"""Within which a scheduler answers, a worker is there, and processes are ended."""


class Cluster:
    """Makes workers. A context manager: it leaves nothing on the cluster."""

    def __init__(self, base: Base, address: str, most: int | None = None) -> None:
        """Connect to nothing yet.

        Args:
            base: what all runs have in common.
            address: of a scheduler, such as ``tcp://127.0.0.1:8786``; or ``local``.
            most: runs at a time; None = as many as the workers have threads.

        Raises:
            UsageError: ``distributed`` is not installed.
        """
        need("sweep", "a sweep on a Dask cluster", "distributed")
        self.base = base
        self.scratch = Path(tempfile.gettempdir())
        self.seats: int | None = most
        self.maps = False
        self._address = address
        self._stack = ExitStack()
        self._client: Any = None
        self._tasks: set[Any] = set()
        self._limit = trio.CapacityLimiter(1)
        self._common: dict[str, Any] = {}

    def __enter__(self) -> "Cluster":
        """Connect, and compare what is installed.

        Raises:
            MMError: no scheduler answers, it has no workers, or one has other versions.
        """
        try:
            self._client = self._connected()
            self._common = {
                "study": uuid.uuid4().hex,  # tells studies on one cluster apart; in no row
                "folder": os.getcwd(),
                "versions": versions_of(self.base.registry),
            }
            if self.base.text is None:
                self._common["text"] = self.base.path.read_text(encoding="utf-8-sig")
            self._compare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        """End what runs, at once."""
        if self._client is not None:
            with suppress(Exception):  # of a cluster that is gone
                self._client.cancel(list(self._tasks), force=True)
                self._client.run(outpost.dismiss, self._common["study"], on_error="ignore")
            with suppress(Exception):
                self._client.close(timeout=_ANSWER_S)
        self._stack.close()

    async def worker(self) -> "Seat":
        """Give a place from which one run is asked for after the other."""
        return Seat(self)

    async def make(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Have a run made somewhere; None = the process that made it died.

        Raises:
            MMError: a worker is not as this place is, or the cluster is gone.
        """
        task = self._client.submit(_make, asked | self._common, pure=False, retries=0)
        self._tasks.add(task)
        try:
            outcome: dict[str, Any] | None = await trio.to_thread.run_sync(
                task.result, abandon_on_cancel=True, limiter=self._limit
            )
        except import_module("distributed").KilledWorker:
            return failure("the Dask workers that ran it died, one after the other")
        except (CancelledError, OSError) as error:
            raise MMError(
                f"the Dask cluster at {self._address} is gone: {type(error).__name__}; run the same"
                " again to go on, there or here"
            ) from error
        except Exception as error:  # such as that a worker which came later has no mm
            raise MMError(
                f"a worker of the Dask cluster at {self._address} cannot run mm:"
                f" {type(error).__name__}: {error}; make it like this place, or stop it"
            ) from error
        finally:
            self._tasks.discard(task)
        return self._accepted(outcome)

    def _accepted(self, outcome: dict[str, Any] | None) -> dict[str, Any] | None:
        if outcome is not None and "refused" in outcome:
            raise UsageError(
                f"Dask worker {outcome['worker']}: {outcome['refused']}; make it like this place,"
                " or stop it"
            )
        return outcome

    def _connected(self) -> Any:
        distributed = import_module("distributed")
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # we say it ourselves
        where: Any = self._address
        if where == LOCAL:
            folder = tempfile.mkdtemp(prefix="mm-sweep-")
            self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
            where = self._stack.enter_context(
                distributed.LocalCluster(
                    n_workers=1, threads_per_worker=self.seats or cores(), processes=False,
                    dashboard_address=None, local_directory=folder,
                )
            )  # fmt: skip
        try:
            client = distributed.Client(where, timeout=_ANSWER_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise UsageError(
                f"{self._address}: no Dask scheduler answers: {error}; expected the address of one,"
                " such as tcp://127.0.0.1:8786, or local"
            ) from error
        try:
            client.wait_for_workers(1, timeout=_ANSWER_S)
        except TimeoutError as error:
            client.close()
            raise UsageError(
                f"{self._address}: the Dask scheduler has no workers; start one: dask worker"
                f" {self._address}"
            ) from error
        return client

    def _compare(self) -> None:
        """Look at each worker before anything runs.

        Raises:
            UsageError: one is not as this place is.
        """
        threads = self._client.nthreads()
        self.seats = self.seats or sum(threads.values())
        self._limit = trio.CapacityLimiter(self.seats)
        for name, found in self._on_each({**self._common, "check": True}).items():
            if isinstance(found, Exception):
                text = f"cannot run mm: {type(found).__name__}: {found}"
                found = {"refused": text, "worker": name}
            self._accepted(found or {"refused": "cannot start a process", "worker": name})

    def _on_each(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Ask each worker; address -> what it gives, or raises."""
        tasks = {
            address: self._client.submit(
                _make, asked, pure=False, workers=[address], allow_other_workers=False
            )
            for address in sorted(self._client.nthreads())
        }
        found: dict[str, Any] = {}
        for address, task in tasks.items():
            try:
                found[address] = task.result(timeout=6 * _ANSWER_S)
            except Exception as error:  # of whatever kind: it is this worker's
                found[address] = error
        return found


class Seat:
    """One run after the other, wherever Dask has them made."""

    def __init__(self, cluster: Cluster) -> None:
        """Ask ``cluster``."""
        self.make = cluster.make

    async def __aenter__(self) -> "Seat":
        return self

    async def __aexit__(self, *exc: object) -> None:
        pass


def _make(asked: dict[str, Any]) -> dict[str, Any] | None:
    """Make a run on the worker where this is called; say which it is, if it refuses."""
    outcome = outpost.make(asked)
    if outcome is not None and "refused" in outcome:
        worker = import_module("distributed").get_worker()
        known = str(worker.name) == worker.address
        outcome["worker"] = worker.address if known else f"{worker.name} at {worker.address}"
    return outcome
