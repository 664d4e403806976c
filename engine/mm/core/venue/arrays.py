"""From what a run is told to what the kernels take, as arrays and numbers; arrays that grow."""

from typing import Any

import numpy as np

from mm.api import WORKING, FillModel, Instrument, LatencyModel
from mm.api.addresses import rule_address
from mm.core.position import Holding
from mm.core.venue.gate import GATE, KNOWN, LIMITS, Gate
from mm.core.venue.settings import Limits
from mm.core.venue.state import Rules
from mm.core.venue.ticks import tick_steps


def make_rules(
    model: FillModel, latency: LatencyModel, seed: int, instruments: tuple[Instrument, ...]
) -> Rules:
    """Collect what does not change during a run."""
    p0, p1 = model.parameters
    return Rules(
        seed=seed,
        entry=np.ascontiguousarray(latency.entry, np.float64),
        response=np.ascontiguousarray(latency.response, np.float64),
        entry_multiple=float(latency.entry_multiple),
        response_multiple=float(latency.response_multiple),
        jitter=float(latency.jitter),
        draws=int(model.draws),
        crosses=int(model.fills_when_crossed),
        on_print=rule_address(model.on_print),
        on_depth=rule_address(model.on_depth),
        p0=float(p0),
        p1=float(p1),
        steps=tick_steps(instruments),
    )


def make_gate(instruments: tuple[Instrument, ...], limits: Limits) -> Gate:
    """Make the gate's arrays, of an account in which nothing happened yet."""
    row = np.zeros(1, LIMITS)
    for name in LIMITS.names or ():
        row[name] = getattr(limits, name)
    known = np.zeros(len(instruments), KNOWN)
    for fact, instrument in zip(known, instruments, strict=True):
        fact["tick"] = instrument.price(1)
        fact["scale"] = Holding(instrument=instrument).scale
        fact["inverse"] = instrument.contract_type == "Inverse"
    sends = np.zeros(max(limits.orders_per_s, 1), np.int64)
    nobody = np.zeros(0, WORKING), np.zeros(0, np.int64)
    return Gate(row, known, *nobody, sends, np.zeros(1, GATE))


def grown(rows: Any, used: int, wanted: int) -> Any:
    """Give the same rows with room for ``wanted``, or ``rows`` itself if it has that."""
    if wanted <= len(rows):
        return rows
    larger = np.zeros(max(wanted, 2 * len(rows)), rows.dtype)
    larger[:used] = rows[:used]
    return larger
