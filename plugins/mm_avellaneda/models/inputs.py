"""What a quoting model may be told: bounds, units, and the errors that name both.

Every model checks its inputs here before it computes, so a mistake of sign or unit ends in one
sentence and not in NaN. Knows the papers' symbols and no formula.
"""

import math
from typing import Final

import numpy as np

from mm.api import ConfigError, Floats, Lots, QuoteInputs

INVENTORY_UNIT: Final = "1/(price · model unit)"

_POSITIVE: Final = {"A": "1/s", "k": "1/price", "delta": "model units"}
_NOT_NEGATIVE: Final = {
    "sigma": "price/√s",
    "gamma": INVENTORY_UNIT,
    "impact": "price",
    "terminal": "price / model unit",
}
_OTHERS: Final = _NOT_NEGATIVE | {"xi": INVENTORY_UNIT, "drift": "price/s", "horizon": "s"}


def check_inputs(inputs: QuoteInputs) -> None:
    """Refuse what no model has an answer to.

    Raises:
        ConfigError: a value is not finite or has the wrong sign; every such value is listed.
    """
    faults = [
        _fault(name, getattr(inputs, name), unit, "a number > 0")
        for name, unit in _POSITIVE.items()
        if not 0.0 < getattr(inputs, name) < math.inf
    ]
    faults += [
        _fault(name, getattr(inputs, name), unit, "a number >= 0")
        for name, unit in _NOT_NEGATIVE.items()
        if not 0.0 <= getattr(inputs, name) < math.inf
    ]
    if not math.isfinite(inputs.drift):
        faults.append(_fault("drift", inputs.drift, "price/s", "a number"))
    if inputs.xi is not None and not 0.0 <= inputs.xi < math.inf:
        faults.append(_fault("xi", inputs.xi, INVENTORY_UNIT, "a number >= 0"))
    if inputs.horizon is not None and not 0.0 < inputs.horizon < math.inf:
        faults.append(_fault("horizon", inputs.horizon, "s", "a number > 0, or none"))
    if inputs.max_inventory < 1:
        faults.append(_fault("max_inventory", inputs.max_inventory, "lots", "at least 1"))
    if faults:
        raise ConfigError(*faults)


def check_times(tau: Floats) -> None:
    """Refuse times left that are negative or not finite.

    Raises:
        ConfigError: naming the first such time.
    """
    wrong = tau[~((tau >= 0.0) & np.isfinite(tau))]
    if len(wrong):
        raise ConfigError(_fault("tau", float(wrong[0]), "s", "a time left >= 0"))


def check_answer(inputs: QuoteInputs, *answers: Floats) -> None:
    """Refuse an answer that left the range of doubles.

    Raises:
        ConfigError: naming the inputs that such an answer comes from.
    """
    if all(np.isfinite(answer).all() for answer in answers):
        return
    given = [(name, getattr(inputs, name), unit) for name, unit in (_POSITIVE | _OTHERS).items()]
    raise ConfigError(
        ", ".join(f"{name} {value:g} {unit}" for name, value, unit in given if value)
        + " together give quotes beyond all numbers; check that all prices are in one unit:"
        " plausible are a 1/k and a sigma of some ticks, and a gamma · delta / k of about 1 or less"
    )


def within_bound(inputs: QuoteInputs, q: Lots, bid: Floats, ask: Floats) -> tuple[Floats, Floats]:
    """Withdraw the side that would take the inventory beyond ``max_inventory``: NaN there."""
    return (
        np.where(q >= inputs.max_inventory, np.nan, bid),
        np.where(q <= -inputs.max_inventory, np.nan, ask),
    )


def _fault(name: str, value: float, unit: str, expected: str) -> str:
    return f"{name} is {value!r}, expected {expected} [{unit}]"
