"""What a study's report is about: its sets, ranked, and what each earned block by block.

Reads the rows that a sweep left, also while it goes on. A set that was run over several data sets
(keys of ``[data]`` or the symbol were varied, too) is one set, and its blocks stand one data set
after the other. Knows no page.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np

from mm.api import UsageError, read_file
from mm.judge import Judgement, judge
from mm.judge.overfitting import Statistic
from mm.metrics import Floats
from mm.study.rows import FILE_NAME
from mm.suggest import did_you_mean

_MOST_BYTES: Final = 1 << 32
Row = Mapping[str, Any]
Span = tuple[int, int]


@attrs.frozen(kw_only=True, eq=False)
class SetResult:
    """What came of one set, over all data sets."""

    values: dict[str, Any]
    """Parameter -> value."""
    rows: tuple[Row, ...]
    """As the sweep wrote them, one for each data set."""
    blocks: Floats | None
    """Shape (T,), settlement currency; None = it failed, or its row is of an older version."""
    by: float
    """What sets are ranked by, the larger the better: a mean over data sets; NaN = not known."""
    trouble: str
    """Why it cannot be judged; empty = it can."""

    @property
    def equity(self) -> float:
        """Of all data sets together."""
        return math.fsum(float(row["summary"].get("equity") or 0.0) for row in self.rows)

    @property
    def drawdown(self) -> float:
        """The deepest of any data set."""
        return max(float(row["summary"].get("max_drawdown") or 0.0) for row in self.rows)

    @property
    def fills(self) -> int:
        """Of all data sets together."""
        return sum(int(row["summary"].get("fills") or 0) for row in self.rows)


@attrs.frozen(kw_only=True, eq=False)
class Content:
    """A study, its sets ranked from the best."""

    name: str
    by: str
    """Path of the figure that sets are ranked by."""
    keys: tuple[str, ...]
    """Parameters that take more than one value."""
    data: tuple[str, ...]
    """What each data set is called; one without a name if none was varied."""
    sets: tuple[SetResult, ...]
    """Those that can be judged."""
    others: tuple[SetResult, ...]
    """Those that failed, or cannot be judged."""
    left_out: int
    """Rows in the folder of other studies: other keys were varied, or other keys set."""
    spans: tuple[Span, ...]
    """Start and end of each data set [µs UTC]."""

    @cached_property
    def blocks(self) -> Floats:
        """Shape (T, N)."""
        found = [one.blocks for one in self.sets if one.blocks is not None]
        return np.stack(found, axis=1) if found else np.zeros((0, 0))

    @cached_property
    def columns(self) -> dict[str, list[Any]]:
        """Parameter -> its value in each of the sets."""
        return {key: [one.values[key] for one in self.sets] for key in self.keys}

    @property
    def statistic(self) -> Statistic:
        """By which the best is chosen on a part of the time."""
        return "sharpe" if self.by.endswith("sharpe") else "mean"

    def judgement(self) -> Judgement | None:
        """Judge the sets; None = there are not two of them."""
        if len(self.sets) < 2:
            return None
        return judge(self.blocks, self.columns, 0, self.statistic)


def read_study(folder: Path, by: str = "equity") -> Content:
    """Read a study.

    Args:
        folder: of the study.
        by: the figure that sets are ranked by: a name in ``summary`` or a path in ``metrics`` of
            the rows, such as ``ratios.sharpe``; with a minus before it the smaller is better.

    Raises:
        UsageError: the folder is none of a study, or no row has that figure.
    """
    every = _rows(folder / FILE_NAME)
    if not every:
        raise UsageError(f"{folder}: the study has no rows yet; wait until a set is done")
    rows = _latest(every)
    names = list(dict.fromkeys(_data_name(row) for row in rows))
    usual = {
        name: _usual([_span(row) for row in rows if _data_name(row) == name]) for name in names
    }
    names.sort(key=lambda name: (usual[name] or (0, 0), name))
    grouped: dict[str, dict[str, Row]] = {}
    for row in rows:
        grouped.setdefault(json.dumps(_parameters(row)), {})[_data_name(row)] = row
    figure = _figure(by, rows)
    found = [_result(own, names, usual, figure) for own in grouped.values()]
    order = sorted((one for one in found if not one.trouble), key=lambda one: -one.by)
    return Content(
        name=folder.resolve().name,
        by=by,
        keys=tuple(
            key for key in found[0].values if len({repr(one.values[key]) for one in found}) > 1
        ),
        data=tuple(names),
        sets=tuple(order),
        others=tuple(one for one in found if one.trouble),
        left_out=len(every) - len(rows),
        spans=tuple(span for name in names if (span := usual[name]) is not None),
    )


def _rows(path: Path) -> list[Row]:
    """Read the rows; of those of one key the last, and half a row at the end is none."""
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


def _latest(rows: list[Row]) -> list[Row]:
    """Those of the study that the last row belongs to; of rows of one set the last."""
    keys = tuple(rows[-1]["set"])
    base = next((_base(row) for row in reversed(rows) if row.get("run_file")), None)
    own: dict[str, Row] = {}
    for row in rows:
        if tuple(row["set"]) == keys and (not row.get("run_file") or _base(row) == base):
            name = json.dumps(row["set"])
            own[name] = row
    return list(own.values())


def _base(row: Row) -> tuple[str, ...]:
    """What a row was made from, without what was varied."""
    made = row["run_file"]
    fixed = (one for one in made["overrides"] if one.partition("=")[0].strip() not in row["set"])
    return (str(made["path"]), *fixed)


def _is_data(key: str, value: Any) -> bool:
    return key == "strategy.symbol" or (key.startswith("data.") and isinstance(value, str | list))


def _data_name(row: Row) -> str:
    return ", ".join(str(value) for key, value in row["set"].items() if _is_data(key, value))


def _parameters(row: Row) -> dict[str, Any]:
    return {key: value for key, value in row["set"].items() if not _is_data(key, value)}


def _span(row: Row) -> Span | None:
    blocks = row.get("blocks")
    return (int(blocks["start"]), int(blocks["end"])) if blocks else None


def _usual(spans: list[Span | None]) -> Span | None:
    """Give the stretch of time that most rows have."""
    known = Counter(span for span in spans if span is not None)
    return known.most_common(1)[0][0] if known else None


def _figure(by: str, rows: Iterable[Row]) -> Callable[[Row], float]:
    """Give the function that looks a figure up in a row."""
    path = by.removeprefix("-").split(".")
    sign = -1.0 if by.startswith("-") else 1.0

    def look(row: Row) -> float:
        found: Any = row["summary"] if len(path) == 1 else row["metrics"]
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        known = isinstance(found, int | float) and not isinstance(found, bool)
        return sign * float(found) if known else math.nan

    rows = list(rows)
    if any(row["summary"] for row in rows) and all(math.isnan(look(row)) for row in rows):
        known = next(_paths(row) for row in rows if row["summary"])
        raise UsageError(
            f"--by {by}: no row has this figure{did_you_mean('.'.join(path), known)}; expected a"
            " name of the summary such as equity, or a path in metrics such as ratios.sharpe"
        )
    return look


def _paths(row: Row) -> list[str]:
    """The figures of a row."""

    def below(table: Mapping[str, Any], start: str) -> Iterable[str]:
        for key, value in table.items():
            if isinstance(value, Mapping):
                yield from below(value, f"{start}{key}.")
            else:
                yield f"{start}{key}"

    return [*row["summary"], *below(row["metrics"], "")]


def _result(
    own: dict[str, Row],
    names: list[str],
    usual: dict[str, Span | None],
    figure: Callable[[Row], float],
) -> SetResult:
    """Put a set's rows together, or say what is the matter."""
    rows = tuple(own[name] for name in names if name in own)
    by = float(np.mean([figure(row) for row in rows]))
    failed = next((row for row in rows if row["status"] == "failed"), None)
    trouble = ""
    if failed is not None:
        trouble = f"failed: {failed['error']}"
    elif len(rows) < len(names):
        trouble = f"has no run over {next(name for name in names if name not in own)} yet"
    elif not all(row.get("blocks") for row in rows):
        trouble = "was run by an older version, which kept no blocks; sweep into a new folder"
    elif any(_span(own[name]) != usual[name] for name in names):
        trouble = "was run over another stretch of time, so it cannot be held against the others"
    elif math.isnan(by):
        trouble = "has no such figure to be ranked by"
    blocks = None if trouble else np.concatenate([row["blocks"]["equity"] for row in rows])
    return SetResult(values=_parameters(rows[0]), rows=rows, blocks=blocks, by=by, trouble=trouble)
