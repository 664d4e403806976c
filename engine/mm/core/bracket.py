"""Brackets: the same orders on shadow venues with other fill models, and what these come to.

The strategy never hears of the shadows: it decided on what the chosen model filled. So the bracket
says how much of a result hangs on the fill model, not what the strategy would have done. A shadow
has the main venue's risk limits and is told the main account, so its gate refuses and withdraws
exactly what the main one does.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from mm.api import Decisions, ExecutionReport, MarketBatch, OrderBlock
from mm.core.ledger import Ledger
from mm.core.venue import SimulatedVenue


@attrs.define(kw_only=True)
class Shadow:
    """One shadow venue and its books."""

    name: str
    venue: SimulatedVenue
    """Built as the main one but for its fill model, and ``alone``."""
    ledger: Ledger
    batches: deque[MarketBatch] = attrs.field(factory=deque)
    """Batches that the main venue has and this one has not taken."""


class Bracket:
    """Shadows that follow the main venue block by block."""

    def __init__(self, shadows: Sequence[Shadow]) -> None:
        """Follow with ``shadows``."""
        self.shadows = shadows

    def load(self, batch: MarketBatch) -> None:
        """Take a batch that the main venue took."""
        for shadow in self.shadows:
            shadow.batches.append(batch)

    def follow(self, block: OrderBlock, report: ExecutionReport) -> None:
        """Do on every shadow what the main venue did with ``block``."""
        sent = len(report.orders)
        for shadow in self.shadows:
            same = OrderBlock(
                times=block.times[: report.committed],
                decisions=Decisions(
                    orders=block.decisions.orders[:sent].copy(), trace=report.trace
                ),
                horizon=report.up_to,
                account=block.account,
            )
            shadow.venue.submit(same)
            while (answer := shadow.venue.advance()) is None:
                shadow.venue.load(shadow.batches.popleft())
            shadow.ledger.apply(answer)

    def results(self) -> dict[str, dict[str, Any]]:
        """Close the books; give each shadow's result."""
        results = {}
        for shadow in self.shadows:
            shadow.ledger.close()
            results[shadow.name] = outcome(shadow.ledger)
        return results


def outcome(ledger: Ledger) -> dict[str, Any]:
    """Sum a ledger up for the comparison. Money in settlement currency, sizes in contracts."""
    totals, holding = ledger.totals, ledger.holdings[0]
    return {
        "fills": totals.fills,
        "filled_qty": holding.instrument.contracts(totals.filled_lots),
        "position": holding.instrument.contracts(holding.lots),
        "fees": ledger.fees,
        "equity": None if np.isnan(ledger.equity) else ledger.equity,
        "max_drawdown": totals.max_drawdown,
    }
