"""A run directory read back: a fill, what became of its order before, and what it was decided on.

Reads what the sinks and the session wrote; knows nothing of market data.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from mm.api import UsageError
from mm.config.document import merged
from mm.record.recorder import recording_files
from mm.rows import find_table, read_rows
from mm.run.rundir import hash_file
from mm.run.unfinished import Unfinished, has_ended, read_started
from mm.schema import SCHEMA, check_columns

Row = Mapping[str, str]


@attrs.frozen(kw_only=True)
class Filled:
    """A fill and its past, as rows of the run's own tables."""

    number: int
    """In the table of trades; the first is 1."""
    fills: int
    """Rows of that table."""
    of_order: tuple[int, int]
    """(which fill of its order, how many its order has)."""
    trade: Row
    entry: Row | None
    """The event by which the order took its place in the queue: accepted, or moved."""
    decision: Row | None
    """The row of ``quotes.csv`` on which the order, or its last move, was decided."""
    command: Row | None
    """The row of ``orders.csv`` that was decided then."""


@attrs.frozen(kw_only=True)
class MarketOfRun:
    """A market, as a run knew it."""

    symbol: str
    """As its data call it."""
    tick: Decimal
    lot: Decimal
    contract_type: str
    execution: dict[str, Any]
    """Its table ``[execution]``."""
    data: dict[str, Any]
    """Figures of the survey."""
    inputs: list[dict[str, Any]]
    """Its files: see ``RunDirectory.inputs``."""


