"""From what a run is told to what the kernels take, as arrays and numbers; arrays that grow."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mm.api import WORKING
from mm.api.addresses import PLAIN, rule_address
from mm.core.position import Holding
from mm.core.venue.gate import GATE, KNOWN, LIMITS, LINE, Gate
from mm.core.venue.settings import Terms
from mm.core.venue.state import TERMS, Rules
from mm.core.venue.ticks import tick_steps


def make_rules(markets: Sequence[Terms], seed: int) -> Rules:
    """Collect what does not change during a run."""
    places = [(n, market) for n, market in enumerate(markets) for _ in market.instruments]
    terms = np.zeros(len(places), TERMS)
    kind = object if PLAIN else np.int64
    on_print, on_depth = np.zeros(len(places), kind), np.zeros(len(places), kind)
    tables: list[Any] = []
    spans = [(_add(tables, m.latency.entry), _add(tables, m.latency.response)) for m in markets]
    for at, (number, market) in enumerate(places):
        row, model, latency = terms[at], market.fill_model, market.latency
        row["market"] = number
        row["entry"], row["response"] = spans[number]
        row["entry_multiple"] = latency.entry_multiple
        row["response_multiple"] = latency.response_multiple
        row["jitter"] = latency.jitter
        row["p0"], row["p1"] = model.parameters
        row["draws"], row["crosses"] = model.draws, model.fills_when_crossed
        on_print[at], on_depth[at] = rule_address(model.on_print), rule_address(model.on_depth)
    return Rules(
        seed=seed,
        terms=terms,
        latencies=np.concatenate(tables),
        on_print=on_print,
        on_depth=on_depth,
        steps=tick_steps([one for market in markets for one in market.instruments]),
    )


def _add(tables: list[Any], table: Any) -> tuple[int, int]:
    """Put a latency table behind the others; return its rows, from and to."""
    first = sum(map(len, tables))
    tables.append(np.ascontiguousarray(table, np.float64))
    return first, first + len(table)


def make_gate(markets: Sequence[Terms], rates: Sequence[tuple[float, int]]) -> Gate:
    """Make the gate's arrays, of an account in which nothing happened yet.

    Args:
        markets: with their limits.
        rates: of each instrument's settlement currency: the rate itself, or the instrument whose
            mid it is, -1 = none.
    """
    instruments = [one for market in markets for one in market.instruments]
    limits, known = np.zeros(len(instruments), LIMITS), np.zeros(len(instruments), KNOWN)
    lines, state = np.zeros(len(markets), LINE), np.zeros(1, GATE)
    state["loss"] = min((m.limits.loss for m in markets if m.limits.loss > 0), default=0.0)
    for line, market in zip(lines, markets, strict=True):
        line["orders_per_s"] = market.limits.orders_per_s
        line["stale_us"] = market.limits.stale_us
    each = [market.limits for market in markets for _ in market.instruments]
    for row, one in zip(limits, each, strict=True):
        for name in LIMITS.names or ():
            row[name] = getattr(one, name)
    for fact, instrument, (rate, rate_of) in zip(known, instruments, rates, strict=True):
        fact["tick"] = instrument.price(1)
        fact["scale"] = Holding(instrument=instrument).scale
        fact["rate"], fact["rate_of"] = rate, rate_of
        fact["inverse"] = instrument.contract_type == "Inverse"
    ring = max(1, *(market.limits.orders_per_s for market in markets))
    nobody = np.zeros(0, WORKING), np.zeros(0, np.int64)
    return Gate(limits, lines, known, *nobody, np.zeros((len(markets), ring), np.int64), state)


def grown(rows: Any, used: int, wanted: int) -> Any:
    """Give the same rows with room for ``wanted``, or ``rows`` itself if it has that."""
    if wanted <= len(rows):
        return rows
    larger = np.zeros(max(wanted, 2 * len(rows)), rows.dtype)
    larger[:used] = rows[:used]
    return larger
