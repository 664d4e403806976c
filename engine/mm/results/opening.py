"""How a run on disk is opened: one that ended, that was killed, or that still goes on.

Of the latter two the tables hold the rows that were whole, and on the disk, when they were read.
Knows the run directory; nothing of how a run is made.
"""

import json
import tomllib
from pathlib import Path
from typing import Final

from mm.api import DataError, read_file
from mm.results.run import Run
from mm.results.table import Table, read_table
from mm.results.unfinished import summary_so_far
from mm.rows import find_table
from mm.run.unfinished import has_ended, read_started

_MOST_BYTES: Final = 1 << 26
"""Of a summary: the notes and gaps of the longest live run stay far below."""


def open_run(path: str | Path) -> Run:
    """Open a run on disk; also one that was killed or still goes on, as far as it came.

    Args:
        path: its directory.

    Raises:
        DataError: it is not the directory of a run.
    """
    path = Path(path)
    if not has_ended(path):
        return _open_unfinished(path)
    try:
        summary = json.loads(_text(path / "summary.json"))
        text = read_config(path)
        whole = isinstance(summary, dict) and {"status", "digest", "symbol"} <= summary.keys()
    except (DataError, ValueError) as error:
        raise DataError(f"{path}: is not the directory of a run that has ended: {error}") from error
    if not whole:
        raise DataError(f"{path / 'summary.json'}: is not what a run writes")
    return Run(path, summary, text, lambda name: read_table(table_path(path, name)))


def _open_unfinished(path: Path) -> Run:
    status, started, _ = read_started(path)
    tables: dict[str, Table] = {}

    def read(name: str) -> Table:
        if name not in tables:  # the summary and who asks later see the same rows
            tables[name] = read_table(table_path(path, name), cut=True)
        return tables[name]

    text = _text(path / "config.toml")
    return Run(path, summary_so_far(status, started, read), text, read)


def table_path(directory: Path, name: str) -> Path:
    """Say where a table of a run stands, or would."""
    return find_table(directory, name) or directory / f"{name}.csv"


def read_config(path: Path) -> str:
    """Give the effective run file in a run's directory.

    Raises:
        DataError: it cannot be read.
        ValueError: it is not TOML.
    """
    text = _text(path / "config.toml")
    tomllib.loads(text)
    return text


def _text(path: Path) -> str:
    data = read_file(path, expected="a file of a run", most_bytes=_MOST_BYTES, error=DataError)
    return data.decode()


def runs(folder: str | Path) -> list[Run]:
    """Open every run in a folder, by name; what is no run is left out.

    Raises:
        DataError: there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    found = []
    for path in sorted(folder.iterdir()):
        try:
            found.append(open_run(path))
        except DataError:
            continue
    return found
