"""A run on disk: its summary, its tables, and what can be asked of it.

Tables are read when they are first asked for, and kept. Knows what a run is; nothing of how it is
made, or opened.
"""

import tomllib
from collections.abc import Callable, Mapping
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mm.api import MICRO, UsageError
from mm.explain import CURRENCY, in_words, tell
from mm.results.measures import account, measure
from mm.results.table import Table, table_of

_UNITS_S: Final = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}

_SHOWN: Final = (
    ("decisions", "decisions"), ("orders", "orders"), ("fills", "fills"),
    ("position", "position"), ("equity", "equity"), ("realized_pnl", "realised P&L"),
    ("fees_paid", "fees"), ("max_drawdown", "drawdown"), ("engine_s", "engine [s]"),
)  # fmt: skip


class Run:
    """What a run left behind."""

    path: Path | None
    """Its directory; None = it was kept in memory."""
    summary: Mapping[str, Any]
    """As in ``summary.json``."""
    config_text: str
    """The effective run file, as text."""

    def __init__(
        self,
        path: Path | None,
        summary: Mapping[str, Any],
        config_text: str,
        read: Callable[[str], Table],
    ) -> None:
        """Take what is known; ``read`` gives a table by the name of its file, without suffix."""
        self.path = path
        self.summary = summary
        self.config_text = config_text
        self._read = read

    @property
    def status(self) -> str:
        """How it ended: complete, complete_with_defects, interrupted, failed, killed; or running.

        Of one that was killed, and of one that still goes on, all is as far as it was written.
        """
        return str(self.summary["status"])

    @property
    def label(self) -> str:
        """What it was called with ``output.label``; empty = nothing."""
        return str(self.summary.get("label") or "")

    @property
    def digest(self) -> str:
        """The hash of its results: equal for equal runs; empty of one that did not end."""
        return str(self.summary["digest"] or "")

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The effective run file, every default filled in."""
        return tomllib.loads(self.config_text)

    @cached_property
    def parts(self) -> tuple["Run", ...]:
        """The run market by market; of one market, the run itself.

        Of several, each has the rows of its market, the configuration that this would have alone,
        and a summary whose money is in its settlement currency. But money in ``positions`` is of
        all markets, and so are equity, profit, ratios and orders that it gives. Of a market with
        several instruments there is one part, the first instrument's.
        """
        markets = self.summary.get("markets") or ()
        if markets:
            return tuple(_Part(self, number, entry) for number, entry in enumerate(markets))
        tables = self.positions, self.trades
        names = {name for table in tables for name in table["symbol"].tolist()}
        return (self,) if len(names) < 2 else (_Part(self, 0, {}),)

    @cached_property
    def fill_numbers(self) -> npt.NDArray[np.int64]:
        """What ``explain`` calls each row of ``trades``, shape (n,)."""
        return np.arange(1, len(self.trades) + 1)

    @property
    def money(self) -> str:
        """What money is in, in words."""
        return str(self.summary.get("currency") or CURRENCY[self.summary["contract_type"]])

    @cached_property
    def trades(self) -> Table:
        """Our fills."""
        return self._read("trades")

    @cached_property
    def orders(self) -> Table:
        """What was sent: new orders, replaces, cancels."""
        return self._read("orders")

    @cached_property
    def order_events(self) -> Table:
        """What became of orders, in the order in which we learn of it."""
        return self._read("order_events")

    @cached_property
    def positions(self) -> Table:
        """The account after each fill and at each candle."""
        return self._read("positions")

    @cached_property
    def quotes(self) -> Table:
        """Each decision, with what it was made on."""
        return self._read("quotes")

    @cached_property
    def candles(self) -> Table:
        """The market's prints."""
        return self._read("candles")

    def equity(self, step: str = "1s") -> Table:
        """Give the account on a grid of times.

        Args:
            step: from one time to the next: a number and ms, s, min or h.

        Returns:
            ``ts_known``; ``equity`` and ``fees`` [settlement currency]; ``position`` [contracts],
            of several markets the first one's: as they were at that time. What is open is valued at
            the newest mid that a decision or a row of ``positions`` tells (with ``position.mark`` =
            ``mark_price``, or several markets, at those rows alone); NaN before the first mark.

        Raises:
            ValueError: ``step`` is no length of time.
        """
        held = account(self, _microseconds(step))
        return table_of(
            "equity",
            {
                "ts_known": held.ts.astype("datetime64[us]"),
                "equity": held.equity,
                "position": held.position,
                "fees": held.fees,
            },
        )

    @cached_property
    def metrics(self) -> Mapping[str, Any]:
        """The figures of ``measure``, at steps of a second and for 365 days a year."""
        return self.measure()

    def measure(self, step: str = "1s", days: float = 365.0) -> Mapping[str, Any]:
        """Work out what market makers judge a run by.

        Args:
            step: of the grid of times for profit ratios and inventory, as for ``equity``.
            days: of a year of trading, for what is annualised.

        Returns:
            ``profit``, ``ratios``, ``orders``, ``quoting``, ``inventory``, ``markouts`` (by side
            and by the rule that filled: horizon [s] -> mean [price], error, count) and ``spreads``
            (horizon -> effective and realised half-spread and adverse selection). Definitions
            and sources stand in ``mm.metrics``; NaN is what cannot be told. Of several markets,
            profit, ratios and orders are of all, the rest is of the first; and ``markets`` has
            ``quoting``, ``inventory``, ``markouts`` and ``spreads`` of each, by its symbol.

        Raises:
            ValueError: ``step`` is no length of time.
        """
        return measure(self, _microseconds(step), days)

    def explain(self, fill: int | str) -> str:
        """Tell the story of a fill, as ``mm explain`` does.

        Args:
            fill: its number in ``trades``, from 1, or ``order:N``.

        Raises:
            UsageError: there is no such fill, or the run was kept in memory only.
        """
        if self.path is None:
            raise UsageError(
                "a fill is explained from the run's directory, and this run has none; run it"
                " without run_dir=None"
            )
        return in_words(tell(self.path, str(fill)))

    def report(self, path: str | Path | None = None) -> Path:
        """Write the run down as one HTML page, as ``mm report`` does.

        Args:
            path: the file to write; left out, ``report.html`` in the run's directory.

        Returns:
            Where it lies.

        Raises:
            UsageError: it cannot be written there, plotly is not installed, or the run was kept in
                memory only and no path is given.
        """
        from mm.results.report import write_page

        if path is None and self.path is None:
            raise UsageError("this run has no directory to write a report in; give a path")
        place = Path(path) if path is not None else Path(self.path or "") / "report.html"
        write_page(self, place)
        return place

    def __repr__(self) -> str:
        s = self.summary
        return f"<Run {s['symbol']} {self.status}: {s['fills']} fills, equity {s['equity']}>"

    def _repr_html_(self) -> str:
        """Show the main figures."""
        called = f"{self.label}: " if self.label else ""
        title = escape(f"{called}{self.summary['symbol']}, {self.status}")
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(text)}</th>"
            f"<td style='text-align:right'>{_figure(self.summary[key])}</td></tr>"
            for key, text in _SHOWN
        )
        place = escape(str(self.path or "kept in memory"))
        return f"<h4>{title}</h4><table>{rows}</table><p>{place}<br>{self.digest}</p>"


