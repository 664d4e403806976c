"""One name makes all names, and a name that would not work later is refused with the reason."""

from typing import Any

import pytest

from mm.api import NoConfig, SinkOffer, StrategyOffer, UsageError
from mm.registry import Plugin, Registry, build_registry
from mm.scaffold import choose_names

NOTHING = build_registry([])


def build(*_: Any) -> Any:
    """Stand in for what makes a part; never called here."""


def refusal(name: str, kind: str = "strategy", registry: Registry = NOTHING) -> str:
    with pytest.raises(UsageError) as caught:
        choose_names(kind, name, registry)
    return str(caught.value)


def installed(*offers: tuple[str, StrategyOffer | SinkOffer]) -> Registry:
    return build_registry([Plugin("theirs", "their-dist", "2.5", tuple(offers))])


@pytest.mark.parametrize(
    ("kind", "offer"),
    [("strategy", "MyOwn2"), ("transformer", "MyOwn2"), ("connector", "my_own2"),
     ("sink", "my_own2")],
)  # fmt: skip
def test_one_name_makes_all_and_parts_are_called_as_built_in_ones_are(
    kind: str, offer: str
) -> None:
    names = choose_names(kind, "my-own2", NOTHING)
    assert (names.dist, names.package, names.cls) == ("my-own2", "my_own2", "MyOwn2")
    assert names.offer == offer


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("My-Strategy", "my-strategy"),
        ("my_strategy", "my-strategy"),
        ("MyStrategy", "my-strategy"),
        ("my--strategy ", "my-strategy"),
        ("a" * 31, "a" * 30),
    ],
)
def test_a_name_that_is_nearly_one_is_put_right(name: str, near: str) -> None:
    text = refusal(name)
    assert text.startswith(f"the name {name!r} does not make a distribution's, expected lower-case")
    assert text.endswith(f"; {near!r} would do")


@pytest.mark.parametrize("name", ["", "-", "2fast", "ü", "../up"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    assert "does not make a distribution's" in refusal(name)


def test_words_and_modules_of_python_are_refused() -> None:
    assert refusal("lambda") == "'lambda' is a word of Python's; choose another name"
    assert refusal("random") == "Python has a module 'random' already; choose another name"


def test_a_class_that_the_code_imports_is_refused() -> None:
    assert "the class would be called RowStrategy" in refusal("row-strategy")


def test_what_is_installed_keeps_its_name() -> None:
    offer = StrategyOffer(name="MyOwn", config=NoConfig, build=build)
    registry = installed(("strategy", offer))
    taken = "theirs (their-dist 2.5)"
    assert refusal("theirs", registry=registry) == (
        f"a plugin {taken} is installed already; choose another name"
    )
    assert refusal("my-own", registry=registry) == (
        f"{taken} offers a strategy 'MyOwn' already; choose another name"
    )
    assert refusal("numpy") == "a package 'numpy' is installed already; choose another name"


def test_a_transformer_does_not_take_a_strategys_table() -> None:
    offer = StrategyOffer(name="MyOwn", config=NoConfig, build=build)
    assert "offers a strategy 'MyOwn' already" in refusal(
        "my-own", "transformer", installed(("strategy", offer))
    )


def test_a_sink_may_be_called_as_a_strategy_is() -> None:
    offer = SinkOffer(name="MyOwn", config=NoConfig, build=build)
    assert choose_names("strategy", "my-own", installed(("sink", offer))).offer == "MyOwn"
