"""Surveys that are kept: what was found in files, and their packed rows, by what the files hold.

An entry is looked up by the hash of every file, of this package's code and of what the survey was
told. So a file that changed, or code that did, is read anew, and a file that moved is not. The
bytes of an entry are checked before it is used; one that is not sound is dropped. Knows no tasks.
"""

import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, get_origin

import attrs
import cattrs
import numpy as np
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from isal import isal_zlib

from mm.api.cache import drop_entry, find_entry, new_entry, put_entry
from mm.api.jit import fingerprint
from mm_tardis.findings import Findings
from mm_tardis.lines import Identity
from mm_tardis.snap import Given
from mm_tardis.spool import PackedRows, Place, Spool

Files = Sequence[tuple[int, Path]]
"""(kind, path) of each file, in the order in which a survey reads them."""

_ROWS: Final = "rows"
_FOUND: Final = "found.json"
_CHUNK: Final = 1 << 20


@attrs.frozen
class Told:
    """What a survey is told, and what it finds depends on beside the files."""

    symbol: str
    given: Given
    keep_repeats: bool


class SurveyCache:
    """The entry of one set of files. Its methods block: call them in a thread.

    Args:
        files: that the survey reads.
        hashes: sha256 of each.
        told: what it is told.
        most_bytes: that all entries together may take.
    """

    def __init__(self, files: Files, hashes: Sequence[str], told: Told, most_bytes: int) -> None:
        self._files = files
        self._hashes = list(hashes)
        self._most_bytes = most_bytes
        self._draft: Path | None = None
        kinds = [kind for kind, _ in files]
        known = [
            fingerprint("mm_tardis"), kinds, self._hashes, told.symbol,
            str(told.given.tick), str(told.given.lot), told.keep_repeats,
        ]  # fmt: skip
        self.key = hashlib.sha256(json.dumps(known).encode()).hexdigest()[:32]
        self._about = f"{told.symbol}: {', '.join(str(path.absolute()) for _, path in files)}"

    def load(self) -> list[Findings] | None:
        """Give what is kept of the files; None = nothing that is sound."""
        entry = find_entry(self.key)
        if entry is None:
            return None
        try:
            content = json.loads(_unsealed((entry / _FOUND).read_bytes()))
            if content["rows"] != _checksum(entry / _ROWS):
                raise ValueError("its rows are damaged")
            return self._structure(content["found"], Spool.reopen(entry / _ROWS))
        except (OSError, ValueError, LookupError, TypeError, cattrs.BaseValidationError):
            drop_entry(entry)
            return None

    def begin(self) -> Spool:
        """Make room for a new entry; return where the survey is to put its rows.

        Raises:
            OSError: there is no cache folder, or no room in it.
        """
        self._draft = new_entry()
        return Spool(self._draft / _ROWS)

    def keep(self, found: Sequence[Findings]) -> None:
        """Put the new entry in place.

        Raises:
            OSError: the disk is full, or the folder has been removed.
        """
        if self._draft is None or [one.sha256 for one in found] != self._hashes:
            return self.abandon()  # a file changed between hashing and reading
        content = {
            "rows": _checksum(self._draft / _ROWS),
            "found": [_converter().unstructure(one) for one in found],
        }
        (self._draft / _FOUND).write_bytes(_sealed(json.dumps(content).encode()))
        put_entry(self._draft, self.key, self._about, self._most_bytes)
        self._draft = None
        return None

    def abandon(self) -> None:
        """Remove what was begun; rows that were put there can be read on."""
        if self._draft is not None:
            drop_entry(self._draft)
        self._draft = None

    def _structure(self, content: Sequence[dict[str, Any]], spool: Spool) -> list[Findings]:
        converter = _converter(spool)
        found = []
        for (_, path), one in zip(self._files, content, strict=True):
            status = path.stat()
            here = Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            one = {**one, "path": str(path), "identity": attrs.asdict(here)}
            found.append(converter.structure(one, Findings))
        if [one.sha256 for one in found] != self._hashes:
            raise ValueError("it is of other files")
        return found


def hash_file(path: Path) -> str | None:
    """Hash the bytes of a file; None = it cannot be read, and the survey will say why."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return None


def _sealed(text: bytes) -> bytes:
    """Put its CRC-32 before a text: a figure that is off by a bit looks like any other."""
    return b"%08x\n%b" % (isal_zlib.crc32(text), text)


def _unsealed(data: bytes) -> bytes:
    text = data[9:]
    if data != _sealed(text):
        raise ValueError("its findings are damaged")
    return text


def _checksum(path: Path) -> list[int]:
    """CRC-32 and length of a file."""
    crc, length = 0, 0
    with path.open("rb", buffering=0) as file:
        while data := file.read(_CHUNK):
            crc = isal_zlib.crc32(data, crc)
            length += len(data)
    return [crc, length]


def _converter(spool: Spool | None = None) -> cattrs.Converter:
    """Turn findings into what JSON knows and back; a fault is never kept."""
    converter = cattrs.Converter()
    converter.register_unstructure_hook_func(_is_array, _numbers)
    converter.register_structure_hook_func(_is_array, _array)
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(Decimal, lambda text, _: Decimal(text))
    converter.register_unstructure_hook(Path, str)
    converter.register_structure_hook(Path, lambda text, _: Path(text))
    converter.register_unstructure_hook(
        PackedRows, lambda rows: [attrs.astuple(place) for place in rows.places]
    )
    converter.register_structure_hook(
        PackedRows, lambda places, _: PackedRows(spool or Spool(), [Place(*p) for p in places])
    )
    no_fault = override(omit=True)
    converter.register_unstructure_hook(
        Findings, make_dict_unstructure_fn(Findings, converter, fault=no_fault)
    )
    converter.register_structure_hook(
        Findings, make_dict_structure_fn(Findings, converter, fault=no_fault)
    )
    return converter


def _is_array(kind: Any) -> bool:
    return kind is np.ndarray or get_origin(kind) is np.ndarray


def _numbers(array: Any) -> dict[str, Any]:
    return {"shape": array.shape, "values": array.ravel().tolist()}


def _array(content: dict[str, Any], _: Any) -> Any:
    return np.array(content["values"], np.int64).reshape(content["shape"])
