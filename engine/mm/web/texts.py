"""How the page writes money, whether it comes from a running engine or from a folder."""

import math
from collections.abc import Mapping
from typing import Final

from mm.metrics import Mean

UNIT: Final = "settlement currency"
"""Of money, where nothing names it."""


def money_text(value: float | None) -> str:
    """Write an amount [settlement currency] with its sign; a dash for one that is not known."""
    return "–" if value is None or not math.isfinite(value) else f"{value + 0.0:+.8f}"


def markout_rows(means: Mapping[float, Mean]) -> list[list[str]]:
    """Write mean markouts [price] by horizon [s], with their errors and how many fills they are of;
    no row where no fill is old enough."""
    return [
        [f"after {horizon:g} s", _mean_text(mean), _count(mean.count)]
        for horizon, mean in means.items()
        if mean.count
    ]


def _count(fills: int) -> str:
    return f"{fills:,} {'fill' if fills == 1 else 'fills'}"


def _mean_text(mean: Mean) -> str:
    error = f" ± {mean.error:.2g}" if math.isfinite(mean.error) else ""
    return f"{mean.value:+.4g}{error}"


def money_rows(
    realized: float | None,
    unrealized: float | None,
    spread: float | None,
    inventory: float | None,
    fees: float | None,
    funding: float | None,
    drawdown: float | None,
) -> list[list[str]]:
    """Name each amount, in the order of the page."""
    rows = (
        ("realised", realized),
        ("unrealised", unrealized),
        ("spread captured", spread),
        ("inventory", inventory),
        ("fees less rebates", fees),
        ("funding", funding),
        ("largest drawdown", drawdown),
    )
    return [[name, money_text(value)] for name, value in rows]
