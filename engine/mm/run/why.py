"""Each side's state at a moment as one plain sentence, and shares of time in plain words.

Put together from what is known already: the last decision, what works, the connector's health, and
how far the estimates are, where a part has ``warming``. For people; nothing reads it back.
"""

import math
from collections.abc import Mapping
from typing import Final

import attrs
import numpy as np

from mm.api import BUY, NO_MODEL, Account, Health, Instrument
from mm.blame import blame
from mm.run.network import Parts
from mm.times import time_of_day

WORDS: Final = {
    "quoting": "quoting",
    "held_back": "held at the touch",
    "warming_up": "warming up",
    "no_model": "no model",
    "no_book": "no book",
    "one_sided": "other side missing",
    "max_position": "at max. position",
    "below_zero": "price below zero",
    "not_wanted": "none wanted",
    "risk_order_size": "refused by risk.max_order_size",
    "risk_max_position": "refused by risk.max_position",
    "risk_order_rate": "refused by risk.max_orders_per_s",
    "risk_price_collar": "refused by risk.price_collar",
    "risk_max_loss": "stopped by risk.max_loss",
    "risk_stale_market": "withdrawn by risk.max_silence_s",
}
"""A few words for each of ``reasons.REASONS``."""

_SENTENCES: Final = {
    "no_book": "the market shows no price",
    "max_position": "the position is at the limit",
    "below_zero": "the model's price is not above zero",
    "not_wanted": "the strategy wants no quote",
    "risk_order_size": "the order is over risk.max_order_size",
    "risk_max_position": "the order could break risk.max_position",
    "risk_order_rate": "over risk.max_orders_per_s",
    "risk_price_collar": "the price is outside risk.price_collar",
    "risk_max_loss": "the loss reached risk.max_loss; quoting has ended",
    "risk_stale_market": "the feed was silent for over risk.max_silence_s",
}


@attrs.frozen
class Why:
    """What a side is."""

    reason: str
    """A name of ``reasons.REASONS``, or ``untrusted``: the book is not known, or withheld."""
    text: str
    """The sentence; prices and sizes as the exchange writes them."""


def why(parts: Parts, health: Health | None, number: int = 0) -> tuple[Why, Why]:
    """Say what the bid and the ask of a market are now.

    Args:
        parts: of the run.
        health: of the market's connector; None = it does not say.
        number: of the market.
    """
    disk = "" if parts.disk is None else parts.disk.sentence
    doubt = Why("untrusted", f"no quote: {disk}") if disk else _untrusted(health)
    if doubt is not None:
        return doubt, doubt
    return _side(parts, number, BUY), _side(parts, number, -BUY)


def share_text(shares: Mapping[str, float]) -> str:
    """Say how much of the time each reason held, the longest first."""
    ordered = sorted(shares.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{WORDS[name]} {_percent(share)}" for name, share in ordered)


def warming(parts: Parts) -> str:
    """Say how far the estimates are that are not known yet; empty = all are, or no part tells."""
    found: list[tuple[str, int, int]] = []
    for kind, part in (("transformer", parts.transformer), ("strategy", parts.strategy)):
        with blame(parts.names[kind]):
            found += getattr(part, "warming", list)()
    return ", ".join(f"{name} {have:,} of {want:,} samples" for name, have, want in found)


def _untrusted(health: Health | None) -> Why | None:
    """Say that the connector does not know the book, if so."""
    if health is None or health.is_live:
        return None
    if health.gaps and health.gaps[-1].end is None:
        gap = health.gaps[-1]
        since = time_of_day(gap.start)
        return Why("untrusted", f"no quote: book not trusted since {since}, {gap.reason}")
    if any(health.rows.values()):
        return Why("untrusted", f"no quote: the book is not listened to ({health.state})")
    return Why("untrusted", "no quote: there is no book yet")


def _side(parts: Parts, number: int, side: int) -> Why:
    """Say what a side is, as the last decision has it."""
    reasons, instrument = parts.books.reasons, parts.instruments[number]
    latest, reason = reasons.latest[number], reasons.code(number, side)
    price, size = best_of_ours(parts.progress.account, side, number)
    still = (instrument.size_text(size), instrument.price_text(price)) if size else None
    if latest is None or reason in ("warming_up", "no_model", "no_book"):
        far = warming(parts)
        if far:
            return Why("warming_up", f"warming up: {far}")
    if latest is None:
        return Why("warming_up", "no decision yet: the market has given nothing to decide on")
    if reason in ("quoting", "held_back"):
        return Why(reason, _quoting(instrument, latest, side, still, reason))
    if reason == "not_wanted" and still:
        return Why(reason, f"quoting {still[0]} at {still[1]}")
    cause = _cause(latest, side, reason)
    if not still:
        return Why(reason, f"no quote: {cause}")
    kept = "keeping" if reason.startswith("risk_") else "cancelling"
    return Why(reason, f"{kept} {still[0]} at {still[1]}: {cause}")


def _quoting(
    instrument: Instrument, latest: np.void, side: int, still: tuple[str, str] | None, reason: str
) -> str:
    """Say where a side is quoted; ``still``: size and price of what works."""
    wanted = instrument.price_text(int(latest["quote_bid" if side == BUY else "quote_ask"]))
    held = ", held at the touch: the model's price would take" if reason == "held_back" else ""
    if still is None:
        return f"an order at {wanted} is on its way or was refused{held}"
    size, price = still
    moving = "" if price == wanted else f", moving to {wanted}"
    return f"quoting {size} at {price}{moving}{held}"


def _cause(latest: np.void, side: int, reason: str) -> str:
    """Say why there is no quote."""
    if reason == "one_sided":
        return f"the market has no {'bid' if latest['bid'] <= 0 else 'ask'} to judge by"
    if reason in ("no_model", "warming_up"):
        lacking = [name for name in ("sigma", "A", "k") if math.isnan(latest[name])]
        named = latest["bid_clamp" if side == BUY else "ask_clamp"] == NO_MODEL and lacking
        return f"no estimate of {', '.join(lacking)}" if named else "the model gives no price"
    return _SENTENCES[reason]


def best_of_ours(account: Account | None, side: int, number: int = 0) -> tuple[int, int]:
    """Give the best price of our working orders on a side [ticks], and what is open there [lots].

    Of the market with that number; (0, 0) where there is none.
    """
    if account is None:
        return 0, 0
    working = account.working
    mine = working[(working["side"] == side) & (working["instrument"] == number)]
    if not len(mine):
        return 0, 0
    best = mine[np.argmax(mine["price"] * side)]
    at_best = mine[mine["price"] == best["price"]]
    return int(best["price"]), int((at_best["size"] - at_best["filled"]).sum())


def _percent(share: float) -> str:
    """Write a share with one decimal, and none that is not nil or whole as if it were."""
    text = f"{share:.1%}"
    if text == "0.0%" and share > 0:
        return "under 0.1 %"
    if text == "100.0%" and share < 1:
        return "over 99.9 %"
    return text.replace("%", " %")
