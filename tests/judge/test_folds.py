"""Folds over data sets: an example worked by hand, and that a choice sees no test data."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.judge import Split, efficiency, judge_folds

FIGURES = np.array(
    [
        # set 0, set 1, set 2
        [4.0, 1.0, 0.0],
        [2.0, 3.0, 0.0],
        [0.0, 2.0, 1.0],
        [1.0, 2.0, 9.0],
        [3.0, -2.0, 1.0],
    ]
)


def test_an_example_by_hand() -> None:
    """First two: means 3, 2, 0, so set 0, which then has 0. Next two: 1, 2.5, 0.5, so set 1, which
    has 2. Last two: 0.5, 2, 5, so set 2, which has 1, of 2/3 on average."""
    first, second, third = judge_folds(FIGURES, Split(train=2))
    assert (first.train, first.test, first.chosen) == ((0, 2), (2, 3), 0)
    assert (first.inside, first.outside, first.average, first.better) == (3.0, 0.0, 1.0, 0.0)
    assert (first.ratio, first.falls_away) == (0.0, True)
    assert (second.chosen, second.inside, second.outside, second.ratio) == (1, 2.5, 2.0, 0.8)
    assert (second.better, second.falls_away) == (0.5, False)
    assert (third.train, third.chosen, third.inside, third.outside) == ((2, 4), 2, 5.0, 1.0)
    assert third.average == pytest.approx(2 / 3)
    assert efficiency([first, second, third]) == pytest.approx(3 / 10.5)


def test_an_anchored_choice_looks_back_to_the_start() -> None:
    folds = judge_folds(FIGURES, Split(train=2, test=1, step=2, anchored=True))
    assert [(one.train, one.test) for one in folds] == [((0, 2), (2, 3)), ((0, 4), (4, 5))]
    assert folds[1].inside == 2.5
    assert folds[1].chosen == 2  # 1.75, 2, 2.5


def test_what_has_no_figure_is_not_chosen() -> None:
    figures = FIGURES.copy()
    figures[0, 0] = math.nan
    assert judge_folds(figures, Split(train=2))[0].chosen == 1
    figures[:2] = math.nan
    assert [one.train for one in judge_folds(figures, Split(train=2))] == [(2, 4)]


def test_a_loss_inside_has_no_ratio() -> None:
    (fold,) = judge_folds(np.array([[-1.0, -2.0], [-3.0, 0.0]]), Split(train=1))
    assert math.isnan(fold.ratio)
    assert fold.falls_away


def test_too_few_data_sets_are_told() -> None:
    with pytest.raises(ValueError, match="4 to choose on and 2 to judge by do not fit into 5"):
        judge_folds(FIGURES, Split(train=4, test=2))


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3),
    st.booleans(),
)  # fmt: skip
def test_no_test_data_influence_the_choice(
    seed: int, train: int, test: int, step: int, anchored: bool
) -> None:
    draws = np.random.default_rng(seed)
    figures = draws.standard_normal((9, 5))
    split = Split(train=train, test=test, step=step, anchored=anchored)
    folds = judge_folds(figures, split)
    assert folds
    for number, fold in enumerate(folds):
        changed = figures.copy()
        changed[fold.test[0] :] = draws.standard_normal(changed[fold.test[0] :].shape)
        again = judge_folds(changed, split)[number]
        assert (again.chosen, again.inside) == (fold.chosen, fold.inside)
        assert fold.outside == figures[slice(*fold.test), fold.chosen].mean()
        assert fold.train[1] == fold.test[0]
