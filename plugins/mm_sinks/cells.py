"""Cells of the CSV tables: how a whole column of rows becomes an Arrow array, and arrays lines.

One rule for all floats: the shortest text that reads back as the same float, always with a point
or an exponent, so that no reader takes a column that begins with whole numbers for integers. It is
Arrow's, which writes the lines. Prices and sizes are exact decimals of their ticks and lots: where
the float would not say all digits, they are written out. Money is rounded to 15 significant digits,
all that a float holds for certain; model values to 12, since the last bits of a logarithm differ
between machines and say nothing. What is not known is an empty cell. Knows fields of rows, and no
table.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any, Final, TypeAlias

import arro3.core as ac
import attrs
import numpy as np
import numpy.typing as npt
from arro3.io import write_csv

from mm.api import (
    FILLED,
    FUNDING,
    MICRO_TICKS,
    RATE_UNIT,
    REPORT_NAMES,
    SETTLED,
    Instrument,
    Rows,
)
from mm_sinks.rounding import Floats, rounded

_TEXT: Final = ac.DataType.utf8()
_TOLD: Final = 10**15
"""A decimal of digits that make less than this is told by the float nearest to it."""

_SIDES: Final = ac.Array(["", "buy", "sell"], _TEXT)  # by the code modulo 3: 1 buys, -1 sells
_LIQUIDITY: Final = ac.Array(["taker", "maker"], _TEXT)
_COMPLETENESS: Final = ac.Array(["full", "partial"], _TEXT)
_EVENTS: Final = ac.Array([*REPORT_NAMES, "partially_filled"], _TEXT)


@attrs.frozen
class Steps:
    """Ticks, or lots, of each instrument; arrays of shape (instruments,)."""

    numerators: Floats
    denominators: Floats
    """A step is the one over the other, both of them whole."""
    most: Floats
    """Up to so many steps are told by a float."""
    texts: Sequence[Callable[[int], str]]
    """Write any number of steps, with all digits."""


@attrs.frozen
class Markets:
    """What the cells need of the instruments."""

    instruments: Sequence[Instrument]
    symbols: ac.Array
    ticks: Steps
    lots: Steps


Maker: TypeAlias = Callable[[Rows, Markets], ac.Array]
Column: TypeAlias = tuple[str, Maker]


def markets_of(instruments: Sequence[Instrument]) -> Markets:
    """Put together what the cells need, once for all rows."""
    return Markets(
        instruments=instruments,
        symbols=ac.Array([one.symbol for one in instruments], _TEXT),
        ticks=_steps([(one.tick_size, one.price_text) for one in instruments]),
        lots=_steps([(one.lot_size, one.size_text) for one in instruments]),
    )


def _steps(steps: Sequence[tuple[Decimal, Callable[[int], str]]]) -> Steps:
    ratios = [size.as_integer_ratio() for size, _ in steps]
    # Both must be floats themselves: then the quotient is rounded once, to the nearest.
    whole_floats = [n < 2**53 and int(float(d)) == d for n, d in ratios]
    units = [int(size / Decimal((0, (1,), int(size.as_tuple().exponent)))) for size, _ in steps]
    return Steps(
        numerators=np.array([float(n) for n, _ in ratios]),
        denominators=np.array([float(d) for _, d in ratios]),
        most=np.array(
            [(_TOLD - 1) // n if told else 0 for n, told in zip(units, whole_floats, strict=True)],
            np.float64,
        ),
        texts=[text for _, text in steps],
    )


def _whole(values: npt.NDArray[Any]) -> ac.Array:
    return ac.Array.from_numpy(values.astype(np.int64))


def _with_gaps(values: npt.NDArray[Any], absent: npt.NDArray[np.bool_]) -> ac.Array:
    """Make cells of numbers, empty where ``absent``."""
    made = ac.Array.from_numpy(np.ascontiguousarray(values))
    if not absent.any():
        return made
    both = ac.ChunkedArray([made, ac.Array([None], made.type)]).combine_chunks()
    return both.take(_whole(np.where(absent, len(values), np.arange(len(values)))))


def symbol(rows: Rows, markets: Markets) -> ac.Array:
    """Name each row's instrument."""
    return markets.symbols.take(_whole(rows["instrument"]))


def whole(field: str) -> Maker:
    """Write an integer as it is."""
    return lambda rows, _: _whole(rows[field])


def optional(field: str, absent: int) -> Maker:
    """Write an integer, or nothing where it is ``absent``."""
    return lambda rows, _: _with_gaps(rows[field].astype(np.int64), rows[field] == absent)


