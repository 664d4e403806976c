"""What there is to say of a live run at a moment, for the view and for the log alike."""

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from mm.api import BUY, Health, Instrument
from mm.run.progress import Progress


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


def live_state(progress: Progress, health: Health | None, instrument: Instrument) -> LiveState:
    """Collect it.

    Args:
        progress: of the run.
        health: of the connector; None = it does not say.
        instrument: the run's first.
    """
    bid, bid_size, ask, ask_size = (0, 0, 0, 0) if health is None else health.touch
    our_bid, our_bid_size = _ours(progress, BUY)
    our_ask, our_ask_size = _ours(progress, -BUY)
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
    )


def lag_text(lags: Mapping[str, Mapping[str, float]]) -> str:
    """Say how late things were, median and 99th percentile, in one line."""
    found = [
        f"{name.replace('_', ' ')} {figures['p50']:.1f}, {figures['p99']:.1f}"
        for name, figures in lags.items()
        if figures
    ]
    return "; ".join(found) + (" ms" if found else "")


def _ours(progress: Progress, side: int) -> tuple[int, int]:
    """Give the best price of our working orders on a side [ticks], and what is open there."""
    if progress.account is None:
        return 0, 0
    working = progress.account.working
    mine = working[(working["side"] == side) & (working["instrument"] == 0)]
    if not len(mine):
        return 0, 0
    best = mine[np.argmax(mine["price"] * side)]
    at_best = mine[mine["price"] == best["price"]]
    return int(best["price"]), int((at_best["size"] - at_best["filled"]).sum())


def _level(name: str, price: int, size: int, instrument: Instrument) -> dict[str, Any]:
    return {
        name: instrument.price_text(price) if size else "",
        f"{name}_size": instrument.size_text(size) if size else "",
    }
