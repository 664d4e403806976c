"""``mm data cache``: fill, show or empty the cache of parsed data.

A run fills it by itself where ``data.cache`` is set; here it is done ahead, for a folder.
"""

import argparse
import json
import sys
from pathlib import Path

import trio

from mm.api import DataError, MMError, UsageError
from mm.api.cache import Entry, cache_folder, entries, prune_entries
from mm.cli.running import warn_if_cold
from mm.registry import load_registry


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm data cache``; return the exit code.

    Raises:
        UsageError: nothing in a folder can be kept.
        DataError: the cache cannot be used, or a file cannot.
    """
    try:
        folder = cache_folder()
    except OSError as error:
        raise DataError(
            f"{error.filename or 'the cache'}: {error.strerror or error}, expected a folder of"
            " your own to keep data in; set XDG_CACHE_HOME"
        ) from error
    for name in args.folders:
        _fill(Path(name), args.connector)
    removed = [] if args.prune is None else prune_entries(round(args.prune * 1e9))
    kept = entries()
    if args.json:
        content = {
            "folder": str(folder),
            "entries": [_content(entry) for entry in kept],
            "removed": [_content(entry) for entry in removed],
        }
        print(json.dumps(content, indent=2))
        return 0
    for entry in removed:
        print(f"removed  {_megabytes(entry)}  {entry.about}")
    for entry in kept:
        print(f"{_megabytes(entry)}  {entry.about}")
    print(f"{len(kept)} in {folder}, the last used first")
    return 0


def _fill(folder: Path, connector: str) -> None:
    """Keep what a run over the files of a folder would read."""
    registry = load_registry()
    offer = registry.connector(connector)
    try:
        paths = sorted(path for path in folder.iterdir() if ".csv" in path.suffixes)
    except OSError as error:
        raise UsageError(
            f"{folder}: {error.strerror}, expected a folder of data files; name one"
        ) from error
    if not paths or offer.inspect is None:
        raise UsageError(f"{folder}: nothing in it can be read, expected .csv or .csv.gz files")
    warn_if_cold(quiet=False)
    found = offer.inspect(paths)
    for report in found.files:
        if report.fault is not None:
            print(f"note: left out: {report.fault}", file=sys.stderr)
    for sentence in found.left_out:
        print(f"note: {sentence}", file=sys.stderr)
    keeping = [(run, keep) for run in found.runs if (keep := getattr(run.connector, "keep", None))]
    if not keeping:
        raise UsageError(
            f"{folder}: no files that a run would read together, expected quotes or a book of one"
            " instrument; `mm data inspect` says what they are"
        )
    for files, keep in keeping:
        try:
            is_new = trio.run(keep)
        except MMError as error:
            raise DataError(f"{files.symbol} ({files.exchange}): {error}") from error
        print(f"{files.symbol} ({files.exchange}): {'kept' if is_new else 'kept before'}")


def _content(entry: Entry) -> dict[str, object]:
    return {"about": entry.about, "bytes": entry.bytes, "path": str(entry.path)}


def _megabytes(entry: Entry) -> str:
    return f"{entry.bytes / 1e6:9.1f} MB"
