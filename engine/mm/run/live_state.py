"""What there is to say of a live run at a moment, for the view and for the log alike."""

from collections.abc import Mapping
from typing import Any

import attrs

from mm.api import BUY, Health, Instrument
from mm.run.network import Parts
from mm.run.why import Why, best_of_ours, why


@attrs.frozen(kw_only=True)
class LiveState:
    """Numbers as texts; an absent price is empty."""

    bid: str
    bid_size: str
    ask: str
    ask_size: str
    our_bid: str
    our_bid_size: str
    our_ask: str
    our_ask_size: str
    position: str
    average_price: float
    """Of the position [price]; NaN while flat."""
    equity: float
    """Settlement currency."""
    fills: int
    decisions: int
    bid_why: Why
    """What our bid is, and why."""
    ask_why: Why


def live_state(parts: Parts, health: Health | None) -> LiveState:
    """Collect it, of the first instrument.

    Args:
        parts: of the run.
        health: of the connector; None = it does not say.
    """
    progress, instrument = parts.progress, parts.instruments[0]
    bid_why, ask_why = why(parts, health)
    bid, bid_size, ask, ask_size = (0, 0, 0, 0) if health is None else health.touch
    our_bid, our_bid_size = best_of_ours(progress.account, BUY)
    our_ask, our_ask_size = best_of_ours(progress.account, -BUY)
    account = progress.account
    return LiveState(
        **_level("bid", bid, bid_size, instrument),
        **_level("ask", ask, ask_size, instrument),
        **_level("our_bid", our_bid, our_bid_size, instrument),
        **_level("our_ask", our_ask, our_ask_size, instrument),
        position=instrument.size_text(progress.position),
        average_price=account.average_price[0] if account else float("nan"),
        equity=progress.equity,
        fills=progress.fills,
        decisions=progress.decisions,
        bid_why=bid_why,
        ask_why=ask_why,
    )


def lag_text(lags: Mapping[str, Mapping[str, float]]) -> str:
    """Say how late things were, median and 99th percentile, in one line."""
    found = [
        f"{name.replace('_', ' ')} {figures['p50']:.1f}, {figures['p99']:.1f}"
        for name, figures in lags.items()
        if figures
    ]
    return "; ".join(found) + (" ms" if found else "")


def _level(name: str, price: int, size: int, instrument: Instrument) -> dict[str, Any]:
    return {
        name: instrument.price_text(price) if size else "",
        f"{name}_size": instrument.size_text(size) if size else "",
    }
