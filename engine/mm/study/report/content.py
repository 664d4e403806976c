"""What a study's report is about: its sets, ranked, and what each earned block by block.

A set that was run over several data sets (keys of ``[data]``, the symbol, or a name for them were
varied, too) is one set, and its blocks stand one data set after the other. Knows no page.
"""

import json
import math
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import UsageError
from mm.judge import Fold, Judgement, Split, judge, judge_folds, pareto
from mm.judge.overfitting import Statistic
from mm.metrics import Floats
from mm.study.report.reading import (
    Row,
    Span,
    data_keys,
    figure_of,
    of_last_study,
    read_rows,
    span_of,
    usual_span,
)
from mm.study.rows import FILE_NAME, RUN_FILE_NAME
from mm.study.splits import kept_split


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
    figures: tuple[float, ...]
    """Of each data set that it has a row of, as ``by``."""
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
    run_file: str | None = None
    """What the study's run file holds, if it was given as a dict."""
    split: Split | None = None
    """How to cut the data sets into training and test; of one data set, its blocks."""

    @cached_property
    def blocks(self) -> Floats:
        """Shape (T, N)."""
        found = [one.blocks for one in self.sets if one.blocks is not None]
        return np.stack(found, axis=1) if found else np.zeros((0, 0))

    @cached_property
    def columns(self) -> dict[str, list[Any]]:
        """Parameter -> its value in each of the sets."""
        return {key: [one.values[key] for one in self.sets] for key in self.keys}

    @cached_property
    def front(self) -> npt.NDArray[np.bool_]:
        """Of each set, whether no other has both more equity and less drawdown."""
        fall = np.array([one.drawdown for one in self.sets])
        return pareto(np.stack([self.blocks.sum(axis=0), -fall], axis=1))

    @property
    def cut(self) -> str:
        """What is cut into folds: ``data sets``, or where there is one alone, ``blocks``."""
        return "data sets" if len(self.data) > 1 else "blocks"

    @property
    def cut_by(self) -> str:
        """The figure of folds: that of the ranking, but blocks tell equity alone."""
        return self.by if len(self.data) > 1 else "equity"

    @cached_property
    def folds(self) -> list[Fold]:
        """The folds of the split; none without a split, or without two sets.

        Raises:
            UsageError: there are not so many data sets.
        """
        if self.split is None or len(self.sets) < 2:
            return []
        figures = np.array([one.figures for one in self.sets]).T
        if len(self.data) < 2:
            figures = self.blocks
        try:
            return judge_folds(figures, self.split)
        except ValueError as error:
            raise UsageError(
                f"the study's split: {error} {self.cut}; sweep over more, or choose others with"
                " --split TRAIN,TEST"
            ) from error

    @property
    def statistic(self) -> Statistic:
        """By which the best is chosen on a part of the time."""
        return "sharpe" if self.by.endswith("sharpe") else "mean"

    def judgement(self, walk: tuple[int, int] | None = None) -> Judgement | None:
        """Judge the sets; None = there are not two of them.

        Args:
            walk: blocks to choose on, and to hold for; None = half of the time, and an eighth.

        Raises:
            UsageError: so many blocks there are not.
        """
        if len(self.sets) < 2:
            return None
        try:
            return judge(self.blocks, self.columns, 0, self.statistic, walk)
        except ValueError as error:
            raise UsageError(
                f"--walk: {error}; expected at least 2 to choose on and 1 after them"
            ) from error


def read_study(folder: Path, by: str = "equity", split: Split | None = None) -> Content:
    """Read a study.

    Args:
        folder: of the study.
        by: the figure that sets are ranked by, as of ``figure_of``.
        split: of data sets; None = as the study was started with.

    Raises:
        UsageError: the folder is none of a study, or no row has that figure.
    """
    every = read_rows(folder / FILE_NAME)
    if not every:
        raise UsageError(f"{folder}: the study has no rows yet; wait until a set is done")
    rows = of_last_study(every)
    chosen = data_keys(rows)
    over: dict[str, list[Row]] = {}  # data set -> its rows
    grouped: dict[str, dict[str, Row]] = {}  # set -> data set -> row
    for row in rows:
        name = ", ".join(str(value) for key, value in row["set"].items() if key in chosen)
        values = {key: value for key, value in row["set"].items() if key not in chosen}
        over.setdefault(name, []).append(row)
        grouped.setdefault(json.dumps(values), {})[name] = row
    spans = {name: usual_span(own) for name, own in over.items()}
    names = sorted(spans, key=lambda name: (spans[name] or (0, 0), name))
    usual = {name: spans[name] for name in names}
    figure = figure_of(by, rows)
    found = [_result(json.loads(one), own, usual, figure) for one, own in grouped.items()]
    return Content(
        name=folder.resolve().name,
        by=by,
        keys=tuple(
            key for key in found[0].values if len({repr(one.values[key]) for one in found}) > 1
        ),
        data=tuple(names),
        sets=tuple(sorted((one for one in found if not one.trouble), key=lambda one: -one.by)),
        others=tuple(one for one in found if one.trouble),
        left_out=len(every) - len(rows),
        spans=tuple(span for span in usual.values() if span is not None),
        split=split or kept_split(folder),
        run_file=_kept_run_file(folder),
    )


def _kept_run_file(folder: Path) -> str | None:
    path = folder / RUN_FILE_NAME
    return path.read_text(encoding="utf-8") if path.exists() else None


def _result(
    values: dict[str, Any],
    own: Mapping[str, Row],
    usual: Mapping[str, Span | None],
    figure: Callable[[Row], float],
) -> SetResult:
    """Put a set's rows together, or say what is the matter."""
    rows = tuple(own[name] for name in usual if name in own)
    figures = tuple(figure(row) for row in rows)
    by = float(np.mean(figures))
    failed = next((row for row in rows if row["status"] == "failed"), None)
    cut = next((row["why"] for row in rows if row["status"] == "pruned"), None)
    trouble = ""
    if failed is not None:
        trouble = f"failed: {failed['error']}"
    elif cut is not None:
        trouble = str(cut)
    elif len(rows) < len(usual):
        trouble = f"has no run over {next(name for name in usual if name not in own)} yet"
    elif not all(row.get("blocks") for row in rows):
        trouble = "was run by an older version, which kept no blocks; sweep into a new folder"
    elif any(span_of(own[name]) != span for name, span in usual.items()):
        trouble = "was run over another stretch of time, so it cannot be held against the others"
    elif math.isnan(by):
        trouble = "has no such figure to be ranked by"
    blocks = None if trouble else np.concatenate([row["blocks"]["equity"] for row in rows])
    return SetResult(
        values=values, rows=rows, blocks=blocks, by=by, figures=figures, trouble=trouble
    )  # fmt: skip
