"""Latency models: what to add to the run file's latency_ms, and what it assumes."""

import csv
import io
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import ConfigError, Context, LatencyModel, read_file

_COLUMNS = ("req_ts", "exch_ts", "resp_ts")

_MOST_BYTES = 1 << 28
"""Five million rows: all of it is kept."""

_LATEST = 10**16 - 1
"""µs: what 16 digits hold, as in market data."""


def _always(value_us: float) -> npt.NDArray[np.float64]:
    return np.array([[0.0, value_us]])


def constant(context: Context) -> LatencyModel:
    """Assume that every order and every report takes the same time.

    Source: hftbacktest's ConstantLatency.
    """
    return LatencyModel(entry=_always(context.entry_us), response=_always(context.response_us))


def feed(config: Any, context: Context) -> LatencyModel:
    """Assume that orders are slow when the market data is: latency_ms + multiple * feed latency.

    The feed latency is ts_local - ts_exchange of the last message seen. Source: hftbacktest's
    guide to latencies, for users without a log of their own orders.
    """
    return attrs.evolve(
        constant(context),
        entry_multiple=config.entry_multiple,
        response_multiple=config.response_multiple,
    )


def jittered(config: Any, context: Context) -> LatencyModel:
    """Assume latencies of lognormal size with latency_ms as their median, each drawn alone.

    Real latencies come in bursts (lag-1 autocorrelation 0.99 in XBTUSD's feed), so this says
    little about a busy minute; ``feed`` says more.
    """
    return attrs.evolve(constant(context), jitter=config.sigma)


def recorded(config: Any, context: Context) -> LatencyModel:
    """Interpolate the latencies of recorded orders by time, and add latency_ms.

    Source: hftbacktest's IntpOrderLatency: entry by the time of sending, response by the time at
    the venue; beyond the record's ends, the first or last latency.
    """
    rows = _read(Path(config.path))
    sent, venue, heard = rows.T
    entry = np.column_stack([sent, venue - sent + context.entry_us])
    by_venue = np.argsort(venue, kind="stable")
    response = np.column_stack([venue, heard - venue + context.response_us])[by_venue]
    return LatencyModel(entry=entry, response=response)


def _read(path: Path) -> npt.NDArray[np.float64]:
    """Read the record, shape (n, 3), n >= 1, ascending by the time of sending."""
    raw = read_file(path, expected="a CSV file of latencies", most_bytes=_MOST_BYTES)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not text in UTF-8, expected a CSV file") from error
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ConfigError(f"{path}:1: column {missing[0]!r} is missing")
        rows = [_row(path, number, row) for number, row in enumerate(reader, 2)]
    except csv.Error as error:
        raise ConfigError(f"{path}: is not CSV: {error}; correct it") from error
    if not rows:
        raise ConfigError(f"{path}: the latency table has no rows, expected at least one")
    table = np.array(rows, np.float64)
    if np.any(np.diff(table[:, 0]) < 0):
        line = int(np.flatnonzero(np.diff(table[:, 0]) < 0)[0]) + 3
        raise ConfigError(f"{path}:{line}: req_ts goes back, expected ascending times")
    return table


def _row(path: Path, line: int, row: dict[str, str]) -> list[int]:
    try:
        sent, venue, heard = (int(row[name]) for name in _COLUMNS)
    except (TypeError, ValueError):
        raise ConfigError(f"{path}:{line}: expected three whole numbers of µs") from None
    if not 0 <= sent <= venue <= heard <= _LATEST:
        raise ConfigError(
            f"{path}:{line}: expected 0 <= req_ts <= exch_ts <= resp_ts <= {_LATEST} µs"
        )
    return [sent, venue, heard]
