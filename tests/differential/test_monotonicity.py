"""What helps an order in one model helps it no less in a more generous one; nor does waiting help.

On the recorded ETHUSDT minutes, each order alone on its side of the market.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from .orders import ScriptedOrder, make_orders
from .ours import run_ours
from .outcome import Outcome

COUNT = 100
LATENCY_US = 10_000
OVERTAKEN_US = 5_000
"""The recorded feeds overtake each other by a few milliseconds."""

Outcomes = Mapping[int, Outcome]


@pytest.fixture(scope="module")
def orders(ethusdt: Path) -> list[ScriptedOrder]:
    return make_orders(ethusdt / "quotes.csv.gz", COUNT)


@pytest.fixture(scope="module")
def by_model(
    orders: list[ScriptedOrder], ethusdt: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Outcomes]:
    folder = tmp_path_factory.mktemp("models")
    return {
        model: run_ours(
            orders, ethusdt, folder / model, LATENCY_US, f"execution.fill_model={model}"
        )
        for model in ("pessimistic", "fifo", "prob_power", "optimistic")
    }


def test_a_more_generous_model_never_fills_less_of_any_order(by_model: dict[str, Outcomes]) -> None:
    for stricter, kinder in pairwise(by_model.values()):
        for number, outcome in stricter.items():
            assert outcome.filled <= kinder[number].filled, number


def test_a_more_generous_model_never_begins_to_fill_later(by_model: dict[str, Outcomes]) -> None:
    """By the order in which the news came: a quote may overtake a print made a moment before it."""
    for stricter, kinder in pairwise(by_model.values()):
        for number, outcome in stricter.items():
            if outcome.fills:
                assert kinder[number].first_us <= outcome.first_us + OVERTAKEN_US, number


def test_no_order_fills_more_than_its_size(
    orders: list[ScriptedOrder], by_model: dict[str, Outcomes]
) -> None:
    for outcomes in by_model.values():
        for order in orders:
            assert outcomes[order.number].filled <= order.size


def test_at_the_touch_more_latency_never_fills_more_resting_orders(
    orders: list[ScriptedOrder], ethusdt: Path, tmp_path: Path
) -> None:
    front = [order for order in orders if order.distance == 0]
    resting = []
    for latency_us in (0, 50_000, 500_000):
        found = run_ours(front, ethusdt, tmp_path / str(latency_us), latency_us)
        resting.append(sum(one.fills > 0 and not one.taker for one in found.values()))
    assert resting == sorted(resting, reverse=True)
