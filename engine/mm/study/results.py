"""The rows of a study to compute with: all of them, the best by some figure, a typed table.

Knows what a row holds (see ``rows``), and nothing of how it came about.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

import arro3.core as ac
from arro3.io import write_parquet

from mm.api import UsageError
from mm.judge import Split
from mm.results.table import Table
from mm.study.rows import FILE_NAME, RUN_FILE_NAME
from mm.suggest import did_you_mean

Row = dict[str, Any]

_TYPES: Final[Mapping[type, Callable[[], Any]]] = {
    bool: ac.DataType.bool,
    int: ac.DataType.int64,
    float: ac.DataType.float64,
    str: ac.DataType.utf8,
}
"""Kind of a column's values -> its type."""


class Sweep:
    """What came of many sets, in their order.

    ``len``, iteration and ``[n]`` are over the rows; pandas, polars, DuckDB and pyarrow take it as
    a table.
    """

    def __init__(
        self, lines: Sequence[str], total: int, path: Path | None = None, text: str | None = None
    ) -> None:
        """Hold the rows that there are, of ``total`` sets; ``path`` is the study's folder,
        ``text`` its run file if that was given as a dict.

        Lines of JSON take a fifth of the memory that dicts do.
        """
        self._lines = list(lines)
        self._total = total
        self._text = text
        self.path = path
        """The study's folder; None = in memory alone."""

    @property
    def rows(self) -> list[Row]:
        """A dict for each set: ``set``, ``status``, ``digest``, ``error``, ``summary``,
        ``metrics``, as in ``results.jsonl``.
        """
        return list(self)

    @property
    def status(self) -> str:
        """``complete``: every set has a row, though perhaps a failed one; or ``interrupted``."""
        return "complete" if len(self._lines) == self._total else "interrupted"

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: int) -> Row:
        row: Row = json.loads(self._lines[number])
        return row

    def __iter__(self) -> Iterator[Row]:
        return (self[number] for number in range(len(self)))

    def best(self, figure: str, *, lowest: bool = False) -> Row:
        """Give the row with the highest figure; of equals, the first.

        Args:
            figure: of the summary, such as ``equity``, or a path, such as
                ``metrics.ratios.sharpe``.
            lowest: give the row with the lowest one.

        Raises:
            UsageError: no row has this figure; the text names those that there are.
        """
        found = [(value, row) for row in self if (value := value_of(row, figure)) is not None]
        if not found:
            names = sorted({name for row in self for name in figures_of(row)})
            near = did_you_mean(figure, names)
            raise UsageError(
                f"{figure}: no set has this figure{near or ','} expected a number of the summary"
                " or the metrics, such as equity or metrics.ratios.sharpe"
            )
        return (min if lowest else max)(found, key=lambda pair: pair[0])[1]

    @property
    def table(self) -> Table:
        """A row for each set: the varied keys, ``status``, ``digest``, ``error``, the summary's
        figures and the metrics under their paths; null where a set has none.
        """
        return self._table(metrics=True)

    def _table(self, *, metrics: bool) -> Table:
        rows = list(self)
        columns: dict[str, list[Any]] = {}
        _spread("", [row["set"] for row in rows], columns)
        columns |= {name: [row[name] for row in rows] for name in ("status", "digest", "error")}
        _spread("", [row["summary"] for row in rows], columns)
        if metrics:
            _spread("metrics.", [row["metrics"] for row in rows], columns)
        arrays: dict[str, Any] = {name: _column(values) for name, values in columns.items()}
        return Table("sets", ac.Table.from_pydict(arrays))

    def report(
        self,
        path: str | Path | None = None,
        *,
        by: str = "equity",
        best: int = 0,
        walk: tuple[int, int] | None = None,
        split: tuple[int, int] | None = None,
    ) -> Path:
        """Judge the study and write it down as one HTML page, as ``mm sweep report`` does.

        Args:
            path: the file to write; left out, ``report.html`` in the study's folder.
            by: the figure that sets are ranked by; with a minus before it the smaller the better.
            best: how many of the best sets to write beside it, as run files.
            walk: blocks to choose on and to hold for.
            split: data sets to choose on and to judge by; None = as the study was started with.

        Returns:
            Where the page lies.

        Raises:
            UsageError: it cannot be written there, plotly is not installed, or the study was kept
                in memory only and no path is given.
        """
        from mm.study.report import read_study, write_best, write_study

        if path is None and self.path is None:
            raise UsageError("this study has no folder to write a report in; give a path")
        place = Path(path) if path is not None else Path(self.path or "") / "report.html"
        cut = None if split is None else Split(train=split[0], test=split[1])
        with tempfile.TemporaryDirectory(prefix="mm-sweep-") as scratch:
            folder = self.path or Path(scratch) / "study"
            if self.path is None:
                folder.mkdir()
                (folder / FILE_NAME).write_text("".join(self._lines), encoding="utf-8")
                if self._text is not None:
                    (folder / RUN_FILE_NAME).write_text(self._text, encoding="utf-8")
            content = read_study(folder, by, cut)
        write_study(content, content.judgement(walk), place)
        write_best(content, best, place.parent)
        return place

    def to_parquet(self, path: str | Path) -> None:
        """Write the table as typed Parquet.

        Raises:
            UsageError: it cannot be written there.
        """
        place = Path(path)
        temporary = place.with_name(f"{place.name}.tmp")
        try:
            with temporary.open("wb") as file:
                write_parquet(self, file, compression="zstd(3)")
            temporary.replace(place)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise UsageError(
                f"{path}: cannot be written: {error.strerror}; choose another place"
            ) from error

    def to_pandas(self) -> Any:
        """Make a ``pandas.DataFrame``; pandas must be installed."""
        return self.table.to_pandas()

    def to_polars(self) -> Any:
        """Make a ``polars.DataFrame``; polars must be installed."""
        return self.table.to_polars()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self.table.__arrow_c_schema__()

    def __repr__(self) -> str:
        where = "" if self.path is None else f" in {self.path}"
        return f"<Sweep of {len(self)} of {self._total} sets{where}>"

    def _repr_html_(self) -> str:
        """Show the first rows, without the metrics."""
        return self._table(metrics=False)._repr_html_()