class _Part(Run):
    """What a run left behind of one of its markets."""

    def __init__(self, run: Run, number: int, entry: Mapping[str, Any]) -> None:
        super().__init__(run.path, {**run.summary, **entry}, run.config_text, self._own)
        self._run, self._number = run, number

    def _own(self, name: str) -> Table:
        table: Table = getattr(self._run, name)
        return table.where(self._mine(table))

    def _mine(self, table: Table) -> npt.NDArray[np.bool_]:
        return np.asarray(table["symbol"] == self.summary["symbol"], bool)

    @cached_property
    def config(self) -> Mapping[str, Any]:
        from mm.config.document import merged  # late: a run is opened without checking run files

        shared = dict(self._run.config)
        own = shared.pop("market")[self._number] if "market" in shared else {}
        return merged(shared, {name: one for name, one in own.items() if isinstance(one, dict)})

    @property
    def parts(self) -> tuple[Run, ...]:
        return (self,)

    @cached_property
    def fill_numbers(self) -> npt.NDArray[np.int64]:
        return np.flatnonzero(self._mine(self._run.trades)) + 1


def _microseconds(step: str) -> int:
    number = step.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = _UNITS_S.get(step[len(number) :].strip())
    try:
        micros = round(float(number) * unit * MICRO) if unit else 0
    except ValueError:
        micros = 0
    if micros <= 0:
        raise ValueError(f"step is {step!r}, expected a length of time such as 100ms, 1s, 5min, 1h")
    return micros


def _figure(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"
