"""The arguments of ``mm quotes``, each with its unit and its bounds.

Bounds catch slips of sign and size where they are typed; what only makes no sense together is the
model's to refuse.
"""

import argparse
import math
from collections.abc import Callable
from typing import Any, Final

from mm.cli.arguments import flag, verb

MOST_LOTS: Final = 5000
"""A longer table is no use to a person, and a mistake of units more likely."""

EXAMPLES: Final = (
    "mm quotes --model glft --sigma 0.3 --A 0.9 --k 0.3 --gamma 0.01 --horizon 600"
    " --max-inventory 30",
    "mm quotes --model gueant --sigma 4.75 --A 0.082 --k 0.192 --gamma 0.1 --xi 0 --delta 0.2"
    " --max-inventory 10 --plot quotes.svg",
    "mm quotes --model avellaneda_stoikov --sigma 2 --A 140 --k 1.5 --gamma 0.1 --horizon 1"
    " --max-inventory 5 --json",
)

_AVERSION: Final = "1/(price · model unit)"


def add(verbs: Any) -> None:
    """Add the verb. Price means one unit throughout: that of the inputs is that of the quotes."""
    parser = verb(
        verbs, "quotes", "mm.cli.quotes:run", "show a model's quotes by inventory", EXAMPLES
    )
    argument = parser.add_argument
    argument("--model", metavar="NAME", required=True, help="quoting model; mm plugins lists them")
    for name, unit, above, about in (
        ("--sigma", "price/√s", False, "volatility of the mid"),
        ("--A", "1/s", True, "arrivals at the mid, one side: intensity(d) = A exp(-k d)"),
        ("--k", "1/price", True, "their decay with the distance d"),
        ("--gamma", _AVERSION, False, "aversion to inventory"),
    ):
        argument(
            name,
            metavar="X",
            required=True,
            type=_number(unit, above=above),
            help=_help(about, unit),
        )
    argument(
        "--max-inventory", metavar="N", required=True, type=_lots,
        help=f"lots, long or short, at which a side stops quoting, 1 to {MOST_LOTS} [lots]",
    )  # fmt: skip
    argument(
        "--horizon", metavar="X", type=_number("s", above=True),
        help="time left [s]; left out: the stationary quotes, without end",
    )  # fmt: skip
    for name, unit, above, default, about in (
        ("--delta", "model units", True, 1.0, "size of an order, one lot"),
        ("--impact", "price", False, 0.0, "jump of the mid against us at each fill"),
        ("--terminal", "price / model unit", False, 0.0, "penalty on the square of what is left"),
    ):
        kind = _number(unit, above=above)
        argument(name, metavar="X", default=default, type=kind, help=_help(about, unit, default))
    argument(
        "--xi", metavar="X", type=_number(_AVERSION, above=False),
        help=f"aversion to not being executed [{_AVERSION}]; left out: as gamma",
    )  # fmt: skip
    argument(
        "--drift", metavar="X", default=0.0, type=_drift,
        help="of the mid [price/s] (default 0); write a negative one as --drift=-1e-4",
    )  # fmt: skip
    argument("--plot", metavar="FILE", help="draw offsets against inventory (.png or .svg)")
    flag(parser, "--json", "print JSON instead of a table, with all digits")


def _help(about: str, unit: str, default: float | None = None) -> str:
    return f"{about} [{unit}]" + ("" if default is None else f" (default {default:g})")


def _number(unit: str, *, above: bool) -> Callable[[str], float]:
    """Make a reader of finite numbers above 0, or from 0."""
    bound = "> 0" if above else ">= 0"

    def read(text: str) -> float:
        value = _float(text)
        if not (0.0 < value < math.inf or (value == 0.0 and not above)):
            raise argparse.ArgumentTypeError(f"{text!r} [{unit}], expected a number {bound}")
        return value

    return read


def _drift(text: str) -> float:
    value = _float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} [price/s], expected a number")
    return value


def _lots(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= MOST_LOTS):
        raise argparse.ArgumentTypeError(
            f"{text!r} [lots], expected a whole number from 1 to {MOST_LOTS}"
        )
    return int(text)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
