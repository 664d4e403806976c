"""``[study.split]``: how data sets are cut into training and test, read, and kept with the rows.

    [study.split]
    train = 3
    test = 1
    step = 1
    anchored = false

What a study was last started with is in its folder, for the report. Chooses nothing.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from mm.api import UsageError
from mm.judge import Split
from mm.record.files import replace_text
from mm.suggest import did_you_mean

FILE_NAME: Final = "split.json"
_KEYS: Final = ("train", "test", "step", "anchored")


def parse_split(table: Any) -> Split:
    """Make a split of a table.

    Raises:
        ValueError: it is none; the text says what was expected.
    """
    if not isinstance(table, Mapping) or "train" not in table:
        raise ValueError("expected train = N, and test, step and anchored where they matter")
    for key, value in table.items():
        if key not in _KEYS:
            near = did_you_mean(key, _KEYS)
            raise ValueError(f"{key}: unknown key{near or ','} expected {', '.join(_KEYS)}")
        if key == "anchored":
            if not isinstance(value, bool):
                raise ValueError(f"anchored: {value}, expected true or false")
        elif type(value) is not int or value < 1:
            raise ValueError(f"{key}: {value}, expected a whole number of data sets, at least 1")
    return Split(**table)


def keep_split(folder: Path, split: Split | None) -> None:
    """Write a split into a study's folder; None = of a study that has none.

    Raises:
        UsageError: it cannot be written.
    """
    path = folder / FILE_NAME
    try:
        if split is None:
            path.unlink(missing_ok=True)
        else:
            replace_text(path, json.dumps(attrs.asdict(split)) + "\n")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}; make room") from error


def kept_split(folder: Path) -> Split | None:
    """Read the split of a study's folder; None = it has none.

    Raises:
        UsageError: the file was written by something else.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return parse_split({key: one for key, one in found.items() if one is not None})
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{path}: is no split of a study: {error}; remove it") from error
