"""Draw a table of quotes: bid and ask offsets against inventory, exact and closed form."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from mm.picture import BLUE, RED, picture
from mm.quotes.table import QuoteTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(table: QuoteTable, path: Path) -> None:
    """Write the picture.

    Raises:
        UsageError: it cannot be written there.
    """
    with picture(path, 8.0, 5.0) as figure:
        _fill(figure.add_subplot(), table)


def _fill(axes: "Axes", table: QuoteTable) -> None:
    q = [row.q for row in table.rows]
    for side, colour in (("bid", BLUE), ("ask", RED)):
        exact = [_gap(getattr(row, side)) for row in table.rows]
        closed = [_gap(getattr(row, f"{side}_closed")) for row in table.rows]
        axes.plot(q, exact, color=colour, label=side, linewidth=1.8)
        axes.plot(q, closed, color=colour, label=f"{side}, closed form", linestyle="--", alpha=0.7)
    horizon = table.inputs.horizon
    when = "without end" if horizon is None else f"{horizon:g} s before the end"
    axes.set_title(f"{table.model}, {when}")
    axes.set_xlabel("inventory [lots]")
    axes.set_ylabel("distance from the mid [price unit of the inputs]")
    axes.axhline(0.0, color="black", linewidth=0.6)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


def _gap(value: float | None) -> float:
    return math.nan if value is None else value