def value_of(row: Mapping[str, Any], figure: str) -> float | None:
    """Give a figure of a row; None = it has none, or no number.

    Args:
        row: as in ``results.jsonl``.
        figure: of the summary, or a path, such as ``metrics.ratios.sharpe``.
    """
    found: Any = row["summary"].get(figure)
    if found is None:
        found = row
        for name in figure.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def figures_of(row: Mapping[str, Any]) -> list[str]:
    """Name the figures of a row, as ``value_of`` takes them."""
    columns: dict[str, list[Any]] = {}
    _spread("metrics.", [row["metrics"]], columns)
    return [*row["summary"], *columns]


def _spread(path: str, tables: Sequence[Row], columns: dict[str, list[Any]]) -> None:
    """Add a column for each key of nested dicts, under its dotted path; lists are left out."""
    for name in dict.fromkeys(chain.from_iterable(tables)):
        values = [table.get(name) for table in tables]
        kinds = set(map(type, values))
        if dict in kinds:
            inner = [value if isinstance(value, dict) else {} for value in values]
            _spread(f"{path}{name}.", inner, columns)
        elif list not in kinds or not path:
            columns[f"{path}{name}"] = values


def _column(values: Sequence[Any]) -> ac.Array:
    """Give the values the narrowest type that holds them all; what is no scalar becomes JSON."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {int, float}:
        values, kinds = [None if value is None else float(value) for value in values], {float}
    kind = kinds.pop() if len(kinds) == 1 and kinds <= _TYPES.keys() else str
    if kind is str:
        values = [
            value if value is None or isinstance(value, str) else json.dumps(value)
            for value in values
        ]
    return ac.Array(values, _TYPES[kind]())