def price(field: str) -> Maker:
    """Write ticks as an exact price; 0 ticks as nothing."""
    return lambda rows, markets: _exact(rows[field], rows, markets.ticks, rows[field] == 0)


def size(field: str) -> Maker:
    """Write lots as exact contracts; -1 (not known) as nothing."""
    return lambda rows, markets: _exact(rows[field], rows, markets.lots, rows[field] == -1)


def position(field: str) -> Maker:
    """Write signed lots as exact contracts."""
    return lambda rows, markets: _exact(rows[field], rows, markets.lots, np.zeros(len(rows), bool))


def _exact(
    counts: npt.NDArray[Any],
    rows: Rows,
    steps: Steps,
    absent: npt.NDArray[np.bool_],
    instead: tuple[npt.NDArray[np.int64], Floats] | None = None,
) -> ac.Array:
    """Write so many steps of each row's instrument.

    Args:
        counts: of the steps, shape (rows,).
        rows: with ``instrument``.
        steps: of the instruments.
        absent: where a cell is empty.
        instead: rows whose cell is another float, and these.
    """
    which = rows["instrument"]
    values = counts * steps.numerators[which] / steps.denominators[which]
    if instead is not None:
        values[instead[0]] = instead[1]
    cells = _with_gaps(values, absent)
    beyond = np.flatnonzero((np.abs(counts) > steps.most[which]) & ~absent)
    if not len(beyond):
        return cells
    texts: list[str | None] = list(cells.cast(_TEXT).to_pylist())
    for i in beyond.tolist():
        text = steps.texts[which[i]](int(counts[i]))
        texts[i] = text if "." in text else f"{text}.0"
    return ac.Array(texts, _TEXT)


def digits(field: str, significant: int) -> Maker:
    """Write a float with so many significant digits; NaN as nothing, -0 as 0 (hence ``+ 0.0``)."""
    return lambda rows, _: _with_gaps(
        rounded(rows[field] + 0.0, significant), np.isnan(rows[field])
    )


def money(field: str) -> Maker:
    """Write an amount, or a price that comes from sums and products alone."""
    return digits(field, 15)


def model(field: str) -> Maker:
    """Write what went through a logarithm or an exponential."""
    return digits(field, 12)


def named(field: str, names: Sequence[str]) -> Maker:
    """Write a code by its name."""
    words = ac.Array(list(names), _TEXT)
    return lambda rows, _: words.take(_whole(rows[field]))


def side(rows: Rows, _: Markets) -> ac.Array:
    """Write buy or sell."""
    return _SIDES.take(_whole(rows["side"].astype(np.int64) % 3))


def liquidity(rows: Rows, _: Markets) -> ac.Array:
    """Write maker or taker."""
    return _LIQUIDITY.take(_whole(rows["maker"] != 0))


def completeness(rows: Rows, _: Markets) -> ac.Array:
    """Write partial where a fill left something open, else full."""
    return _COMPLETENESS.take(_whole(rows["leaves"] != 0))


def event(rows: Rows, _: Markets) -> ac.Array:
    """Name what happened; a fill that leaves something open is partial."""
    partial = (rows["kind"] == FILLED) & (rows["leaves"] != 0)
    return _EVENTS.take(_whole(np.where(partial, len(REPORT_NAMES), rows["kind"])))


def report_price(rows: Rows, markets: Markets) -> ac.Array:
    """Write a report's price; of funding, the mark price; of a settlement, that."""
    at = np.flatnonzero(np.isin(rows["kind"], (FUNDING, SETTLED)))
    counts, absent = rows["price"].copy(), rows["price"] == 0
    marks = np.array(
        [
            markets.instruments[row["instrument"]].price(int(row["price"]) / MICRO_TICKS)
            for row in rows[at]
        ],
        np.float64,
    )
    counts[at], absent[at] = 0, marks == 0
    return _exact(counts, rows, markets.ticks, absent, (at, rounded(marks, 15)))


def report_size(rows: Rows, markets: Markets) -> ac.Array:
    """Write a report's size; of funding, the rate."""
    at = np.flatnonzero(rows["kind"] == FUNDING)
    rates = rounded(rows["size"][at] * RATE_UNIT, 12)
    counts = rows["size"].copy()
    counts[at] = 0
    return _exact(counts, rows, markets.lots, counts == -1, (at, rates))


def lines(rows: Rows, columns: Sequence[Column], markets: Markets) -> bytes:
    """Write rows as CSV lines."""
    made = [make(rows, markets) for _, make in columns]
    out = BytesIO()
    batch = ac.RecordBatch.from_arrays(made, names=[name for name, _ in columns])
    write_csv(batch, out, header=False)
    return out.getvalue()
