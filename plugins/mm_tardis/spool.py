"""What a survey has parsed, kept for the run: bytes written once, read by any thread.

Few stay in memory. More go to a file in the user's cache folder: one without a name, which is gone
with the process, or a named one for the cache. Knows nothing of files that are read, of grids and
of clocks.
"""

import os
import tempfile
import threading
import weakref
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np

from mm.api import DataError
from mm.api.cache import cache_folder
from mm_tardis.packed import most_bytes, pack, unpack
from mm_tardis.table import WIDTH, Ints, Text

_IN_MEMORY: Final = 32 << 20  # bytes; a million and a half rows of a book

_ROOM: Final = "free some room there, or set XDG_CACHE_HOME to a folder that has it"


class Spool:
    """Bytes that are only added to.

    Args:
        path: a file to write, which stays; None = nothing stays.

    Raises:
        DataError: from ``append``: the disk is full.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._memory: bytearray | None = bytearray()
        self._file: Any = None
        self._bytes = 0
        if path is not None:
            self._roll()

    @classmethod
    def reopen(cls, path: Path) -> "Spool":
        """Open the file of an earlier one, to read it."""
        spool = cls()
        spool._use(path.open("rb", buffering=0))
        return spool

    def append(self, data: Text) -> int:
        """Add bytes; return where they begin."""
        with self._lock:
            start = self._bytes
            self._bytes += data.nbytes
            if self._memory is not None and self._bytes > _IN_MEMORY:
                self._roll()
            if self._memory is not None:
                self._memory += data.data
            else:
                self._write(data.data)
        return start

    def read(self, start: int, out: Text) -> None:
        """Fill ``out`` from byte ``start`` on."""
        with self._lock:
            if self._memory is not None:
                out.view(np.uint8)[:] = self._memory[start : start + out.nbytes]
                return
        view = memoryview(out.data)
        while len(view):
            count = os.preadv(self._file.fileno(), [view], start)
            if count == 0:
                raise DataError(
                    f"{self._path or 'the spool'}: it ends at byte {start}, expected more; "
                    "somebody cut it short: start again"
                )
            view, start = view[count:], start + count

    def _roll(self) -> None:
        """Go on in a file."""
        held, self._memory = self._memory, None
        try:
            if self._path is None:
                self._use(tempfile.TemporaryFile(dir=_scratch(), buffering=0))  # noqa: SIM115
            else:
                self._use(self._path.open("x+b", buffering=0))
        except OSError as error:
            raise self._full(error) from error
        self._write(memoryview(held or b""))

    def _use(self, file: Any) -> None:
        self._memory, self._file = None, file
        weakref.finalize(self, file.close)  # readers may come at any time: nobody else knows when

    def _write(self, data: memoryview) -> None:
        try:
            while len(data):
                data = data[self._file.write(data) :]
        except OSError as error:
            raise self._full(error) from error

    def _full(self, error: OSError) -> DataError:
        place = self._path or _scratch() or tempfile.gettempdir()
        reason = error.strerror or error
        return DataError(f"{place}: parsed rows cannot be kept there: {reason}; {_ROOM}")


def _scratch() -> Path | None:
    """Where files without a name go; None = to the system's folder, which may be in memory."""
    try:
        return cache_folder()
    except OSError:
        return None


@attrs.frozen
class Place:
    """A packed block: where in the spool, and how many rows."""

    start: int
    length: int
    rows: int


class PackedRows:
    """The parsed rows of one file, block by block as they were read."""

    def __init__(self, spool: Spool, places: list[Place] | None = None) -> None:
        self.spool = spool
        self.places: list[Place] = places or []
        self._room = np.empty(0, np.int8)

    def add(self, table: Ints, rows: int, kind: int) -> None:
        """Keep the first ``rows`` rows of a parsed table of the kind."""
        if len(self._room) < most_bytes(rows):
            self._room = np.empty(most_bytes(len(table)), np.int8)
        length = pack(table, rows, kind, self._room)
        self.places.append(Place(self.spool.append(self._room[:length]), length, rows))

    def done(self) -> None:
        """Let go of what only ``add`` needs."""
        self._room = np.empty(0, np.int8)


class PackedReader:
    """Gives a file's rows back, once, from start to end."""

    def __init__(self, packed: PackedRows) -> None:
        self._spool = packed.spool
        self._places = iter(packed.places)
        longest = max((place.length for place in packed.places), default=0)
        most_rows = max((place.rows for place in packed.places), default=0)
        self._data = np.empty(longest, np.int8)
        self.table: Ints = np.zeros((most_rows, WIDTH), np.int64)
        """What ``read`` filled; the next ``read`` overwrites it."""

    def read(self) -> int:
        """Fill ``table`` with the next block; return the rows, 0 only at the end of the file."""
        place = next(self._places, None)
        if place is None:
            return 0
        data = self._data[: place.length]
        self._spool.read(place.start, data)
        unpack(data, place.rows, self.table)
        return place.rows
