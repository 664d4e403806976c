"""Fresh processes: the same case in other interpreters, with other hash seeds.

A case travels as a pickle in which an offer is a name (module, kind, name) where its module is a
plugin, since build functions are often closures; else it is pickled as it is. A process serves
one case after the other until its input ends.

    digests(case) ──length + pickle──► python -c "… serve()" ──length + ("ok", digest)──►
"""

import importlib
import io
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from typing import IO, Any, Final, Protocol

from mm.api import PluginError
from mm.plugin_check import KINDS, read_plugin

_HASH_SEEDS: Final = ("1", "2")
_LENGTH: Final = struct.Struct(">Q")
_KIND_OF: Final = {cls: kind for kind, cls in KINDS.values()}
_SERVE: Final = "from mm.testing.kit.fresh import serve; serve()"


class NotMovableError(Exception):
    """The case cannot be sent to another process; the text says why."""


class Digestible(Protocol):
    """A case: it says in one hash what its part does."""

    def digest(self) -> str:
        """Try the part."""
        ...


_Process = subprocess.Popen[bytes]
_shared: ContextVar[list[_Process] | None] = ContextVar("fresh processes", default=None)


@contextmanager
def fresh_processes() -> Iterator[None]:
    """Keep the processes that ``fresh_digests`` starts, for all calls inside."""
    with ExitStack() as stack:
        processes = [stack.enter_context(_process(seed)) for seed in _HASH_SEEDS]
        token = _shared.set(processes)
        try:
            yield
        finally:
            _shared.reset(token)


def fresh_digests(case: Digestible) -> list[str]:
    """Give the digest of a case from each of two processes with other hash seeds.

    Raises:
        NotMovableError: the case or its part cannot be found from another process.
        PluginError: the part raised there.
    """
    request = _packed(case)
    processes = _shared.get()
    if processes is None:
        with fresh_processes():
            return fresh_digests(case)
    for process in processes:
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # it is gone, which its answer will say
            _send(process.stdin, request)
    return [_answer(process) for process in processes]


@contextmanager
def _process(hash_seed: str) -> Iterator[_Process]:
    """Start an interpreter that finds what this one finds."""
    path = os.pathsep.join([entry or os.getcwd() for entry in sys.path])
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
    ) as process:
        yield process
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            process.stdin.close()  # it then ends by itself


def _answer(process: _Process) -> str:
    assert process.stdout is not None
    reply = _receive(process.stdout)
    if reply is None:
        raise PluginError("the part ended the process that it was tried in")
    status, text = pickle.loads(reply)
    if status == "lost":
        raise NotMovableError(f"another process does not find it: {text}")
    if status == "raised":
        raise PluginError(f"in another process it raised {text}")
    return str(text)


def serve() -> None:
    """Answer cases from stdin on stdout until it ends; what a part prints goes to stderr."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while (request := _receive(sys.stdin.buffer)) is not None:
        try:
            case = _Unpickler(io.BytesIO(request)).load()
        except Exception as error:
            _send(replies, pickle.dumps(("lost", f"{type(error).__name__}: {error}")))
            continue
        try:
            reply = ("ok", case.digest())
        except Exception as error:
            reply = ("raised", f"{type(error).__name__}: {error}")
        _send(replies, pickle.dumps(reply))


def _send(file: IO[bytes], content: bytes) -> None:
    file.write(_LENGTH.pack(len(content)) + content)
    file.flush()


def _receive(file: IO[bytes]) -> bytes | None:
    head = file.read(_LENGTH.size)
    return file.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else None


def _packed(case: Digestible) -> bytes:
    out = io.BytesIO()
    try:
        _Pickler(out).dump(case)
    except Exception as error:  # pickle raises what the objects raise
        raise NotMovableError(
            f"it cannot be sent to another process ({error}); define its classes and functions at"
            " the top of a module"
        ) from error
    return out.getvalue()


class _Pickler(pickle.Pickler):
    """Writes offers of plugins by name."""

    def persistent_id(self, obj: Any) -> tuple[str, str, str] | None:
        """Give (module, kind, name) of an offer that its module offers."""
        kind = _KIND_OF.get(type(obj))
        build = getattr(obj, "build", None) or getattr(obj, "quotes", None)
        if kind is None or build is None:
            return None
        module = getattr(build, "__module__", "")
        for name in (module, module.partition(".")[0]):
            if (kind, obj.name) in _offered(name):
                return name, kind, obj.name
        return None


class _Unpickler(pickle.Unpickler):
    """Looks offers up by name."""

    def persistent_load(self, pid: Any) -> Any:
        """Find the offer."""
        module, kind, name = pid
        return _offered(module)[kind, name]


def _offered(module: str) -> dict[tuple[str, str], Any]:
    """What a module offers as a plugin, by (kind, name); nothing if it is none."""
    try:
        offers = read_plugin(module, importlib.import_module(module))
    except Exception:
        return {}
    return {(kind, offer.name): offer for kind, offer in offers}
