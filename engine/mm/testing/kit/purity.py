"""Watch a stretch of code for what a pure part must not do, and say where it did it.

Two observers. Python's audit events (PEP 578) tell of files, sockets, processes and sleeping,
however they are reached. They do not tell of clocks and chance, nor of threads before Python 3.12;
for those a profile function sees each call from Python into C, by whatever name it was imported.
NumPy's global generator is seen by neither, so its state is compared before and after.

What is not seen: calls made by compiled code; a thread that was started earlier; a clock read
through ctypes; a file that a library keeps in memory after the first time (a part is warmed up
before it is watched, so that importing and compiling do not count). It watches, it is no sandbox:
the calls are carried out.
"""

import gc
import random
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

import attrs
import numpy as np

_CLOCK: Final = (
    "reads the clock",
    "take the time from the data (a row's ts, a batch's watermark): a part has no clock of its own",
)
_CHANCE: Final = (
    "draws at random",
    "hash the run's seed (Context.seed) with what the draw is for: an order, a time, a row",
)
_FILE: Final = (
    "opens a file",
    "read files in build(), once; a handler gets all it needs handed in",
)
_NETWORK: Final = ("uses the network", "leave the network to a connector")
_PROCESS: Final = ("starts a process", "do the work in the handler itself, from its arguments")
_THREAD: Final = ("starts a thread", "do the work in the handler itself; the host runs the tasks")
_SLEEP: Final = ("sleeps", "return at once; the host decides when a part runs")

_EVENTS: Final = (
    ("open", _FILE),
    ("os.listdir", _FILE),
    ("os.remove", _FILE),
    ("os.rename", _FILE),
    ("os.mkdir", _FILE),
    ("socket.", _NETWORK),
    ("urllib.", _NETWORK),
    ("subprocess.", _PROCESS),
    ("os.system", _PROCESS),
    ("os.exec", _PROCESS),
    ("os.fork", _PROCESS),
    ("os.posix_spawn", _PROCESS),
    ("time.sleep", _SLEEP),
)
"""Beginning of an audit event's name -> what that is."""

_TIMES: Final = {
    "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns",
    "process_time", "process_time_ns", "thread_time", "thread_time_ns", "clock_gettime",
    "clock_gettime_ns",
}  # fmt: skip
"""Of the module time. gmtime and its like are left out, as they may have been given a time."""

_DATES: Final = {"datetime.now", "datetime.utcnow", "date.today"}
_THREADS: Final = {"start_new_thread", "start_joinable_thread"}
_ENTROPY: Final = {"urandom", "getrandom"}
_STANDARD: Final = Path(sysconfig.get_path("stdlib"))


@attrs.frozen(kw_only=True)
class Impurity:
    """One thing that a pure part must not do."""

    what: str
    """In words, with the call and where it stands."""
    change: str


class _Watch:
    """What one stretch of code did."""

    def __init__(self, writes_below: Path | None) -> None:
        self.found: list[Impurity] = []
        self._writes_below = writes_below

    def note(self, kind: tuple[str, str], call: str, frame: FrameType | None) -> None:
        """Keep the first of each kind."""
        what, change = kind
        if all(not one.what.startswith(what) for one in self.found):
            self.found.append(Impurity(what=f"{what}: {call}{_place(frame)}", change=change))

    def on_audit(self, event: str, args: tuple[Any, ...]) -> None:
        """Take an audit event."""
        kind = next((kind for name, kind in _EVENTS if event.startswith(name)), None)
        if kind is None or (kind is _FILE and self._may_open(args)):
            return
        shown = f" {args[0]!r}" if args and isinstance(args[0], str) else ""
        self.note(kind, f"{event}{shown}", sys._getframe(2))

    def on_call(self, frame: FrameType, event: str, called: Any) -> None:
        """Take a call from Python into C, from ``sys.setprofile``."""
        if event != "c_call":
            return
        module, name = getattr(called, "__module__", None), getattr(called, "__name__", "")
        owner = getattr(called, "__self__", None)
        if module == "time" and name in _TIMES:
            self.note(_CLOCK, f"time.{name}", frame)
        elif getattr(called, "__qualname__", "") in _DATES:
            self.note(_CLOCK, called.__qualname__, frame)
        elif owner is random._inst:
            self.note(_CHANCE, f"random.{name}", frame)
        elif module == "_thread" and name in _THREADS:
            self.note(_THREAD, f"_thread.{name}", frame)
        elif module in ("posix", "nt") and name in _ENTROPY:
            self.note(_CHANCE, f"os.{name}", frame)

    def _may_open(self, args: tuple[Any, ...]) -> bool:
        """Whether this is a file that a sink may write, or one that is open already."""
        if args and isinstance(args[0], int):
            return True
        if self._writes_below is None or not args or not isinstance(args[0], str):
            return False
        return Path(args[0]).resolve().is_relative_to(self._writes_below.resolve())


_watch: _Watch | None = None
_thread: int | None = None
_hooked = False


@contextmanager
def watching(writes_below: Path | None = None) -> Iterator[list[Impurity]]:
    """Watch what this thread does inside; the list fills up.

    Args:
        writes_below: a directory in which files may be opened; None = nowhere.
    """
    global _watch, _thread, _hooked
    if not _hooked:
        sys.addaudithook(_on_audit)  # for good: Python has no way to take it back
        _hooked = True
    watch = _Watch(writes_below)
    drawn = _numpy_state()
    before, profile, collects = (_watch, _thread), sys.getprofile(), gc.isenabled()
    _watch, _thread = watch, threading.get_ident()
    gc.disable()  # others hook into a collection (hypothesis reads the clock then)
    sys.setprofile(watch.on_call)
    try:
        yield watch.found
    finally:
        sys.setprofile(profile)
        if collects:
            gc.enable()
        _watch, _thread = before
        if _numpy_state() != drawn:
            watch.note(_CHANCE, "a function of numpy.random", None)


def _on_audit(event: str, args: tuple[Any, ...]) -> None:
    if _watch is not None and threading.get_ident() == _thread:
        _watch.on_audit(event, args)


def _numpy_state() -> tuple[Any, ...]:
    """Say where NumPy's global generator stands."""
    _, key, *rest = np.random.get_state(legacy=True)
    return (key.tobytes(), *rest)  # type: ignore[union-attr]


def _place(frame: FrameType | None) -> str:
    """Name the nearest line that is not Python's own, as `` at folder/file.py:12``."""
    while frame is not None and _is_standard(Path(frame.f_code.co_filename)):
        frame = frame.f_back
    if frame is None:
        return ""
    return f" at {'/'.join(Path(frame.f_code.co_filename).parts[-2:])}:{frame.f_lineno}"


def _is_standard(path: Path) -> bool:
    return path.is_relative_to(_STANDARD) and "site-packages" not in path.parts
