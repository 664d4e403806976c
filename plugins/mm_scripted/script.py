"""The file of orders: CSV in, ORDER rows out, or every fault of it at once.

Columns, in any order:

ts_decided µs UTC, whole, at which the order is decided; rows stand in order of it; may be called
           ts, as in files from elsewhere
side       buy or sell; only a new order needs one, others have that of the order they name
price      on the tick grid; may be empty for a market order, a cancel and a cancel_all
size       contracts, on the lot grid, in total; may be empty for a cancel and a cancel_all
type       limit, market or post_only (a limit order that is rejected rather than taking);
           empty = limit
tif        GTC, IOC or FOK; empty = GTC
client_id  any text; may be empty for a cancel_all
action     new, amend, replace, cancel or cancel_all

May be added: ``symbol`` (empty or absent = the run's first instrument), ``post_only`` and
``reduce_only`` (0 or 1; empty = 0), ``order_id`` and ``refused`` (passed over: venue and risk gate
answer anew). With these the ``orders.csv`` of a run is such a file. ``amend`` and ``replace`` are
one: the same price and no larger a size keeps the place in the queue, anything else loses it.

Client ids that are all whole numbers are kept; if any is not, all are numbered from 1 in order of
first appearance. Two open orders of one id are the venue's to reject, as are all orders that are
well written and make no sense.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from mm.api import NEW, ORDER, DataError, Instrument, Rows, read_file
from mm_scripted.line import Line, Parsed, parse_line

REQUIRED: Final = ("ts_decided", "side", "price", "size", "type", "tif", "client_id", "action")
OPTIONAL: Final = ("symbol", "post_only", "reduce_only", "order_id", "refused")

_MOST_BYTES: Final = 1 << 30
"""Ten million orders: all of it is kept."""

_SHOWN: Final = 20
"""Faults listed in full; a wrong column makes one for every row."""


@attrs.frozen(kw_only=True)
class Script:
    """The orders of a file."""

    path: str
    orders: Rows
    """dtype ORDER, in order of ``ts``, ties as in the file; ``decision`` is not set."""
    lines: tuple[int, ...]
    """Line of each order in the file, for messages."""


def read_script(path: str, instruments: Sequence[Instrument]) -> Script:
    """Read a file of orders.

    Args:
        path: of the file, seen from the current directory.
        instruments: the run's; their grids turn prices and sizes into ticks and lots.

    Raises:
        ConfigError: the file cannot be read.
        DataError: something in it is wrong; names path and line of every fault.
    """
    raw = read_file(
        Path(path),
        expected="a CSV file of orders",
        missing="name one in strategy.scripted.path, seen from the current directory",
        most_bytes=_MOST_BYTES,
    )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not text in UTF-8, expected a CSV file of orders") from error
    parsed: list[Parsed] = []
    faults: list[str] = []
    for line in _lines(path, text):
        row, found = parse_line(line, instruments)
        faults += [f"{path}:{line.number}: {fault}" for fault in found]
        if row is not None:
            if parsed and row.ts < parsed[-1].ts:
                faults.append(
                    f"{path}:{line.number}: ts_decided is {row.ts}, expected at least"
                    f" {parsed[-1].ts}, that of line {parsed[-1].line}; sort the rows by it"
                )
            parsed.append(row)
    if faults:
        raise DataError(_listed(path, faults))
    return Script(path=path, orders=_orders(parsed), lines=tuple(row.line for row in parsed))


def _lines(path: str, text: str) -> Iterator[Line]:
    """Split the file into lines with their fields by name; blank ones are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    try:
        for fields in reader:
            if not fields:
                continue
            if not header:
                names = [name.strip() for name in fields]
                header = ["ts_decided" if name == "ts" else name for name in names]
                _check_header(path, reader.line_num, header)
                continue
            if len(fields) != len(header):
                raise DataError(
                    f"{path}:{reader.line_num}: the row has {len(fields)} fields, expected"
                    f" {len(header)} as in the header; correct the row"
                )
            values = (field.strip() for field in fields)
            yield Line(reader.line_num, dict(zip(header, values, strict=True)))
    except csv.Error as error:
        raise DataError(
            f"{path}:{reader.line_num}: is not CSV: {error}; correct the line"
        ) from error
    if not header:
        raise DataError(f"{path}: is empty, expected a header: {','.join(REQUIRED)}")


def _check_header(path: str, line: int, header: Sequence[str]) -> None:
    known = (*REQUIRED, *OPTIONAL)
    missing = [name for name in REQUIRED if name not in header]
    unknown = [repr(name) for name in header if name not in known]
    twice = sorted({repr(name) for name in header if header.count(name) > 1})
    if missing:
        raise DataError(
            f"{path}:{line}: the header lacks {', '.join(missing)}; expected"
            f" {','.join(REQUIRED)}, in any order"
        )
    if unknown or twice:
        raise DataError(
            f"{path}:{line}: the header has {', '.join(unknown or twice)}"
            f"{'' if unknown else ' twice'}, expected {', '.join(REQUIRED)}, and perhaps"
            f" {', '.join(OPTIONAL)}; rename or remove it"
        )


def _listed(path: str, faults: Sequence[str]) -> str:
    more = len(faults) - _SHOWN
    lines = [*faults[:_SHOWN], f"{path}: {more} more faults are not listed"]
    return "\n".join(lines if more > 0 else faults)


def _orders(parsed: Sequence[Parsed]) -> Rows:
    orders = np.zeros(len(parsed), ORDER)
    for name in ("ts", "price", "size", "instrument", "action", "type", "tif"):
        orders[name] = [getattr(row, name) for row in parsed]
    orders["post_only"] = [row.post_only for row in parsed]
    orders["reduce_only"] = [row.reduce_only for row in parsed]
    orders["client_id"] = _numbered([row.client_id for row in parsed])
    orders["side"] = _sides(parsed)
    return orders


def _sides(parsed: Sequence[Parsed]) -> list[int]:
    """Sides as given; where there is none, that of the last order of the same id; else 0."""
    sides: list[int] = []
    of_order: dict[tuple[int, str], int] = {}
    for row in parsed:
        name = (row.instrument, row.client_id)
        sides.append(row.side or of_order.get(name, 0))
        if row.action == NEW:
            of_order[name] = row.side
    return sides


def _numbered(names: Sequence[str]) -> list[int]:
    """Turn client ids into integers; an empty one (of a cancel_all) is 0."""
    given = list(dict.fromkeys(name for name in names if name))
    if all(_is_whole(name) for name in given):
        return [int(name) if name else 0 for name in names]
    numbers = {name: number for number, name in enumerate(given, start=1)}
    return [numbers.get(name, 0) for name in names]


def _is_whole(name: str) -> bool:
    """Whether it is an integer as we would write it, and fits in 64 bits."""
    digits = name.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 18 and str(int(name)) == name
