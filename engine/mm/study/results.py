"""The rows of a study to compute with: all of them, the best by some figure, a typed table.

Knows what a row holds (see ``rows``), and nothing of how it came about.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import arro3.core as ac

from mm.api import UsageError
from mm.results.table import Table
from mm.suggest import did_you_mean

Row = dict[str, Any]

_TYPES: Final[Mapping[type, tuple[Callable[[], Any], Callable[[Any], Any]]]] = {
    bool: (ac.DataType.bool, bool),
    int: (ac.DataType.int64, int),
    float: (ac.DataType.float64, float),
    str: (ac.DataType.utf8, str),
}
"""Kind of a column's values -> its type, and what a value is made with."""


class Sweep:
    """What came of many sets, in their order.

    ``len``, iteration and ``[n]`` are over the rows; pandas, polars, DuckDB and pyarrow take it as
    a table.
    """

    def __init__(self, lines: Sequence[str], total: int, path: Path | None = None) -> None:
        """Hold the rows that there are, of ``total`` sets; ``path`` is the study's folder.

        Lines of JSON take a fifth of the memory that dicts do.
        """
        self._lines = list(lines)
        self._total = total
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
        return self._table(_flat)

    def _table(self, flat: Callable[[Any, str], dict[str, Any]]) -> Table:
        rows = [
            {**row["set"], "status": row["status"], "digest": row["digest"], "error": row["error"],
             **row["summary"], **flat(row["metrics"], "metrics")}
            for row in self
        ]  # fmt: skip
        names = dict.fromkeys(name for one in rows for name in one)
        columns: dict[str, Any] = {name: _column([one.get(name) for one in rows]) for name in names}
        return Table("sets", ac.Table.from_pydict(columns))

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
        return self._table(lambda metrics, path: {})._repr_html_()


def value_of(row: Row, figure: str) -> float | None:
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


def figures_of(row: Row) -> list[str]:
    """Name the figures of a row, as ``value_of`` takes them."""
    return [*row["summary"], *_flat(row["metrics"], "metrics")]


def _flat(content: Any, path: str) -> dict[str, Any]:
    """The numbers of nested dicts, by dotted path; lists are left out."""
    if not isinstance(content, Mapping):
        return {} if isinstance(content, list) else {path: content}
    found: dict[str, Any] = {}
    for name, value in content.items():
        found |= _flat(value, f"{path}.{name}")
    return found


def _column(values: Sequence[Any]) -> ac.Array:
    """Give the values the narrowest type that holds them all; what is no scalar becomes JSON."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        kinds = {float}
    kind = kinds.pop() if len(kinds) == 1 and kinds <= _TYPES.keys() else str
    data_type, make = _TYPES[kind]

    def cell(value: Any) -> Any:
        if value is None:
            return None
        return make(value) if kind is not str or isinstance(value, str) else json.dumps(value)

    return ac.Array([cell(value) for value in values], data_type())
