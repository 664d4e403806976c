"""Sets drawn from axes: which depend on what, how even they are, and what is refused."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, qmc

from mm.api import UsageError
from mm.registry import load_registry
from mm.study import Axis, Base, Design, Set, axes_of, parse_axis
from mm.study.constraints import Constraints, parse_constraint
from mm.study.samplers import draw_sets, sets_of
from mm.study.spans import SHAPES

ROOT = Path(__file__).parents[2]
NONE = Constraints((), {})
SPANS = [parse_axis("a=uniform(2,6)"), parse_axis("b=loguniform(0.01,1)"), parse_axis("c=1,2,3")]


def values(sets: list[Set]) -> list[dict[str, Any]]:
    return [one.values for one in sets]


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_more_runs_extend_a_study(sampler: str) -> None:
    some = draw_sets(sampler, SPANS, 5, 7, NONE)
    more = draw_sets(sampler, SPANS, 12, 7, NONE)
    assert values(more)[:5] == values(some)
    assert values(draw_sets(sampler, SPANS, 5, 8, NONE)) != values(some)


def test_an_axis_that_is_added_leaves_what_random_draws_of_the_others() -> None:
    with_it = draw_sets("random", SPANS, 9, 3, NONE)
    without = draw_sets("random", SPANS[:2], 9, 3, NONE)
    assert [{k: one.values[k] for k in "ab"} for one in with_it] == values(without)


def test_random_draws_are_of_the_distribution_that_was_asked_for() -> None:
    sets = draw_sets("random", [*SPANS, parse_axis("d=integer(1,4)")], 2000, 1, NONE)
    a, b = ([float(one.values[key]) for one in sets] for key in "ab")
    assert kstest(a, "uniform", args=(2, 4)).pvalue > 0.001
    assert kstest(np.log(b), "uniform", args=(np.log(0.01), np.log(100))).pvalue > 0.001
    assert abs(np.corrcoef(a, np.log(b))[0, 1]) < 0.08
    counts = np.bincount([one.values["d"] for one in sets])
    assert counts[0] == 0
    assert all(420 < count < 580 for count in counts[1:])


def test_sobol_points_and_a_latin_hypercube_are_those_of_scipy() -> None:
    flat = [parse_axis(f"{name}=uniform(0,1)") for name in "abc"]
    drawn = draw_sets("sobol", flat, 16, 5, NONE)
    wanted = qmc.Sobol(3, rng=5).random(16)
    np.testing.assert_allclose([[float(v) for v in s.values.values()] for s in drawn], wanted, 1e-5)
    latin = draw_sets("latin", flat, 10, 5, NONE)
    for name in "abc":
        assert sorted(int(one.values[name] * 10) for one in latin) == list(range(10))


@given(
    low=st.decimals(-1000, 1000, places=3), width=st.decimals("0.001", 1000, places=3),
    share=st.floats(0, 1, exclude_max=True), shape=st.sampled_from(["uniform", "loguniform"]),
)  # fmt: skip
def test_a_value_lies_within_its_ends(
    low: Decimal, width: Decimal, share: float, shape: str
) -> None:
    low = abs(low) + Decimal("0.001") if shape == "loguniform" else low
    axis = parse_axis(f"a={shape}({low},{low + width})")
    value = axis.pick(share)
    assert low <= value <= low + width
    assert axis.pick(0) == low


def test_ranges_have_their_ends_and_even_steps() -> None:
    assert parse_axis("a=linear(0,1,5)").values == tuple(map(Decimal, ("0", "0.25", "0.5", "0.75",
                                                                       "1")))  # fmt: skip
    assert parse_axis("a=log(0.01, 100, 5)").values == tuple(
        map(Decimal, ("0.01", "0.1", "1", "10", "100"))
    )
    assert axes_of({"a": "log(0.01, 100, 5)"})[0].values == parse_axis("a=log(0.01,100,5)").values


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a=linear(1,2)", r"--vary a=linear\(1,2\): not as many numbers; expected linear\("),
        ("a=linear(2,1,3)", "from 2 to 1; expected linear"),
        ("a=log(0,1,3)", "from 0 to 1; expected log"),
        ("a=log(1,2,1)", "a count of 1; expected"),
        ("a=uniform(1,x)", "1 to x are not numbers"),
        ("a=integer(1,2.5)", "are not whole numbers"),
        ("a=uniform(1,inf)", "from 1 to Infinity"),
    ],
)
def test_what_is_no_span_is_refused(text: str, fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        parse_axis(text)
    assert text[2:].partition("(")[0] in SHAPES


def test_a_word_with_brackets_is_no_span() -> None:
    assert parse_axis("a=f(1),g(2)").values == ("f(1)", "g(2)")


CONTENT = {"strategy": {"x": 2.0, "name": "one"}, "venue": {"ms": 5}}


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("a < strategy.x", [1]),
        ("a <= strategy.x", [1, 2]),
        ("a>=2", [2, 3]),
        ("strategy.x == a", [2]),
        ("a != 2", [1, 3]),
        ("venue.ms > a", [1, 2, 3]),
    ],
)
def test_sets_that_do_not_satisfy_a_constraint_are_left_out(rule: str, kept: list[int]) -> None:
    constraints = Constraints([parse_constraint(rule, "here")], CONTENT)
    sets = sets_of([Axis("a", (1, 2, 3))], constraints.hold)
    assert [one.values["a"] for one in sets] == kept


def test_random_draws_again_until_the_constraints_hold() -> None:
    below = Constraints([parse_constraint("a < b", "here")], {})
    axes = [parse_axis("a=uniform(0,1)"), parse_axis("b=uniform(0,1)")]
    drawn = draw_sets("random", axes, 40, 2, below)
    assert len(drawn) == 40
    assert all(one.values["a"] < one.values["b"] for one in drawn)
    assert values(draw_sets("random", axes, 10, 2, below)) == values(drawn)[:10]
    never = Constraints([parse_constraint("a > 2", "here")], {})
    with pytest.raises(UsageError, match="none of 1000 draws satisfies"):
        draw_sets("random", axes, 1, 2, never)


@pytest.mark.parametrize(
    "text", ["", "a", "a <", "a < b < c", "__import__('os') < 1", "a = b", "a b < 1", "a(1) < 2"]
)
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^here: .* expected two keys, or a key and a number"):
        parse_constraint(text, "here")


def test_a_constraint_over_words_or_unknown_keys_is_refused() -> None:
    words = Constraints([parse_constraint("a < strategy.name", "here")], CONTENT)
    with pytest.raises(UsageError, match=r"^here: 1 and 'one' cannot be compared"):
        sets_of([Axis("a", (1,))], words.hold)
    unknown = Constraints([parse_constraint("a < strategy.y", "here")], CONTENT)
    with pytest.raises(UsageError, match=r"^here: strategy\.y: unknown key, did you mean"):
        unknown.refuse_unknown([("a",)])


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"sampler": "randon", "runs": 3}, "sampler 'randon', did you mean 'random'"),
        ({"runs": 3}, "a grid has as many runs as combinations"),
        ({"sampler": "sobol"}, "the sampler sobol is to be told how many runs"),
        ({"sampler": "tpe", "runs": 3}, "needs an objective"),
        ({"axes": []}, "nothing varies"),
    ],
)
def test_a_design_that_does_not_fit_is_refused(more: dict[str, Any], fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        Design(**({"axes": [Axis("a", (1,))]} | more)).check()


def test_a_grid_has_nothing_to_draw_from() -> None:
    with pytest.raises(UsageError, match="--vary a: is to be drawn from"):
        sets_of(SPANS)


def test_tables_of_keys_are_an_axis_with_labels() -> None:
    days = {"mon": {"data.a": "x", "data": {"b": 1}}, "tue": {"data": {"a": "y", "b": 2}}}
    (axis,) = axes_of({"day": days})
    mon, tue = sets_of([axis])
    assert (mon.values, sorted(mon.texts)) == ({"day": "mon"}, ['data.a="x"', "data.b=1"])
    assert sorted(tue.texts) == ['data.a="y"', "data.b=2"]
    with pytest.raises(UsageError, match="vary day: expected tables that all set the same keys"):
        axes_of({"day": {"mon": {"a": 1}, "tue": {"b": 1}}})
    with pytest.raises(UsageError, match=r"data\.a: is varied twice"):
        Design(axes=[axis, *axes_of({"data.a": [1]})]).check()


def test_where_scipy_is_not_installed_one_sentence_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['scipy'] = None\n"
        "from mm.cli import main\n"
        "sys.exit(main(['sweep', '--config', 'example/backtest.toml', '--vary',"
        " 'execution.latency_ms=1,2', '--sampler', 'sobol', '--runs', '2', '--output', 'x']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        "mm: the sampler sobol needs scipy, which is not installed:"
        " pip install 'mm-engine[sweep]'\n"
    )


def test_constraints_know_the_run_file_with_its_defaults() -> None:
    base = Base(ROOT / "example" / "backtest.toml", load_registry())
    design = Design(
        axes=[Axis("execution.latency_ms", (0, 5, 20))],
        constraints=[parse_constraint("execution.latency_ms <= execution.response_latency_ms", "")],
    )
    latency = base.content()["execution"]["response_latency_ms"]
    kept = [one.values["execution.latency_ms"] for one in design.sets(base)]
    assert kept == [value for value in (0, 5, 20) if value <= latency]
