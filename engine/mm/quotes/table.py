"""Ask a model for its quotes at every inventory, and write them down.

Knows neither formulas nor files. Offsets are in the price unit of the inputs, whatever that is.
"""

import math
from typing import Any

import attrs
import numpy as np

from mm.api import Floats, QuoteInputs, QuoteModelOffer

HEADER = ("q", "bid", "ask", "bid closed", "ask closed")


@attrs.frozen(kw_only=True)
class Row:
    """The quotes at one inventory: distances below and above the mid [price]; None = no quote."""

    q: int
    """Inventory [lots]."""
    bid: float | None
    ask: float | None
    bid_closed: float | None
    ask_closed: float | None


@attrs.frozen(kw_only=True)
class QuoteTable:
    """A model's quotes at the start of the session (or without end) for every inventory."""

    model: str
    inputs: QuoteInputs
    rows: tuple[Row, ...]
    """In order of q, from -max_inventory to max_inventory."""


def quote_table(model: QuoteModelOffer, inputs: QuoteInputs) -> QuoteTable:
    """Ask the model for its exact and its closed-form quotes.

    Raises:
        ConfigError: the model has no answer to these inputs.
    """
    bound = inputs.max_inventory
    q = np.arange(-bound, bound + 1, dtype=np.int64)
    tau = None if inputs.horizon is None else np.array([inputs.horizon])
    sides = (*model.quotes(inputs, q, tau), *model.closed(inputs, q, tau))
    rows = [
        Row(q=lots, bid=bid, ask=ask, bid_closed=bid_closed, ask_closed=ask_closed)
        for lots, bid, ask, bid_closed, ask_closed in zip(
            q.tolist(), *(_known(side[0]) for side in sides), strict=True
        )
    ]
    return QuoteTable(model=model.name, inputs=inputs, rows=tuple(rows))


def as_data(table: QuoteTable) -> dict[str, Any]:
    """Give the table as what JSON is made of; numbers keep all their digits."""
    return {
        "model": table.model,
        "parameters": attrs.asdict(table.inputs),
        "rows": [attrs.asdict(row) for row in table.rows],
    }


def as_text(table: QuoteTable) -> str:
    """Give the table as aligned text, with 9 significant digits and what its columns are."""
    lines: list[tuple[str, ...]] = [HEADER]
    lines += [(str(row.q), *map(_text, attrs.astuple(row)[1:])) for row in table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    body = [
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    ]
    return "\n".join([*_heading(table), "", *body])


def _heading(table: QuoteTable) -> list[str]:
    horizon = table.inputs.horizon
    when = "without end" if horizon is None else f"{horizon:g} s before the end"
    return [
        f"{table.model}, {when}",
        "q: inventory [lots]; bid, ask: distance below and above the mid [the inputs' price unit]",
    ]


def _known(column: Floats) -> list[float | None]:
    return [None if math.isnan(value) else value for value in column.tolist()]


def _text(offset: float | None) -> str:
    return "-" if offset is None else f"{offset:.9g}"
