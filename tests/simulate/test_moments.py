"""The exact moments: published oracle values, a tree of all outcomes, and bounds."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from mm.api import Floats, Lots, PriceProcess, QuoteInputs
from mm.registry import load_registry
from mm.simulate.moments import exact_moments
from mm.simulate.paper import MARKET

MODELS = {"inventory": "avellaneda_stoikov", "symmetric": "symmetric"}

# gamma, strategy: mean and sd of profit, sd of the final inventory, spread, fills.
EXACT = [
    (0.1, "inventory", 64.89254309, 6.543152442, 2.926791263, 1.491770423, 96.96303946),
    (0.1, "symmetric", 68.22817851, 13.45734767, 8.401659452, 1.490770423, 91.53411882),
    (0.01, "inventory", 68.39962764, 8.960560658, 5.212538441, 1.349008544, 102.2064361),
    (0.01, "symmetric", 68.6661801, 13.67761535, 8.711877121, 1.348908544, 101.8099862),
    (1.0, "inventory", 31.45450179, 4.837919293, 1.641392874, 3.031651248, 56.0594125),
    (1.0, "symmetric", 43.86897891, 10.75145247, 5.189281484, 3.021651248, 29.03642765),
    (0.5, "inventory", 48.56808252, 5.898102112, 1.955753836, 2.15572829, 78.13819158),
    (0.5, "symmetric", 60.00349014, 12.33020879, 6.929262125, 2.15072829, 55.79829904),
]


def moments_of(gamma: float, strategy: str) -> dict[str, float]:
    quotes = load_registry().quote_model(MODELS[strategy]).quotes
    inputs = QuoteInputs(
        sigma=2.0, A=140.0, k=1.5, gamma=gamma, horizon=1.0, max_inventory=1000
    )  # fmt: skip
    return exact_moments(MARKET, quotes, inputs, 1.0 - np.arange(200.0) * 0.005)


@pytest.mark.parametrize("row", EXACT, ids=lambda row: f"{row[0]}-{row[1]}")
def test_the_moments_are_the_exact_column_of_the_paper_s_experiment(row: tuple[Any, ...]) -> None:
    """To the ten digits of the oracle."""
    gamma, strategy, profit, sd, q_sd, spread, fills = row
    found = moments_of(gamma, strategy)
    assert found["final_q_mean"] == pytest.approx(0.0, abs=1e-12)
    names = ("profit_mean", "profit_sd", "final_q_sd", "spread_mean", "fills_mean")
    wanted = (profit, sd, q_sd, spread, fills)
    assert [found[name] for name in names] == pytest.approx(wanted, rel=1e-9)


def test_the_embedded_values_are_those_of_the_oracle(oracle: dict[str, Any]) -> None:
    rows = oracle["avellaneda_stoikov_exact"]
    linear = [row for row in rows if row["fill"] == "linear"]
    keys = ("gamma", "strategy", "mean", "sd", "qsd", "spread", "fills")
    assert [tuple(row[key] for key in keys) for row in linear] == EXACT


def lopsided(inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
    """Quotes that depend on all there is: time, inventory, side; one is not given."""
    assert tau is not None
    bid = 0.3 + 0.2 * q + tau[:, None]
    ask = 0.1 - 0.1 * q + 0.5 * tau[:, None] ** 2
    return np.where(q >= inputs.max_inventory, np.nan, bid), np.where(q == -1, np.nan, ask)


def test_the_moments_are_those_of_the_tree_of_all_outcomes() -> None:
    """Three steps, every one of 8^3 leaves counted with its probability and real cash and mids."""
    market = PriceProcess(sigma=0.7, A=2.0, k=0.9, interval_s=0.25, steps=3)
    inputs = QuoteInputs(sigma=0.7, A=2.0, k=0.9, gamma=1.0, max_inventory=2)
    tau = np.array([0.75, 0.5, 0.25])
    found = exact_moments(market, lopsided, inputs, tau)
    leaves = [leaf_of(market, inputs, tau, moves) for moves in itertools.product(ONE, repeat=3)]
    weights, profits, ends, fills = (np.array(column) for column in zip(*leaves, strict=True))
    assert weights.sum() == pytest.approx(1.0, abs=1e-14)
    mean, q_mean = np.dot(weights, profits), np.dot(weights, ends)
    assert found["profit_mean"] == pytest.approx(mean, abs=1e-13)
    assert found["profit_sd"] == pytest.approx(
        math.sqrt(np.dot(weights, (profits - mean) ** 2)), abs=1e-13
    )
    assert found["final_q_mean"] == pytest.approx(q_mean, abs=1e-13)
    assert found["final_q_sd"] == pytest.approx(
        math.sqrt(np.dot(weights, (ends - q_mean) ** 2)), abs=1e-13
    )
    assert found["fills_mean"] == pytest.approx(np.dot(weights, fills), abs=1e-13)


ONE = list(itertools.product((0, 1), (0, 1), (-1, 1)))  # bid filled, ask filled, move


def leaf_of(
    market: PriceProcess, inputs: QuoteInputs, tau: Floats, moves: tuple[tuple[int, int, int], ...]
) -> tuple[float, float, int, int]:
    weight, cash, q, s, fills = 1.0, 0.0, 0, 100.0, 0
    for step, (bought, sold, move) in enumerate(moves):
        bids, asks = lopsided(inputs, np.array([q]), tau[step : step + 1])
        for filled, distance in ((bought, bids[0, 0]), (sold, asks[0, 0])):
            chance = 0.0
            if not math.isnan(distance):
                chance = min(1.0, market.A * math.exp(-market.k * distance) * market.interval_s)
            weight *= chance if filled else 1.0 - chance
        if bought and weight > 0.0:
            cash -= s - float(bids[0, 0])
        if sold and weight > 0.0:
            cash += s + float(asks[0, 0])
        q, fills = q + bought - sold, fills + bought + sold
        weight, s = weight / 2.0, s + move * market.sigma * math.sqrt(market.interval_s)
    return weight, cash + q * s, q, fills
