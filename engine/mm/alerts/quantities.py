"""What an alert rule may ask about, in one table: checker, reference and docs read it here.

Each is made of a figure that the page and ``/metrics`` show, too (``mm.run.figures``); only the
unit may differ.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

import attrs


@attrs.frozen
class Quantity:
    """Something that a rule may ask about."""

    unit: str
    help: str
    figure: str
    """What it is made of, by its name in ``mm.run.figures``."""
    make: Callable[[float], float] = float
    """From the figure to this quantity."""


QUANTITIES: Final = {
    "silence_s": Quantity(
        "s", "Time since the latest market data came.", "silence_seconds"
    ),
    "gap_s": Quantity(
        "s", "For how long the book has not been known; 0 while it is.", "book_unknown_seconds"
    ),
    "loss": Quantity(
        "settlement currency", "How far equity is below what the run began with; 0 in profit.",
        "equity", lambda equity: max(-equity, 0.0),
    ),
    "position": Quantity(
        "contracts", "Position, long positive; of several markets the largest.",
        "position_contracts",
    ),
    "inventory": Quantity(
        "contracts", "Position, long or short alike; of several markets the largest.",
        "position_contracts", abs,
    ),
    "lag_ms": Quantity(
        "ms", "From the arrival of market data to the engine, 99th percentile.",
        "arrival_to_engine_lag_p99_seconds", lambda seconds: 1e3 * seconds,
    ),
    "feed_lag_ms": Quantity(
        "ms", "From the exchange to us, 99th percentile.",
        "exchange_to_arrival_lag_p99_seconds", lambda seconds: 1e3 * seconds,
    ),
    "rejects_per_min": Quantity(
        "1/min", "Orders that our own risk gate refused within the last minute.",
        "orders_refused_last_minute",
    ),
    "disk_free_mb": Quantity(
        "MB", "Free space where the run, or its recording, is written; the smaller of the two.",
        "disk_free_bytes", lambda size: size / 1e6,
    ),
    "disk_refused_s": Quantity(
        "s", "For how long what the run writes has been refused; 0 while it is not.",
        "disk_refused_seconds",
    ),
}  # fmt: skip


def value_of(name: str, figures: Mapping[str, float]) -> float:
    """Give a quantity's value; NaN = not known now."""
    found = QUANTITIES[name]
    return found.make(figures.get(found.figure, math.nan))
