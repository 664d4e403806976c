"""What we know of our own account, kept in the gate's arrays: reports in, lots and open orders out.

For the closed loop, where nobody tells the gate. ``mm.core.working`` and the ledger keep the same
for all else; a test holds the two together. It knows no money.
"""

from typing import Any

from mm.api import CANCELLED, EXPIRED, FILLED, REJECTED, SETTLED
from mm.api.jit import inner
from mm.core.venue.gate import Gate


@inner
def hear(gate: Gate, report: Any) -> None:
    """Take a report into what we know; orders that leave us are noted by the gate itself."""
    kind, known = report["kind"], gate.known[report["instrument"]]
    if kind == SETTLED:
        known["lots"] = 0
    elif kind == FILLED:
        known["lots"] += report["side"] * report["size"]
        at = _find(gate, report["order_id"])
        if at >= 0:
            gate.working[at]["filled"] += report["size"]
            if report["leaves"] == 0:
                _forget(gate, at)
    elif kind in (REJECTED, CANCELLED, EXPIRED):
        at = _find(gate, report["order_id"])
        if at >= 0:
            _forget(gate, at)


@inner
def _find(gate: Gate, order_id: int) -> int:
    """Where the open order is that the venue calls so; -1 = nowhere."""
    for i in range(gate.state[0]["working"]):
        if gate.order_ids[i] == order_id:
            return int(i)
    return -1


@inner
def _forget(gate: Gate, at: int) -> None:
    """Take an order out, keeping the others in order of submission."""
    state = gate.state[0]
    for i in range(at, state["working"] - 1):
        gate.working[i] = gate.working[i + 1]
        gate.order_ids[i] = gate.order_ids[i + 1]
    state["working"] -= 1
