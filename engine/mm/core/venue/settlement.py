"""The end of a contract: orders are cancelled, and the position closes at the settlement price.

A ticker says it (``SETTLED_PRICE``), once: what is told of it again says nothing new.
It takes effect when the ticker was made. There is no fee: what an exchange may charge for a
settlement is not in its feed. Orders that arrive later are rejected. What the position comes to in
money is the ledger's business.
"""

from typing import Any

from mm.api import CONTRACT_OVER, NO_REASON, SETTLED, SETTLED_PRICE
from mm.api.jit import inner
from mm.core.venue.arrivals import cancel_orders
from mm.core.venue.reports import news_of
from mm.core.venue.state import Rules, Venue


@inner
def settle_contract(venue: Venue, rules: Rules, event: Any) -> None:
    """End the contract of a ticker that names a settlement price."""
    instrument = event["instrument"]
    standing = venue.standing[instrument]
    if standing["settled"] == 1:
        return
    standing["settled"] = 1
    cancel_orders(venue, rules, event, instrument, int(CONTRACT_OVER))
    report = news_of(venue, rules, event, instrument, int(SETTLED), int(NO_REASON), 0)
    report["ts_decided"] = event["ts_exchange"]
    report["price"] = event[SETTLED_PRICE]
    report["size"] = abs(standing["position"])
    standing["position"] = 0
