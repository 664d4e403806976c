"""The rows that a sweep left, read to be reported: those of one study, and what their keys are.

Reads also while the sweep goes on. Knows what a row holds; judges nothing.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mm.api import UsageError, read_file
from mm.study.results import figures_of, value_of
from mm.suggest import did_you_mean

_MOST_BYTES: Final = 1 << 32
Row = Mapping[str, Any]
Span = tuple[int, int]
"""Start and end of a stretch of market time [µs UTC]."""


def read_rows(path: Path) -> list[Row]:
    """Read the rows; of those of one key the last, and half a row at the end is none.

    Raises:
        UsageError: there is no such file, or it is none of a study.
    """
    data = read_file(
        path, expected="the rows of a study", most_bytes=_MOST_BYTES, error=UsageError,
        missing="name the folder that was given to mm sweep --output",
    )  # fmt: skip
    rows: dict[str, Row] = {}
    for number, line in enumerate(data[: data.rfind(b"\n") + 1].splitlines(), 1):
        try:
            row = json.loads(line)
            rows.pop(row["key"], None)
            rows[row["key"]] = row
            assert row["set"]
            assert isinstance(row["summary"], dict)
        except (ValueError, KeyError, TypeError, AssertionError) as error:
            raise UsageError(
                f"{path}:{number}: is no row of a study; name the folder of one"
            ) from error
    return list(rows.values())


def of_last_study(rows: Sequence[Row]) -> list[Row]:
    """Keep those of the study that the last row belongs to; of rows of one set the last.

    They vary the same keys, over the same run file with the same other keys set. A name that stands
    for several keys may set these as it likes.
    """
    keys = tuple(rows[-1]["set"])
    same = [row for row in rows if tuple(row["set"]) == keys]
    newest = {_labels(row): _base(row) for row in same if row.get("run_file")}
    own: dict[str, Row] = {}
    for row in same:
        if not row.get("run_file") or _base(row) == newest[_labels(row)]:
            own[json.dumps(row["set"])] = row
    return list(own.values())


def _set_keys(row: Row) -> dict[str, str]:
    """Key -> the override that sets it."""
    return {one.partition("=")[0].strip(): one for one in row["run_file"]["overrides"]}


def _labels(row: Row) -> tuple[str, ...]:
    """The values of what is varied by a name, not by a key."""
    given = _set_keys(row)
    return tuple(str(value) for key, value in row["set"].items() if key not in given)


def _base(row: Row) -> tuple[str, ...]:
    """What a row was made from, without the keys that were varied."""
    fixed = (text for key, text in _set_keys(row).items() if key not in row["set"])
    return (str(row["run_file"]["path"]), *fixed)


def span_of(row: Row) -> Span | None:
    """Give the stretch of market time that a row is of; None = it failed, or is of old."""
    blocks = row.get("blocks")
    return (int(blocks["start"]), int(blocks["end"])) if blocks else None


def usual_span(rows: Iterable[Row]) -> Span | None:
    """Give the stretch of time that most rows have."""
    known = Counter(span for row in rows if (span := span_of(row)) is not None)
    return known.most_common(1)[0][0] if known else None


def data_keys(rows: Sequence[Row]) -> frozenset[str]:
    """Say which of the varied keys choose data: files, symbols, or names that go with the time."""
    return frozenset(key for key in rows[0]["set"] if _chooses_data(key, rows))


def _chooses_data(key: str, rows: Sequence[Row]) -> bool:
    values = [row["set"][key] for row in rows]
    if not all(isinstance(value, str | list) for value in values):
        return False
    if key == "strategy.symbol" or key.startswith("data."):
        return True
    spans: dict[str, set[Span]] = {}
    for value, row in zip(values, rows, strict=True):
        if (span := span_of(row)) is not None:
            spans.setdefault(str(value), set()).add(span)
    told = all(len(one) == 1 for one in spans.values())
    return told and len(set().union(*spans.values())) > 1


def figure_of(by: str, rows: Sequence[Row]) -> Callable[[Row], float]:
    """Give the function that looks a figure up in a row, the larger the better.

    Args:
        by: a name in ``summary``, or a path such as ``metrics.ratios.sharpe``; with a minus before
            it the smaller is the better.
        rows: those that are to have it.

    Raises:
        UsageError: none has it.
    """
    name = by.removeprefix("-")
    sign = -1.0 if by.startswith("-") else 1.0

    def look(row: Row) -> float:
        is_figure = name in row["summary"] or name.startswith("metrics.")
        found = value_of(row, name) if is_figure else None
        return math.nan if found is None else sign * found

    done = [row for row in rows if row["summary"]]
    if done and all(math.isnan(look(row)) for row in done):
        near = did_you_mean(name, figures_of(done[0]))
        raise UsageError(
            f"--by {by}: no row has this figure{near}; expected a name of the summary such as"
            " equity, or a path such as metrics.ratios.sharpe"
        )
    return look
