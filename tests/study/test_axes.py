"""Axes as they are written, and the sets that they make."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mm.api import ConfigError, UsageError
from mm.study import Axis, Set, check_sets, parse_axis, sets_of

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
    assert sets[1].overrides == ["a=1", 'b="y"']
    with pytest.raises(UsageError, match="--vary a: is varied twice"):
        sets_of([Axis("a", (1,)), Axis("a", (2,))])


def test_every_fault_of_every_set_is_told_once_before_anything_runs() -> None:
    sets = [Set({"strategy.avellaneda.gamma": value}) for value in (-1, 0.1, -2)]
    with pytest.raises(ConfigError) as caught:
        check_sets(ROOT / "example" / "backtest.toml", None, ["engine.sed=1"], sets)
    text = str(caught.value)
    assert text.count("engine.sed") == 1
    assert text.count("strategy.avellaneda.gamma") == 2
