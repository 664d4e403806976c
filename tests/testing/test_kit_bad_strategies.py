"""Every rule for strategies catches the strategy that breaks it, and says what to change."""

from typing import Any

import pytest
from tests.testing import bad_strategies as bad

from mm.api import NoConfig, StrategyOffer, TransformerOffer
from mm.testing import Finding, StrategyCase, check_strategy, random_market
from mm.testing.kit.findings import judge
from mm.testing.kit.options import guess_config
from mm.testing.kit.strategies import STRATEGY_RULES

MARKET = random_market(0, events=300, wild=False)

CAUGHT: list[tuple[str, type[Any], str, str]] = [
    ("building", bad.HasNoDecide, "no decide", "give HasNoDecide all that mm.api.parts asks"),
    ("budget", bad.TakesItsTime, "times a plain strategy's", "decide many rows with arrays"),
    ("budget", bad.GivesAnotherDtype, "must give ORDER and DECISION arrays", "the interface says"),
    ("budget", bad.OrdersNaN, "", ""),  # refused at the door, by its magnitude
    ("orders", bad.NamesEveryOrderAlike, "the client_id 7", "count up from account.next_client_id"),
    ("requires", bad.RequiresAList, "requires is ('bid',)", "give a frozenset"),
    ("random markets", bad.TripsOverAnEmptySide, "ValueError: no touch", "size 0 = no such side"),
    ("instances", bad.SharesItsMemory, "a second instance", "keep what it remembers in self"),
    ("batch cuts", bad.CountsTheRowsOfABatch, "in batches of", "neither how many there are"),
    ("batch cuts", bad.PeeksInObserve, "in batches of", "nor what comes later"),
    ("causality", bad.PeeksInObserve, "what was before moved", "never on later ones"),
    ("causality", bad.PeeksInDecide, "what was before moved", "never on later ones"),
    ("one by one", bad.CountsWithinTheBlock, "rows at a time", "decide each row by itself"),
    ("one by one", bad.PeeksInDecide, "rows at a time", "decide each row by itself"),
    ("one by one", bad.RemembersInDecide, "asked again", "remember nothing in decide()"),
    ("closed loop", bad.DecidesOtherwiseInside, "inside the venue", "call one function"),
    ("fresh processes", bad.GoesByHashes, "another PYTHONHASHSEED", "do not iterate over sets"),
    ("inputs", bad.ChangesItsRows, "decide() changed the rows", "copy what you change"),
    ("purity", bad.ReadsTheClock, "decide() reads the clock: time.time at", "take the time from"),
    ("purity", bad.ReadsTheDate, "reads the clock: datetime.now at", "take the time from the data"),
    ("purity", bad.Dices, "draws at random: random.", "hash the run's seed"),
    ("purity", bad.DicesWithNumpy, "a function of numpy.random", "hash the run's seed"),
    ("purity", bad.AsksForEntropy, "draws at random: os.urandom", "hash the run's seed"),
    ("purity", bad.OpensAFile, "opens a file: open '/dev/null' at", "read files in build()"),
    ("purity", bad.StartsAThread, "starts a thread: _thread.start", "the host runs the tasks"),
    ("purity", bad.OpensASocket, "uses the network: socket.__new__ at", "to a connector"),
    ("purity", bad.StartsAProcess, "starts a process: subprocess.Popen", "in the handler itself"),
]


def find(rule: str, strategy: type[Any], config: type[Any] = NoConfig, **more: Any) -> Finding:
    offer = StrategyOffer(name="Bad", config=config, build=strategy)
    case = StrategyCase(offer=offer, config=guess_config(config).config, market=MARKET, **more)
    return judge(case, STRATEGY_RULES, rule)


@pytest.mark.parametrize(
    ("rule", "strategy", "message", "change"),
    CAUGHT,
    ids=[f"{rule}, {strategy.__name__}" for rule, strategy, *_ in CAUGHT],
)
def test_a_strategy_that_breaks_a_rule_is_told_what_to_change(
    rule: str, strategy: type[Any], message: str, change: str
) -> None:
    found = find(rule, strategy)
    assert not found.ok
    assert message in found.message
    assert change in found.change


def test_the_place_of_an_impurity_is_the_plugins_own_line() -> None:
    found = find("purity", bad.StartsAThread)
    assert "testing/bad_strategies.py:" in found.message


def test_state_shared_with_the_transformer_shows_in_the_schedules() -> None:
    shared = TransformerOffer(name="Tells", config=NoConfig, build=bad.tells_where_it_is)
    found = find(
        "schedules", bad.ListensToItsTransformer, transformer=shared, transformer_config=NoConfig()
    )
    assert not found.ok
    assert "share nothing between transformer and strategy but the rows" in found.change


def test_the_budget_is_measured_where_rows_come_late() -> None:
    late = TransformerOffer(name="Late", config=NoConfig, build=bad.starts_late)
    market = random_market(0, events=600, wild=False)
    offer = StrategyOffer(name="Good", config=NoConfig, build=bad.Quoter)
    case = StrategyCase(
        offer=offer, config=NoConfig(), transformer=late, market=market,
    )  # fmt: skip
    assert "µs a decision" in judge(case, STRATEGY_RULES, "budget").message


def test_options_without_help_or_unit_or_with_a_bad_default_are_named() -> None:
    offer = StrategyOffer(name="Bad", config=bad.Unexplained, build=bad.Quoter)
    found = judge(StrategyCase(offer=offer, config=None), STRATEGY_RULES, "options")
    assert not found.ok
    for text in (
        "size has no help", "size is a float without a unit", "plain has no help",
        "edge: its default must be >= 0.0 price, was -1.0",
    ):  # fmt: skip
        assert text in found.message
    assert "declare it with option(help=..., unit=...)" in found.change


def test_bounds_that_allow_what_cannot_be_built_are_named() -> None:
    found = find("bounds", bad.Divides, bad.TooWide)
    assert "with every = 0, which its bounds allow" in found.message
    assert "ZeroDivisionError" in found.message
    assert "narrow the option's bounds, or raise ConfigError" in found.change


def test_every_rule_has_a_strategy_that_breaks_it() -> None:
    elsewhere = {"options", "bounds", "schedules"}
    assert {rule for rule, *_ in CAUGHT} | elsewhere == set(STRATEGY_RULES)


def test_the_base_of_the_bad_strategies_breaks_no_rule() -> None:
    for strategy in (bad.Quoter, bad.Vectorised):
        offer = StrategyOffer(name="Good", config=NoConfig, build=strategy)
        found = check_strategy(offer, NoConfig(), market=MARKET)
        assert [one for one in found if not (one.ok and one.checked)] == []


def test_rules_wait_for_those_that_come_first() -> None:
    found = find("causality", bad.HasNoDecide)
    assert found.ok
    assert not found.checked
    assert found.message == "not checked: the rule 'building' comes first"
