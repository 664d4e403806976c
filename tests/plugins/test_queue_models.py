"""The built-in queue rules, as functions of what stands ahead."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import Context, FillModel
from mm_queue_models import mm_fill_models, rules

LOTS = st.integers(0, 1000).map(float)
CONTEXT = Context(instruments=(), seed=0)
PROBABLE = ["prob_power", "prob_power_2", "prob_power_3", "prob_log", "prob_log_2"]
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


@pytest.mark.parametrize(
    ("name", "n", "front"),
    [
        ("prob_power", 1.0, "18.000000"),
        ("prob_power", 2.0, "19.200000"),
        ("prob_power", 3.0, "19.714286"),
        ("prob_log", None, "16.596110"),
        ("prob_log_2", None, "19.483757"),
        ("prob_power_2", 2.0, "16.500000"),
        ("prob_power_3", 3.0, "19.875000"),
        ("queue", None, "20.000000"),
        ("fifo", None, "20.000000"),
        ("probabilistic", None, "20.000000"),
        ("pessimistic", None, "20.000000"),
        ("optimistic", None, "12.000000"),
    ],
)
def test_a_cancel_of_eight_lots_moves_us_up_as_published(
    name: str, n: float | None, front: str
) -> None:
    """20 in front, 60 behind: front - (1 - p) 8, with hftbacktest's p, to six decimals.

    For instance prob_power with n = 1: p = 60 / 80, so 20 - 8 / 4 = 18.
    """
    model = built(name, {} if n is None else {"n": n})
    assert f"{model.on_depth(20.0, 80.0, 72.0, 0.0, *model.parameters):.6f}" == front


@given(LOTS, LOTS, LOTS, LOTS, st.sampled_from(PROBABLE))
def test_the_depth_rules_lie_between_optimism_and_the_queue(
    ahead: float, behind: float, cancelled: float, printed: float, name: str
) -> None:
    """Whatever the share: at most all of a decrease was ahead of us, and at least none of it."""
    before = printed + ahead + behind
    after = max(before - printed - cancelled, 0.0)
    model = built(name, {})
    best = rules.all_before_us(ahead, before, after, printed, 0.0, 0.0)
    moved = model.on_depth(ahead, before, after, printed, *model.parameters)
    worst = rules.no_more_than_level(ahead, before, after, printed, 0.0, 0.0)
    slack = 1e-9 * (before + 1.0)
    assert best - slack <= moved <= worst <= rules.no_help(ahead, before, after, printed, 0.0, 0.0)


@pytest.mark.parametrize("name", PROBABLE)
def test_an_empty_queue_and_an_empty_level_have_an_answer(name: str) -> None:
    """0 / 0 in the published formulas: nobody is in front, and nobody will be."""
    model = built(name, {})
    assert model.on_depth(0.0, 3.0, 1.0, 3.0, *model.parameters) == 0.0
    assert model.on_depth(0.0, 5.0, 0.0, 0.0, *model.parameters) <= 0.0


@given(LOTS, LOTS, LOTS, DRAWS)
def test_bounds_of_the_print_rules(ahead: float, level: float, size: float, draw: float) -> None:
    """Nothing, the queue, everything."""
    never = rules.never(ahead, level, size, draw, 0.0, 0.0)
    queue = rules.first_in_first_out(ahead, level, size, draw, 0.0, 0.0)
    assert never == ahead
    assert rules.at_once(ahead, level, size, draw, 0.0, 0.0) == -size <= queue <= never


def test_only_the_optimist_always_fills_when_crossed_and_the_pessimist_never_does() -> None:
    crosses = {
        offer.name: (
            offer.build(offer.config(), CONTEXT).fills_when_crossed,
            offer.build(offer.config(fills_when_crossed=True), CONTEXT).fills_when_crossed,
        )
        for offer in mm_fill_models()
        if offer.name != "poisson"
    }
    assert crosses.pop("optimistic") == (True, True)
    assert crosses.pop("pessimistic") == (False, False)
    assert set(crosses.values()) == {(False, True)}


def test_a_print_that_reaches_our_price_fills_us_whole_under_poisson() -> None:
    """Whatever is displayed or cancelled there; the other side alone fills nobody."""
    model = built("poisson", {})
    assert model.on_print(50.0, 80.0, 7.0, math.nan, *model.parameters) == -7.0
    assert model.on_depth(50.0, 80.0, 10.0, 0.0, *model.parameters) == 50.0
    assert not model.fills_when_crossed
    assert not model.draws


def test_only_probabilistic_draws() -> None:
    drawing = [
        offer.name for offer in mm_fill_models() if offer.build(offer.config(), CONTEXT).draws
    ]
    assert drawing == ["probabilistic"]


def built(name: str, options: dict[str, float]) -> FillModel:
    (offer,) = (offer for offer in mm_fill_models() if offer.name == name)
    return offer.build(offer.config(**options), CONTEXT)