@attrs.frozen
class RunDirectory:
    """A run directory."""

    path: Path

    def manifest(self) -> dict[str, Any]:
        """Give the manifest.

        Of a run that did not end it is what was known at its start.

        Raises:
            UsageError: it is no run's, or a file of it is not as the run left it.
        """
        if not has_ended(self.path):
            return read_started(self.path)[2]
        manifest = self._json("manifest.json")
        for name, sha256 in manifest.get("outputs", {}).items():
            path = self.path / name
            if path.is_file() and self._sha256(name) != sha256:
                raise UsageError(
                    f"{path}: is not what the run wrote (its sha256 is not the manifest's);"
                    " run the backtest again"
                )
        return manifest

    def inputs(self) -> list[dict[str, Any]]:
        """Give the files that tell what the market did: name, path, sha256 ("" = not known).

        Of a live run that is its recording, which has no hashes if the run was killed.
        """
        manifest = self.manifest()
        recording = manifest.get("recording")
        if recording is None:
            found: list[dict[str, Any]] = manifest["inputs"]
            return found
        return recording["files"] or [
            {"name": name, "path": str(path), "sha256": ""}
            for name, path in recording_files(Path(recording["directory"]))
        ]

    def summary(self) -> dict[str, Any]:
        """Give the summary; of a run that did not end, as it was at its start."""
        if not has_ended(self.path):
            return read_started(self.path)[1]
        return self._json("summary.json")

    def unfinished(self) -> Unfinished | None:
        """Say whether the run was killed, or goes on; None = it has ended."""
        return None if has_ended(self.path) else read_started(self.path)[0]

    def config(self) -> dict[str, Any]:
        """Give the effective configuration."""
        try:
            return tomllib.loads(self._text("config.toml"))
        except tomllib.TOMLDecodeError as error:
            raise self._damaged("config.toml", error) from error

    def market(self, name: str) -> MarketOfRun:
        """Give what the run knew of the market of an instrument."""
        summary, config = self.summary(), self.config()
        names = [one["symbol"] for one in summary.get("markets", ())]
        about, symbol, tables = summary, summary["symbol"], config
        inputs, data = self.inputs(), summary["data"]
        if name in names:
            number = names.index(name)
            own = config["market"][number]
            about, symbol, data = summary["markets"][number], own["symbol"], data[name]
            tables = {
                key: merged(config[key], own.get(key, {})) for key in ("execution", "position")
            }
            inputs = [one for one in inputs if one["market"] == name]
        return MarketOfRun(
            symbol=symbol,
            tick=Decimal(about["tick_size"]),
            lot=Decimal(about["lot_size"]),
            contract_type=tables["position"]["contract_type"],
            execution=tables["execution"],
            data=data,
            inputs=inputs,
        )

    def find(self, fill: str) -> Filled:
        """Find a fill.

        Args:
            fill: its number in ``trades.csv``, or ``order:ID`` for the first fill of an order.

        Raises:
            UsageError: if there is no such fill, or the directory is no run's.
        """
        trades = list(self._rows("trades"))
        at = _index(fill, trades, self._table("trades"))
        trade = trades[at]
        same = [i for i, row in enumerate(trades) if row["order_id"] == trade["order_id"]]
        entry = self._entry(trade)
        ts = entry["ts_decided"] if entry else trade["ts_decided"]
        return Filled(
            number=at + 1,
            fills=len(trades),
            of_order=(same.index(at) + 1, len(same)),
            trade=trade,
            entry=entry,
            decision=self._first("quotes", ts_decided=ts, symbol=trade["symbol"]),
            command=self._first(
                "orders", ts_decided=ts, symbol=trade["symbol"], client_id=trade["client_id"]
            ),
        )

    def _entry(self, trade: Row) -> Row | None:
        """Find the event by which the order took the place in the queue that it filled from."""
        found: Row | None = None
        for row in self._rows("order_events"):
            if row["order_id"] != trade["order_id"] or row["symbol"] != trade["symbol"]:
                continue
            if int(row["ts_known"]) > int(trade["ts_known"]):
                break
            if row["event"] == "accepted" or (row["event"] == "replaced" and _moved(found, row)):
                found = row
        return found

    def _first(self, name: str, **wanted: str) -> Row | None:
        for row in self._rows(name):
            if all(row[column] == value for column, value in wanted.items()):
                return row
        return None

    def _rows(self, name: str) -> Iterator[Row]:
        """Give a table's rows, prices and sizes as people write them: 100, not 100.0."""
        path = self._table(name)
        exact = [one.name for one in SCHEMA[name] if one.unit in ("price", "contracts")]
        for number, row in enumerate(read_rows(path)):
            if number == 0:
                check_columns(path, list(row))
            yield {**row, **{column: _plain(row[column]) for column in exact}}

    def _table(self, name: str) -> Path:
        path = find_table(self.path, name)
        if path is None:
            raise UsageError(
                f"{self.path}: has no table {name}; name the directory of a run that was written"
                " with the sink 'csv' or 'parquet'"
            )
        return path

    def _json(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._text(name))
        except ValueError as error:  # no JSON, or no text at all
            raise self._damaged(name, error) from error
        return found

    def _text(self, name: str) -> str:
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except OSError as error:
            raise self._unreadable(name, error) from error

    def _sha256(self, name: str) -> str:
        try:
            return hash_file(self.path / name)
        except OSError as error:
            raise self._unreadable(name, error) from error

    def _unreadable(self, name: str, error: OSError) -> UsageError:
        return UsageError(
            f"{self.path / name}: cannot be read: {error.strerror}; name the directory of a run"
            f" that has ended"
        )

    def _damaged(self, name: str, error: Exception) -> UsageError:
        return UsageError(f"{self.path / name}: is damaged: {error}; run the backtest again")


def _moved(before: Row | None, after: Row) -> bool:
    """Whether a replace cost the order its place: another price, or a larger size."""
    if before is None or before["price"] != after["price"]:
        return True
    return Decimal(after["size"]) > Decimal(before["size"])


def _plain(text: str) -> str:
    """Write a decimal without an exponent, and without zeros at its end."""
    if not text:
        return text
    plain = f"{Decimal(text):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _index(fill: str, trades: list[Row], path: Path) -> int:
    if not trades:
        raise UsageError(f"{path}: has no fill to explain; the run ended without any")
    order = fill.removeprefix("order:")
    if order != fill:
        for at, row in enumerate(trades):
            if row["order_id"] == order:
                return at
        raise UsageError(f"{path}: has no fill of order {order!r}; name an order_id from it")
    if fill.isascii() and fill.isdigit() and 1 <= int(fill) <= len(trades):
        return int(fill) - 1
    raise UsageError(
        f"{path}: has no fill {fill!r}, expected 1 to {len(trades)}, or order:ID for the first fill"
        f" of an order"
    )
