"""What there is to say of a run at a moment, market by market: for the page, view and log alike."""

import math
from collections.abc import Mapping
from typing import Any

import attrs

from mm.api import BUY, Health, Instrument
from mm.run.network import Parts
from mm.run.why import Why, best_of_ours, why


@attrs.frozen(kw_only=True)
class MarketState:
    """A market at a moment. Numbers as texts; an absent price or size is empty."""

    symbol: str
    bid: str
    bid_size: str
    ask: str
    ask_size: str
    our_bid: str
    our_bid_size: str
    our_ask: str
    our_ask_size: str
    position: str
    contracts: float
    """The position as a number, long positive."""
    average_price: float
    """Of the position [price]; NaN while flat."""
    fills: int
    bid_why: Why
    """What our bid is, and why."""
    ask_why: Why

    @property
    def holding(self) -> str:
        """The position, and at which price it was built up."""
        if not math.isfinite(self.average_price):
            return self.position
        return f"{self.position} @ {self.average_price:.10g}"


@attrs.frozen(kw_only=True)
class LiveState:
    """A run at a moment."""

    markets: tuple[MarketState, ...]
    equity: float
    """Of all markets [reporting currency, or the settlement currency]."""
    fills: int
    decisions: int


def live_state(parts: Parts, health: Health | None) -> LiveState:
    """Collect it.

    Args:
        parts: of the run.
        health: of the connector; None = it does not say.
    """
    progress = parts.progress
    return LiveState(
        markets=tuple(_market(parts, number, health) for number in range(len(parts.instruments))),
        equity=progress.equity,
        fills=progress.fills,
        decisions=progress.decisions,
    )


def health_at(health: Health | None, number: int) -> Health | None:
    """Give a market's health; that of all where there is one, or nobody tells them apart."""
    return health if health is None or not health.markets else health.markets[number]


def names(parts: Parts) -> str:
    """Name the markets of a run in a line."""
    return ", ".join(instrument.symbol for instrument in parts.instruments)


def _market(parts: Parts, number: int, health: Health | None) -> MarketState:
    progress, instrument = parts.progress, parts.instruments[number]
    own = health_at(health, number)
    bid_why, ask_why = why(parts, own, number)
    # One connector of several instruments tells the touch of the first.
    tells = health is not None and (number == 0 or bool(health.markets))
    account, ledger = progress.account, parts.books.ledger
    lots = progress.position if number == 0 else ledger.holdings[number].lots
    ours = {
        name: best_of_ours(account, side, number)
        for name, side in (("our_bid", BUY), ("our_ask", -BUY))
    }
    return MarketState(
        symbol=instrument.symbol,
        **_touch(parts, number, own if tells else None),
        **_level("our_bid", *ours["our_bid"], instrument),
        **_level("our_ask", *ours["our_ask"], instrument),
        position=instrument.size_text(lots),
        contracts=instrument.contracts(lots),
        average_price=account.average_price[number] if account else math.nan,
        fills=progress.fills if len(parts.instruments) == 1 else ledger.accounts[number].fills,
        bid_why=bid_why,
        ask_why=ask_why,
    )


def _touch(parts: Parts, number: int, health: Health | None) -> dict[str, Any]:
    """The best prices: as the connector has them, else as the last decision saw them."""
    instrument, latest = parts.instruments[number], parts.books.reasons.latest[number]
    if health is not None:
        bid, bid_size, ask, ask_size = health.touch
        return _level("bid", bid, bid_size, instrument) | _level("ask", ask, ask_size, instrument)
    seen = (0, 0) if latest is None else (int(latest["bid"]), int(latest["ask"]))
    texts = (instrument.price_text(price) if price > 0 else "" for price in seen)
    return dict(zip(("bid", "ask"), texts, strict=True)) | {"bid_size": "", "ask_size": ""}


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
