"""The probability of backtest overfitting, against the paper's procedure written out plainly."""

import itertools
import math
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.judge import overfitting, walk_forward

stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")


def plainly(
    blocks: "np.ndarray[tuple[int, int], np.dtype[np.float64]]", parts: int, by: str
) -> list[float]:
    """Step by step as in the paper; rows are whole numbers, so that sums are."""

    def statistic(rows: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> list[float]:
        columns = [[int(x) for x in column] for column in rows.T]
        if by == "mean":
            return [sum(column) / len(column) for column in columns]
        found = []
        for column in columns:
            mean = sum(column) / len(column)
            spread = math.sqrt(sum((x - mean) ** 2 for x in column) / (len(column) - 1))
            found.append(mean / spread if spread else 0.0)
        return found

    pieces = np.split(blocks, parts)
    logits = []
    for chosen in itertools.combinations(range(parts), parts // 2):
        inside = np.concatenate([pieces[n] for n in chosen])
        outside = np.concatenate([pieces[n] for n in range(parts) if n not in chosen])
        seen = np.round(statistic(inside), 12)
        ranks = stats.rankdata(np.round(statistic(outside), 12))
        share = ranks[int(np.argmax(seen))] / (blocks.shape[1] + 1)
        logits.append(math.log(share / (1 - share)))
    return logits


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 7), st.sampled_from(["mean", "sharpe"]))
def test_small_cases_are_the_papers_procedure(
    seed: int, sets: int, by: Literal["mean", "sharpe"]
) -> None:
    blocks = np.random.default_rng(seed).integers(-4, 5, (12, sets)).astype(np.float64)
    found = overfitting(blocks, 4, by)
    logits = plainly(blocks, 4, by)
    assert found.logits == pytest.approx(logits)
    assert found.probability == np.mean(np.array(logits) <= 1e-12)


def test_of_noise_every_second_choice_is_wrong() -> None:
    found = [
        overfitting(np.random.default_rng(seed).standard_normal((16, 20)), 8).probability
        for seed in range(300)
    ]
    error = float(np.std(found)) / math.sqrt(len(found))
    assert np.mean(found) == pytest.approx(0.5, abs=4 * error)
    assert error < 0.03


@pytest.mark.parametrize("by", ["mean", "sharpe"])
def test_a_set_that_is_always_better_is_never_wrong(by: Literal["mean", "sharpe"]) -> None:
    blocks = np.random.default_rng(1).standard_normal((48, 30))
    blocks[:, 11] = np.abs(blocks).max() * 2 + np.linspace(0, 0.1, 48)
    found = overfitting(blocks, 16, by)
    assert found.probability == 0.0
    assert found.loss == 0.0
    assert len(found.logits) == 12_870
    assert found.logits == pytest.approx(math.log(30))  # the first of 30: ln(30/31 / (1/31))


def test_what_worked_in_one_half_alone_is_found_out() -> None:
    """Each set earned in its own part of the time and lost what it earned elsewhere."""
    blocks = np.full((16, 16), -1.0) + 16 * np.eye(16)
    found = overfitting(blocks, 16)
    assert found.probability == 1.0
    assert found.loss == 1.0


def test_sets_that_are_alike_teach_nothing() -> None:
    column = np.random.default_rng(2).standard_normal((48, 1)) * 1e-7
    assert overfitting(column.repeat(9, axis=1)).probability == 1.0


@pytest.mark.parametrize(("count", "sets", "parts"), [(48, 1, 16), (48, 3, 5), (20, 3, 16)])
def test_a_shape_that_cannot_be_cut_is_refused(count: int, sets: int, parts: int) -> None:
    with pytest.raises(ValueError, match="expected two sets, and an even number"):
        overfitting(np.zeros((count, sets)), parts)


def test_a_walk_by_hand() -> None:
    """Three sets, eight blocks: chosen on four, held for two."""
    blocks = np.array(
        [[1, 0, 0], [1, 0, 0], [1, 2, 0], [1, 5, 0], [3, -1, 1], [0, 0, 0], [-5, 1, 1], [-5, 2, 1]],
        np.float64,
    )
    first, second = walk_forward(blocks, 4, 2)
    assert (first.train, first.test, first.chosen) == ((0, 4), (4, 6), 1)
    assert (first.trained, first.earned, first.average, first.most) == (7.0, -1.0, 1.0, 3.0)
    assert first.better == 0.0
    assert (second.train, second.test, second.chosen) == ((2, 6), (6, 8), 1)
    assert (second.trained, second.earned, second.most) == (6.0, 3.0, 3.0)
    assert second.average == pytest.approx((-10 + 3 + 2) / 3)
    assert second.better == 1.0


@given(st.integers(0, 1000))
def test_a_choice_knows_nothing_of_what_comes_after(seed: int) -> None:
    draws = np.random.default_rng(seed)
    blocks = draws.standard_normal((48, 6))
    chosen = [step.chosen for step in walk_forward(blocks, 24, 6)]
    for number in range(4):
        changed = blocks.copy()
        changed[24 + 6 * number :] = draws.standard_normal((24 - 6 * number, 6))
        again = [step.chosen for step in walk_forward(changed, 24, 6)]
        assert again[: number + 1] == chosen[: number + 1]
