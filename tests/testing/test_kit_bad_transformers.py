"""Every rule for transformers catches the transformer that breaks it, and says what to change."""

from typing import Any

import attrs
import pytest
from tests.testing import bad_transformers as bad

from mm.api import NoConfig, TransformerOffer, option
from mm.testing import Finding, TransformerCase, check_transformer, random_market
from mm.testing.kit.findings import judge
from mm.testing.kit.transformers import TRANSFORMER_RULES

MARKET = random_market(0, events=300, wild=False)

CAUGHT: list[tuple[str, type[Any], str, str]] = [
    ("building", bad.HasNoPush, "no push", "give HasNoPush all that mm.api.parts asks for"),
    ("rows", bad.LeavesTheTouchOut, "its dtype starts with own", "start the dtype with"),
    ("rows", bad.GivesRowsLate, "push() gave rows at", "give what the interface says"),
    ("random markets", bad.DividesByTheTouch, "ZeroDivisionError", "one-sided and crossed"),
    ("batch cuts", bad.PeeksInTheBatch, "in batches of 1 rows", "nor what comes later in it"),
    ("batch cuts", bad.CountsBatches, "in batches of 1 rows", "treat a batch as events in a row"),
    ("causality", bad.PeeksInTheBatch, "a row before them moved", "events with ts_local <= its ts"),
    ("instances", bad.SharesItsMemory, "beside another instance", "keep what it remembers in self"),
    ("fresh processes", bad.GoesByHashes, "another PYTHONHASHSEED", "sort first"),
    ("inputs", bad.ChangesTheBatch, "push() changed the batch", "other tasks read the same arrays"),
    ("purity", bad.ReadsTheClock, "reads the clock: time.monotonic at", "a batch's watermark"),
    ("copies", bad.KeepsItsMemoryElsewhere, "continued from a copy", "that copying copies"),
]  # fmt: skip


def find(rule: str, transformer: type[Any]) -> Finding:
    offer = TransformerOffer(name="Bad", config=NoConfig, build=transformer)
    case = TransformerCase(offer=offer, config=NoConfig(), market=MARKET)
    return judge(case, TRANSFORMER_RULES, rule)


@pytest.mark.parametrize(
    ("rule", "transformer", "message", "change"),
    CAUGHT,
    ids=[f"{rule}, {transformer.__name__}" for rule, transformer, *_ in CAUGHT],
)
def test_a_transformer_that_breaks_a_rule_is_told_what_to_change(
    rule: str, transformer: type[Any], message: str, change: str
) -> None:
    found = find(rule, transformer)
    assert not found.ok
    assert message in found.message
    assert change in found.change


def test_every_rule_has_a_transformer_that_breaks_it() -> None:
    with_the_strategies = {"options", "bounds"}
    assert {rule for rule, *_ in CAUGHT} | with_the_strategies == set(TRANSFORMER_RULES)


def test_the_base_of_the_bad_transformers_breaks_no_rule() -> None:
    offer = TransformerOffer(name="Good", config=NoConfig, build=bad.Plain)
    found = check_transformer(offer, NoConfig(), market=MARKET)
    assert [one for one in found if not (one.ok and one.checked)] == []


def test_what_cannot_be_copied_need_not_be() -> None:
    found = find("copies", bad.HoldsALambda)
    assert (found.ok, found.checked) == (True, False)
    assert found.message.startswith("not checked: it cannot be copied")


def test_what_another_process_cannot_find_is_said_to_be_unchecked() -> None:
    @attrs.frozen
    class Local:
        size: int = option(1, help="Size.", unit="lots")

    offer = TransformerOffer(name="Local", config=Local, build=bad.Plain)
    case = TransformerCase(offer=offer, config=Local(), market=MARKET)
    found = judge(case, TRANSFORMER_RULES, "fresh processes")
    assert (found.ok, found.checked) == (True, False)
    assert "define its classes and functions at the top of a module" in found.message
