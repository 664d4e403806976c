"""Compiled kernels with a cache that cannot go stale.

numba caches a compiled function beside its source and looks only at that one file's age: after an
update of a function that it calls, in another file, it would go on running the old code. Here
the cache lives in the user's cache directory, under a name that has the hash of every source file
of the function's package and of ``mm.api`` in it. So code that changed is compiled, and code that
didn't is not.

What is loaded from there is run. So a directory in which somebody else could have put something,
or that can't be written to, is not used: then a private temporary one serves this process.

Not imported by ``mm.api`` itself: numba takes a quarter of a second.
"""

import atexit
import hashlib
import importlib.util
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, TypeVar, overload

import numba
import platformdirs

from mm.api.inlined import InnerCompiler

_Function = TypeVar("_Function", bound=Callable[..., Any])

_KEPT: Final = 8
"""Caches of earlier versions to keep, for the other checkouts on this machine."""

_BARE: Final[Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Options of numba's that its own annotations do not know (tried with 0.68)."""

_BORROWING: Final[Any] = {"_nrt": False}
"""An option of numba's by which nothing in a function counts references (tried with 0.68)."""

_KERNELS_OF: Final = {"mm": ("mm.api", "mm.core")}
"""Packages of whose parts only these have kernels, or constants that kernels use; in a plugin, all
may, beside the constants of ``mm.api``."""


@overload
def kernel(function: _Function) -> _Function: ...


@overload
def kernel(*, allocates: bool) -> Callable[[_Function], _Function]: ...


def kernel(function: _Function | None = None, *, allocates: bool = True) -> Any:
    """Compile a function when it is first called, without the GIL, and keep the result on disk.

    Under ``NUMBA_DISABLE_JIT=1`` the plain function is returned.

    Args:
        function: to be compiled.
        allocates: whether it makes arrays. One that only works on those that it is given borrows
            them: it need not count who holds which, at each slice and each call. That was seven
            tenths of the venue's time.
    """
    if function is None:
        return partial(kernel, allocates=allocates)
    with _cache_of(function):
        options: Any = {} if allocates else _BORROWING
        return numba.njit(cache=True, nogil=True, **options)(function)


@overload
def inner(function: _Function) -> _Function: ...


@overload
def inner(*, allocates: bool) -> Callable[[_Function], _Function]: ...


def inner(function: _Function | None = None, *, allocates: bool = False) -> Any:
    """Compile as ``kernel`` does, but callable from other kernels only; mostly it makes no arrays.

    Spares the code that turns Python objects into arrays and back, and machine code that nobody
    would run: see ``mm.api.inlined``. So nothing of it is kept; its callers are. Called from
    Python, even by way of another's ``py_func``, it crashes the process: numba has no door left to
    come in by.
    """
    if function is None:
        return partial(inner, allocates=allocates)
    options: Any = _BARE if allocates else {**_BARE, **_BORROWING}
    return numba.njit(nogil=True, pipeline_class=InnerCompiler, **options)(function)


def compiled_function(function: Callable[..., Any], signature: Any, **options: Any) -> Any:
    """Compile ``function`` for callers that have its address alone; see ``mm.api.addresses``.

    ``options`` are numba's. A function that stands in no file is compiled anew in each process.
    """
    kept = os.path.exists(function.__code__.co_filename)
    with _cache_of(function):
        return numba.cfunc(signature, cache=kept, **options)(function)


def is_cold(package: str) -> bool:
    """Say whether the kernels of a top-level package have yet to be compiled on this machine."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return False
    directory = Path(_given() or _directory(package))
    return not any(directory.rglob("*.nbi"))


class _cache_of:  # noqa: N801 - reads as a statement
    """Point numba's cache at the directory of the function's package."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._package = (function.__module__ or "__main__").partition(".")[0]

    def __enter__(self) -> None:
        self._before = _given()
        # Asked for only where it is used: looking for it may end in a note that nothing is kept.
        if not self._before and not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
            numba.config.CACHE_DIR = str(_directory(self._package))  # type: ignore[attr-defined]

    def __exit__(self, *exc: object) -> None:
        numba.config.CACHE_DIR = self._before  # type: ignore[attr-defined]


def _given() -> str:
    """Where the user wants compiled code kept, by numba's own NUMBA_CACHE_DIR; empty = no wish."""
    return str(numba.config.CACHE_DIR or "")  # type: ignore[attr-defined]


@cache
def _directory(package: str) -> Path:
    """Where the kernels of this version of ``package`` are kept; made if need be."""
    name = f"{package}-{fingerprint(package)}"
    try:
        directory = (platformdirs.user_cache_path("mm") / "kernels" / name).resolve()
        _make(directory, package)
        fault = _distrust(directory)
    except (OSError, RuntimeError) as error:  # RuntimeError: nobody knows where home is
        fault = str(error)
    return directory if fault is None else _temporary(fault) / name


def _make(directory: Path, package: str) -> None:
    """Make ``directory``, closed to others, and remove the oldest caches beside it."""
    root = directory.parent
    if not directory.exists():
        earlier = sorted(root.glob(f"{package}-*"), key=lambda path: path.stat().st_mtime)
        for path in earlier[:-_KEPT]:
            shutil.rmtree(path, ignore_errors=True)
    root.mkdir(parents=True, exist_ok=True)
    # Closed whatever the umask, since numba makes its own folders inside with the umask's mode.
    directory.mkdir(mode=0o700, exist_ok=True)


def _distrust(directory: Path) -> str | None:
    """Say why compiled code must not be kept in ``directory``; None if it may."""
    if not os.access(directory, os.W_OK | os.X_OK):
        return f"{directory} cannot be written to"
    for place in (directory, *directory.parents):
        facts = place.stat()
        if facts.st_uid not in (0, os.geteuid()):
            return f"{place} belongs to another user"
        # In a sticky folder, as /tmp is, nobody can replace what is another's.
        if facts.st_mode & stat.S_IWOTH and not facts.st_mode & stat.S_ISVTX:
            return f"{place} can be written to by others"
    if directory.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{directory} can be written to by others"
    return None


def _temporary(fault: str) -> Path:
    """Give a private folder for this process alone, and say so the first time."""
    if not _private_folder.cache_info().currsize:
        print(
            f"mm: compiled code is not kept: {fault}; set XDG_CACHE_HOME to a folder of your own "
            "to spare later runs the compiling",
            file=sys.stderr,
        )
    return _private_folder()


@cache
def _private_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mm-kernels-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def fingerprint(package: str) -> str:
    """Name the sources of the kernels of ``package``, and the compiler, in 16 hex digits."""
    digest = hashlib.sha256(numba.__version__.encode())
    for part in _KERNELS_OF.get(package, (package, "mm.api")):
        # A script, which is ``__main__``, has no spec; numba looks at its one file.
        spec = None if part == "__main__" else importlib.util.find_spec(part)
        for place in (spec.submodule_search_locations or []) if spec else []:
            for source in sorted(Path(place).rglob("*.py")):
                digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]
