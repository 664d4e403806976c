"""Whose fault it is: the error that mattered among many, and the plugin it is laid to.

Where tasks fail together, one failure is the cause and the others are its echoes. Knows no task,
channel or plugin, only how their errors look.
"""

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import trio

from mm.api import MMError, PluginError


class ReaderGoneError(Exception):
    """The task that reads this channel has ended, and not because we closed it."""


working_at: Final[ContextVar[int | None]] = ContextVar("working_at", default=None)
"""Data time [µs] that a plugin's code is working at; None = none is, or it cannot be told."""

_ECHOES: Final = (ReaderGoneError, trio.Cancelled)
"""What another task's failure does to a task."""

_NOT_THEIRS: Final = sys.stdlib_module_names | {"attr", "cattrs", "mm", "numba", "numpy", "trio"}
"""Where a plugin's mistake comes out, but is not made."""


@contextmanager
def blame(owner: str, ts: int | Callable[[], int | None] | None = None) -> Iterator[None]:
    """Name ``owner`` as the plugin whose code runs inside, should it raise.

    Args:
        owner: for instance ``"strategy 'Avellaneda' (mm-engine 0.1.0)"``.
        ts: the data time it was working at [µs], or what tells it once it is too late.

    Raises:
        PluginError: in place of anything but mm's own errors and Trio's.
    """
    token = working_at.set(None if callable(ts) else ts)
    try:
        yield
    except (Exception, BaseExceptionGroup, trio.Cancelled) as error:
        cause = root_cause(error)  # a part may have a nursery of its own
        if not isinstance(cause, Exception) or isinstance(cause, (MMError, *_ECHOES)):
            raise
        time = ts() if callable(ts) else ts
        when = "" if time is None else f" at data time {time} µs"
        told = "; ".join([f"{cause}{_place(cause)}", *getattr(cause, "__notes__", [])])
        raise PluginError(f"{owner} raised {type(cause).__name__}{when}: {told}") from error
    finally:
        working_at.reset(token)


@contextmanager
def ungrouped() -> Iterator[None]:
    """Raise what mattered in place of the group that a nursery makes of it, with its own cause."""
    try:
        yield
    except BaseExceptionGroup as group:
        error = root_cause(group)
        raise error from error.__cause__


def root_cause(error: BaseException) -> BaseException:
    """Find the error that mattered in what a nursery raised: the first that is no echo."""
    leaves = list(_leaves(error))
    return next((leaf for leaf in leaves if not isinstance(leaf, _ECHOES)), leaves[0])


def _place(error: BaseException) -> str:
    """Where in the plugin's own code an error was raised, or came by, to print behind it."""
    places = [
        f" ({frame.f_code.co_filename}:{line}, in {frame.f_code.co_name})"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] not in _NOT_THEIRS
    ]
    return places[-1] if places else ""


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
