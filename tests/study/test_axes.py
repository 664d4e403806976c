"""Axes as they are written, and the sets that they make."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mm.api import ConfigError, UsageError
from mm.registry import load_registry
from mm.study import Axis, Base, axes_of, parse_axis, sets_of
from mm.study.axes import refuse_two_axes

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a.b=0.1,0.2", (Decimal("0.1"), Decimal("0.2"))),
        ("a.b=1, 2 ,3", (1, 2, 3)),
        ("a.b=true,false", (True, False)),
        ("a.b=queue,pessimistic", ("queue", "pessimistic")),
        ('a.b="x,y",z', ("x,y", "z")),
        ("a.b=[1,2],[3]", ([1, 2], [3])),
        ("a.b=7", (7,)),
    ],
)
def test_an_axis_is_read(text: str, values: tuple[Any, ...]) -> None:
    assert parse_axis(text) == Axis("a.b", values)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a.b", "expected KEY=VALUE,VALUE"),
        ("=1,2", "expected KEY=VALUE,VALUE"),
        ("a.b=", "expected KEY=VALUE,VALUE"),
        ("a.b=1,,2", "expected KEY=VALUE,VALUE"),
        ("a.b=1,2,1", "1 stands there twice"),
        ("a b=1", "expected KEY=VALUE"),
        ("a={x=1, y=2}", "a table is no value"),
    ],
)
def test_what_is_no_axis_is_refused(text: str, fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        parse_axis(text)


def test_axes_make_every_combination_the_last_moving_fastest() -> None:
    sets = sets_of([Axis("a", (1, 2)), Axis("b", ("x", "y"))])
    assert [one.values for one in sets] == [
        {"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"},
    ]  # fmt: skip
    assert sets[1].texts == ["a=1", 'b="y"']
    with pytest.raises(UsageError, match="--vary a: is varied twice"):
        refuse_two_axes([Axis("a", (1,)), Axis("a", (2,))])


def test_every_fault_of_every_set_is_told_once_before_anything_runs() -> None:
    sets = sets_of([Axis("strategy.avellaneda.gamma", (-1, 0.1, -2))])
    with pytest.raises(ConfigError) as caught:
        Base(ROOT / "example" / "backtest.toml", load_registry(), ["engine.sed=1"]).check_all(sets)
    text = str(caught.value)
    assert text.count("engine.sed") == 1
    assert text.count("--vary strategy.avellaneda.gamma: ") == 2


def test_a_key_that_is_none_is_told_as_it_was_typed() -> None:
    base = Base(ROOT / "example" / "backtest.toml", load_registry())
    with pytest.raises(ConfigError, match=r"^--vary strategy.avellaneda.gama: unknown key.*gamma"):
        base.check_all(sets_of([parse_axis("strategy.avellaneda.gama=1,2")]))


@pytest.mark.parametrize(
    ("vary", "fault"),
    [
        ({"a.b": 0.1}, r"^vary a\.b: 0\.1, expected a list of values, such as \[0\.1, 0\.2\]$"),
        ({"a.b": "queue"}, "expected a list of values"),
        ({"a.b": []}, "no values, expected at least one"),
        ({"a b": [1]}, "vary a b: expected a key"),
        ({"a": [{"x": 1}]}, "a table is no value"),
        ({"a": [1, 2, 1]}, "1 stands there twice"),
    ],
)
def test_what_python_gives_is_checked_as_well(vary: Any, fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        axes_of(vary)


def test_numbers_of_numpy_are_taken_for_what_they_are() -> None:
    (axis,) = axes_of({"a": np.linspace(0, 1, 3)})
    assert [type(value) for value in axis.values] == [float] * 3
    assert sets_of([axis])[1].texts == ["a=0.5"]
