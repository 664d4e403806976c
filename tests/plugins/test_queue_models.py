"""The built-in queue rules, as functions of what stands ahead."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import Context, FillModel, NoConfig
from mm_queue_models import mm_fill_models, rules

LOTS = st.integers(0, 1000).map(float)
DRAWS = st.floats(0.0, 1.0, exclude_max=True)


def test_first_in_first_out_is_served_in_front_of_us_first() -> None:
    """Ten ahead: a print of 4 leaves 6, one of 10 leaves none, one of 13 reaches us with 3."""
    answers = [
        rules.first_in_first_out(10.0, 50.0, size, math.nan, 0.0, 0.0) for size in (4, 10, 13)
    ]
    assert answers == [6.0, 0.0, -3.0]


@pytest.mark.parametrize(("draw", "ahead"), [(0.0, -3.0), (0.74, -3.0), (0.75, 2.0), (0.99, 2.0)])
def test_chance_by_place_fills_with_the_share_of_the_level_behind_us(
    draw: float, ahead: float
) -> None:
    """5 of 20 stand ahead: chance 1 - 5/20. A print of 3 that passes us takes 3 of the 5."""
    assert rules.chance_by_place(5.0, 20.0, 3.0, draw, 0.0, 0.0) == ahead


@given(LOTS, LOTS, DRAWS)
def test_chance_by_place_always_reaches_the_front_and_an_empty_level(
    level: float, size: float, draw: float
) -> None:
    assert rules.chance_by_place(0.0, level, size, draw, 0.0, 0.0) == -size
    assert rules.chance_by_place(5.0, 0.0, size, draw, 0.0, 0.0) == -size


@given(LOTS, LOTS, DRAWS)
def test_chance_by_place_never_reaches_the_back_of_the_level(
    level: float, size: float, draw: float
) -> None:
    assert rules.chance_by_place(level + 1, level + 1, size, draw, 0.0, 0.0) >= 0.0


@given(LOTS, LOTS, LOTS, LOTS)
def test_a_cancel_never_helps_more_than_the_level_shows(
    ahead: float, before: float, after: float, printed: float
) -> None:
    assert rules.no_more_than_level(ahead, before, after, printed, 0.0, 0.0) == min(ahead, after)


def test_the_plugin_offers_a_model_with_draws_and_one_without() -> None:
    context = Context(instruments=(), seed=0)
    built: dict[str, FillModel] = {
        offer.name: offer.build(NoConfig(), context) for offer in mm_fill_models()
    }
    assert {name: model.draws for name, model in built.items()} == {
        "queue": False,
        "probabilistic": True,
    }
