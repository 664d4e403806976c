"""Differences, effects, neighbours and the Pareto front, by hand and by brute force."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.judge import (
    differences,
    errors_apart,
    judge,
    levels,
    main_effects,
    neighbours,
    pareto,
)


def grid(**axes: list[Any]) -> dict[str, list[Any]]:
    """The columns of every combination, the last axis moving fastest."""
    rows = list(itertools.product(*axes.values()))
    return {key: [row[place] for row in rows] for place, key in enumerate(axes)}


def test_the_error_of_a_difference_is_the_jackknifes() -> None:
    blocks = np.random.default_rng(5).standard_normal((48, 4))
    found = differences(blocks, 2)
    for other in range(4):
        apart = blocks[:, 2] - blocks[:, other]
        without = np.array([np.delete(apart, n).mean() for n in range(48)]) * 48
        error = math.sqrt(47 / 48 * ((without - without.mean()) ** 2).sum())
        assert found.total[other] == pytest.approx(apart.sum())
        assert found.error[other] == pytest.approx(error, abs=1e-12)
    assert (found.total[2], found.error[2]) == (0.0, 0.0)


def test_the_error_of_a_difference_is_how_much_it_varies() -> None:
    """Pairs share most of their luck: drawn anew, the difference varies as its error says."""
    totals, errors = [], []
    for seed in range(400):
        draws = np.random.default_rng(seed)
        market = 10 * draws.standard_normal((48, 1))
        found = differences(market + draws.standard_normal((48, 2)), 0)
        totals.append(found.total[1])
        errors.append(found.error[1])
    assert np.mean(errors) == pytest.approx(np.std(totals), rel=0.1)


def test_the_level_is_shared_among_comparisons() -> None:
    assert errors_apart(1) == pytest.approx(1.95996, abs=1e-5)
    assert errors_apart(4) == pytest.approx(2.49771, abs=1e-5)  # 5 % / 4 / 2 = 0.625 % in a tail


def test_effects_of_a_grid_add_up_by_hand() -> None:
    """Earned in each block: 2 a + 5 (b is "y"), so means and effects are known."""
    columns = grid(a=[1, 2, 4], b=["x", "y"], still=[7])
    each = [2 * a + 5 * (b == "y") for a, b in zip(columns["a"], columns["b"], strict=True)]
    blocks = np.tile(np.array(each, np.float64), (4, 1))
    second, first = sorted(main_effects(blocks, columns), key=lambda one: one.key, reverse=True)
    assert [one.key for one in main_effects(blocks, columns)] == ["a", "b"]
    assert (first.levels, first.sets) == (("1", "2", "4"), (2, 2, 2))
    assert first.mean == pytest.approx([4 * 4.5, 4 * 6.5, 4 * 10.5])
    assert first.effect == pytest.approx(4 * np.array([2, 4, 8]) - 4 * 14 / 3)
    assert first.spread == pytest.approx(24)
    assert first.spread_error == pytest.approx(0, abs=1e-12)
    assert second.effect == pytest.approx([-10, 10])
    assert first.share + second.share == pytest.approx(1)  # nothing else was at work


def test_a_parameter_without_effect_is_within_its_error() -> None:
    """Of 300 studies, some 95 % have the spread of a useless switch within two errors."""
    columns = grid(useless=[False, True], other=list(range(8)))
    within = 0
    for seed in range(300):
        blocks = np.random.default_rng(seed).standard_normal((48, 16))
        effect = next(one for one in main_effects(blocks, columns) if one.key == "useless")
        within += effect.spread < 1.96 * effect.spread_error
    assert 0.91 < within / 300 < 0.99


def test_levels_in_order_and_binned_where_there_are_many() -> None:
    assert levels([0.5, 0.1, 0.5]).names == ("0.1", "0.5")
    assert levels(["b", "a", "b"]).names == ("a", "b")
    assert levels([True, False]).names == ("False", "True")
    drawn = levels([float(n) for n in np.random.default_rng(1).permutation(1000)])
    assert drawn.binned
    assert np.bincount(drawn.codes).tolist() == [125] * 8
    assert drawn.names[0] == "0 – 124"
    mostly = levels([0.0] * 100 + [float(n) for n in range(20)])
    assert len(mostly.names) == int(mostly.codes.max()) + 1


def test_neighbours_on_a_grid_are_one_step_away() -> None:
    columns = grid(a=[1, 2, 4], b=[0.1, 0.2], c=["x", "y", "z"])
    rows = list(zip(*columns.values(), strict=True))
    found = [rows[n] for n in neighbours(columns, rows.index((1, 0.2, "x")))]
    assert found == [(1, 0.1, "x"), (1, 0.2, "y"), (1, 0.2, "z"), (2, 0.2, "x")]
    assert len(neighbours(columns, rows.index((2, 0.1, "y")))) == 5


def test_neighbours_of_drawn_sets_are_the_nearest() -> None:
    draws = np.random.default_rng(2)
    columns = {"a": draws.random(50).tolist(), "b": (1e6 * draws.random(50)).tolist()}
    found = neighbours(columns, 7)
    ranks = [np.argsort(np.argsort(values)) for values in columns.values()]
    away = sum((rank - rank[7]) ** 2 for rank in ranks).astype(float)
    away[7] = np.inf
    assert sorted(away[found]) == sorted(away)[:4]
    assert neighbours({"a": [1.0]}, 0) == []


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40))
def test_the_front_is_what_no_other_beats(points: list[tuple[int, int]]) -> None:
    found = pareto(np.array(points, np.float64))
    for place, (x, y) in enumerate(points):
        beaten = any(a >= x and b >= y and (a, b) != (x, y) for a, b in points)
        assert found[place] == (not beaten)


def test_a_set_of_which_nothing_is_known_is_not_on_the_front() -> None:
    assert pareto(np.array([[np.nan, 9.0], [1.0, 1.0]])).tolist() == [False, True]


def test_one_set_far_ahead_is_told_from_its_neighbours() -> None:
    columns = grid(a=[1, 2, 3, 4], b=[1, 2])
    blocks = np.random.default_rng(3).standard_normal((48, 8))
    even = judge(blocks, columns, int(np.argmax(blocks.sum(axis=0))))
    assert not even.distinct
    blocks[:, 2] += 5.0
    found = judge(blocks, columns, 2)
    assert found.distinct
    assert (found.alike, found.neighbours) == (0, (0, 3, 4))
    assert found.overfitting.probability == 0.0
    assert found.sharpe.probability > 0.99
    assert found.split.chosen == 2
    assert [step.test for step in found.forward] == [(24, 30), (30, 36), (36, 42), (42, 48)]
    assert found.effects[0].key == "a"


@pytest.mark.parametrize(
    "columns",
    [grid(a=[1, 2]), grid(a=[1, 2, 3, 4]), grid(a=[1, 2, 3, 4], b=["x", "y", "z"])],
    ids=["two sets", "four", "twelve"],
)
def test_of_noise_the_best_is_told_apart_in_at_most_one_study_of_twenty(
    columns: dict[str, list[Any]],
) -> None:
    """The best of several is ahead by the choice alone; its neighbours must all be far behind."""
    told, sets = 0, len(columns["a"])
    for seed in range(600):
        blocks = np.random.default_rng(seed).standard_normal((48, sets))
        best = int(np.argmax(blocks.sum(axis=0)))
        near, lead = neighbours(columns, best), differences(blocks, best)
        told += bool((lead.total[near] > errors_apart(len(near)) * lead.error[near]).all())
    assert told / 600 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)


def test_sets_that_never_traded_are_judged_to_be_alike() -> None:
    found = judge(np.zeros((48, 4)), grid(a=[1, 2, 3, 4]), 0)
    assert (found.alike, found.distinct) == (3, False)
    assert math.isnan(found.sharpe.probability)
    assert found.overfitting.probability == 1.0


def test_five_thousand_sets_are_judged() -> None:
    draws = np.random.default_rng(4)
    columns = {key: draws.random(5000).tolist() for key in "abc"}
    blocks = draws.standard_normal((48, 5000))
    found = judge(blocks, columns, int(np.argmax(blocks.sum(axis=0))))
    assert found.sharpe.trials == 5000
    assert len(found.neighbours) == 6
