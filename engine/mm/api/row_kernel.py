"""A ``RowStrategy`` inside the venue's kernel: its numbers as a record, its ``on_row`` by address.

``form_of`` makes the ``DecisionKernel`` of a strategy; ``decide_at`` is what the venue calls, the
same for all of them. Imported when a strategy is compiled.
"""

from typing import Any, Final

import numpy as np

from mm.api.addresses import rows_at
from mm.api.compiled import QUESTION, DecisionKernel
from mm.api.jit import inner
from mm.api.orders import DECISION, MODELLED
from mm.api.row_function import row_function
from mm.api.row_types import PAD, call_on_row
from mm.api.simple import RowStrategy

_OURS: Final = {"orders_per_row", "_compiled"}
_TOUCH: Final = ("ts", "bid", "bid_size", "ask", "ask_size", "instrument")


def _offsets(kind: Any) -> dict[str, int]:
    """Bytes from a record's start to each of its fields."""
    return {name: at for name, (_, at, *_) in kind.fields.items()}


FORM: Final = np.dtype(
    [
        ("on_row", "i8"),  # address of the function
        ("state", "i8"),  # address of the numbers
        ("row_size", "i8"),  # bytes
        ("most", "i8"),  # orders of a row
        ("touch", "i8", (len(_TOUCH),)),  # bytes from a row's start to each
        ("copied", "i8", (len(MODELLED),)),  # bytes from a row's start to each; -1 = it has none
        ("pad", PAD),
    ],
    align=True,
)
"""How one strategy is called."""

_PAD_AT: Final = int(_offsets(FORM)["pad"])
_MID_AT: Final = int(_offsets(DECISION)["mid"])
_TRACE_BYTES: Final = int(DECISION.itemsize)


def state_of(strategy: object) -> Any:
    """Collect the numbers that a strategy keeps on itself.

    Attributes of its classes count, too, where the object has none of the name. What is neither a
    number nor an array of numbers is left out.

    Returns:
        shape (1,), a field for each: i8, f8 or bool, or a small array of these.
    """
    known: dict[str, Any] = {}
    for owner in reversed(type(strategy).__mro__):
        known |= {} if owner in RowStrategy.__mro__ else vars(owner)
    known |= vars(strategy)
    fields: list[Any] = []
    values: dict[str, Any] = {}
    for name, value in known.items():
        array = None if name.startswith("__") or name in _OURS else _numbers(value)
        if array is not None:
            fields.append((name, array.dtype, array.shape) if array.shape else (name, array.dtype))
            values[name] = array
    state = np.zeros(1, np.dtype(fields or [("nothing", "i8")], align=True))
    for name, array in values.items():
        state[name] = array
    return state


def _numbers(value: object) -> Any:
    """A number, or some of one kind, as an array of i8, f8 or bool; None = it is none."""
    if not isinstance(value, bool | int | float | np.generic | np.ndarray | list | tuple):
        return None
    try:
        array = np.array(value)
    except (ValueError, OverflowError):
        return None
    wanted = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}.get(array.dtype.kind)
    return None if wanted is None or array.size == 0 else array.astype(wanted)


def form_of(strategy: Any, rows: "np.dtype[np.void]", orders_per_row: int) -> DecisionKernel:
    """Compile a strategy's ``on_row``.

    Args:
        strategy: whose numbers are copied now; the object is not asked again.
        rows: what its ``observe`` gives.
        orders_per_row: most orders of a row.

    Raises:
        ValueError: it cannot be compiled; says in which line, and why.
    """
    state = state_of(strategy)
    function = row_function(type(strategy).on_row, state.dtype, rows)
    form = np.zeros(1, FORM)
    one = form[0]
    fields: Any = rows.fields
    one["on_row"], one["state"] = function.address, state.ctypes.data
    one["row_size"], one["most"] = rows.itemsize, orders_per_row
    one["touch"] = [fields[name][1] for name in _TOUCH]
    one["copied"] = [_place(fields, name) for name in MODELLED]
    return DecisionKernel(
        decide=decide_at,
        rows=rows,
        settings=form,
        orders_per_row=orders_per_row,
        one_by_one=True,
        keeps=(state, function),
    )


def _place(fields: Any, name: str) -> int:
    kind, at = fields.get(name, (np.dtype("f8"), -1))[:2]
    if kind != np.float64:
        raise ValueError(f"the column {name} of its rows is {kind}, expected f8")
    return int(at)


@inner(allocates=True)  # ``rows_at`` makes an array of an address
def _integer(row: int, at: int) -> int:
    """A whole number of a row."""
    return int(rows_at(row + at, 1, np.int64)[0])


@inner(allocates=True)  # ``rows_at`` makes an array of an address
def _trace(row: int, form: Any, pad: Any, position: int, trace: int) -> None:
    """Write down what was seen and wanted at a row."""
    seen, touch = rows_at(trace, 1, DECISION)[0], form["touch"]
    seen["ts"] = _integer(row, touch[0])
    seen["bid"] = _integer(row, touch[1]) if _integer(row, touch[2]) != 0 else 0
    seen["ask"] = _integer(row, touch[3]) if _integer(row, touch[4]) != 0 else 0
    seen["position"] = position
    seen["instrument"] = pad["instrument"]
    seen["quote_bid"] = pad["wanted_bid"]
    seen["quote_ask"] = pad["wanted_ask"]
    numbers, copied = rows_at(trace + _MID_AT, len(MODELLED), np.float64), form["copied"]
    for n in range(len(MODELLED)):
        numbers[n] = rows_at(row + copied[n], 1, np.float64)[0] if copied[n] >= 0 else np.nan


def decide_at(question: int) -> int:
    """Call ``on_row`` for each row that is asked; see ``mm.api.DecisionKernel``."""
    asked = rows_at(question, 1, QUESTION)[0]
    form = rows_at(asked["settings"], 1, FORM)[0]
    pad_address = asked["settings"] + _PAD_AT
    pad = rows_at(pad_address, 1, PAD)[0]
    positions = rows_at(asked["positions"], asked["instruments"], np.int64)
    pad["question"] = question
    pad["sent"] = 0
    pad["most"] = form["most"] * asked["count"]
    pad["next_id"] = asked["next_id"]
    for i in range(asked["count"]):
        row = asked["rows"] + i * form["row_size"]
        pad["instrument"] = _integer(row, form["touch"][5])
        pad["decision"] = i
        pad["wanted_bid"] = 0
        pad["wanted_ask"] = 0
        call_on_row(  # type: ignore[call-arg]
            form["on_row"], form["state"], row, question, pad_address
        )
        position = positions[pad["instrument"]]
        _trace(row, form, pad, position, asked["trace"] + i * _TRACE_BYTES)
    return int(pad["sent"])
