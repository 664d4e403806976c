"""Rows and accounts for tests of the strategy's models: mid 100, tick 0.01, the touch far away."""

import math
from decimal import Decimal
from typing import Any

import numpy as np

from mm.api import WORKING, Account, Context, Decisions, Instrument
from mm_avellaneda.config import AvellanedaConfig
from mm_avellaneda.quoting import outward
from mm_avellaneda.state import FEATURES
from mm_avellaneda.strategy import AvellanedaStrategy

S = 1_000_000
MID, TICK = 100.0, 0.01

# The experiment of Avellaneda and Stoikov (2008), section 3.3.
PAPER_MARKET = {"sigma": 2.0, "A": 140.0, "k": 1.5}


def rows(*times: int, instrument: int = 0, **market: float) -> np.ndarray[Any, Any]:
    """Rows at these times [µs], of the paper's market but for what is given."""
    out = np.zeros(len(times), FEATURES)
    out["ts"], out["instrument"], out["mid"] = times, instrument, MID
    out["bid"], out["ask"], out["bid_size"], out["ask_size"] = 5_000, 15_000, 1, 1
    for name, value in {**PAPER_MARKET, **market}.items():
        out[name] = value
    return out


def account(*position: int) -> Account:
    """Positions by instrument [lots], and nothing working."""
    return Account(
        up_to=0,
        position=position,
        average_price=(math.nan,) * len(position),
        cost=(0.0,) * len(position),
        cash=0.0,
        working=np.zeros(0, WORKING),
        next_client_id=1,
    )


def strategy(config: AvellanedaConfig, instruments: int = 1) -> AvellanedaStrategy:
    one = Instrument(symbol="TEST", tick_size=Decimal("0.01"), lot_size=Decimal(1))
    return AvellanedaStrategy(config, Context(instruments=(one,) * instruments, seed=0))


def decide(
    config: AvellanedaConfig, seen: np.ndarray[Any, Any], *position: int, instruments: int = 1
) -> Decisions:
    """Decide all rows on one account, by a strategy that has seen nothing else."""
    one = strategy(config, instruments)
    return one.decide(one.observe(seen), account(*(position or (0,) * instruments)))


def quoted(decisions: Decisions) -> dict[int, int]:
    """Price [ticks] of the orders, by side."""
    return {int(order["side"]): int(order["price"]) for order in decisions.orders}


def ticks(offset: float, side: int) -> int:
    """The price [ticks] at a distance from the mid, rounded outward."""
    return outward((MID - side * offset) / TICK, side)
