"""Several markets in one run file: what is accepted, what each fault says and where."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from mm.api import ConfigError
from mm.config import LoadedConfig

Load = Callable[..., LoadedConfig]

TOP = """\
# two venues
[strategy]
kind = "Other"
preprocessing = "Plain"
[account]
currency = "USD"
[data]
tardis_root = "shared"  # of all
"""
ONE = """\
[[market]]
symbol = "A"  # the first
data.book_csv = "a.csv"
[market.position]
maker_fee = -0.1
"""
TWO = """\
[[market]]
symbol = "B"
exchange = "two"
[market.data]
tardis_root = "own"
[market.execution]
latency_ms = 20
"""
GOOD = TOP + ONE + TWO
LINES = GOOD.count("\n")


def faults(load: Load, text: str, *overrides: str, **shortcuts: Any) -> Sequence[str]:
    with pytest.raises(ConfigError) as caught:
        load(text, *overrides, **shortcuts)
    return caught.value.faults


def test_each_market_is_the_run_that_it_would_be_alone(load: Load) -> None:
    config = load(GOOD).config
    first, second = config.markets
    assert (first.strategy.symbol, second.strategy.symbol) == ("A", "B")
    assert (first.output.exchange, second.output.exchange) == ("exchange", "two")
    assert first.parts.connector.config.tardis_root == "shared"
    assert second.parts.connector.config.tardis_root == "own", "a market's key prevails"
    assert first.parts.connector.config.book_csv == "a.csv"
    assert second.parts.connector.config.book_csv is None
    assert (first.execution.latency_ms, second.execution.latency_ms) == (0, 20)
    assert first.position.fees == (-0.1, 0.0)
    assert second.position.fees == (0.0, 0.0)
    alone = load(TOP.replace("[strategy]", '[strategy]\nsymbol = "B"')).config
    assert alone.markets == ()
    assert alone.all_markets == (alone,)
    assert config.strategy == first.strategy


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        TOP + ONE,
        TOP + ONE + ONE.replace("symbol", 'exchange = "two"\nsymbol'),
        TOP + TWO + ONE,
        GOOD.replace("latency_ms = 20", 'latency_ms = 20\nfill_model = "pair"\npair.high = 7.0'),
        GOOD.replace('tardis_root = "own"', 'connector = "socket"\nport = 7'),
        GOOD.replace('"USD"', '"USD"\nrates = ["XBT A", "EUR 1.1"]').replace(
            "maker_fee", 'currency = "XBT"\nmaker_fee'
        ),
    ],
)
def test_the_effective_text_loads_to_the_same_configuration_and_text(load: Load, text: str) -> None:
    first = load(text)
    again = load(first.text)
    assert again.config == first.config
    assert again.text == first.text
    for kept in ("# two venues", "# of all", 'symbol = "A"  # the first'):
        assert kept in first.text
    assert "# default" in first.text


def line_of(text: str, key: str) -> int:
    """Line of the last place where it stands."""
    return text[: text.rindex(key)].count("\n") + 1


FAULTS = {
    "twice": (
        GOOD + ONE,
        (LINES + 2, "market.2.symbol", "'A' is a market of this run already, market.0;"),
    ),
    "twice by the exchange they share": (
        GOOD.replace('"two"', '"same"').replace('"B"', '"A"') + '[output]\nexchange = "same"\n',
        (line_of(GOOD, 'symbol = "B"'), "market.1.symbol", "of this run already, market.0;"),
    ),
    "unknown key": (
        GOOD.replace("exchange =", "exchang ="),
        (line_of(GOOD, "exchange ="), "market.1.exchang", "unknown key, did you mean 'exchange'?"),
    ),
    "a table that is the run's": (
        GOOD + "[market.engine]\nseed = 1\n",
        (LINES + 1, "market.1.engine", "unknown key"),
    ),
    "no table": (
        GOOD.replace("[market.execution]\nlatency_ms = 20", "execution = 3").replace(
            '[market.data]\ntardis_root = "own"\n', ""
        ),
        (LINES - 3, "market.1.execution", "expected a table, such as [market.execution]"),
    ),
    "no symbol": (
        GOOD.replace('symbol = "B"\n', ""),
        (line_of(GOOD, "[[market]]"), "market.1", "symbol is missing"),
    ),
    "empty symbol": (
        GOOD.replace('"B"', '""'),
        (line_of(GOOD, "symbol"), "market.1.symbol", "'', expected text"),
    ),
    "no text": (
        GOOD.replace('"two"', "2"),
        (line_of(GOOD, "exchange"), "market.1.exchange", "2, expected text"),
    ),
    "a symbol for all": (
        GOOD.replace("kind =", 'symbol = "A"\nkind ='),
        (3, "strategy.symbol", "leave it out: each [[market]] says its own symbol"),
    ),
    "a number": (
        "market = 3\n" + TOP,
        (1, "market", "expected tables, each below a line [[market]]"),
    ),
    "single brackets": (
        TOP + ONE.replace("[[market]]", "[market]"),
        (9, "market", "expected tables, each below a line [[market]]"),
    ),
    "none": ("market = []\n" + TOP, (1, "market", "is empty, expected at least one table")),
    "in a market's table": (
        GOOD.replace("latency_ms = 20", "latency_ms = -20"),
        (LINES, "market.1.execution.latency_ms", "-20"),
    ),
    "unknown in a market's table": (
        GOOD.replace("latency_ms = 20", "latency = 20"),
        (LINES, "market.1.execution.latency", "unknown key"),
    ),
    "in a part's table below": (
        GOOD.replace("latency_ms = 20", 'fill_model = "pair"\npair.high = 0.5'),
        (LINES + 1, "market.1.execution.pair", "high must be above low, was 0.5 with low 1.0"),
    ),
    "in what they share, beside a market's own": (
        TOP.replace("[account]", "[execution]\nbracket = 7\n[account]") + ONE + TWO,
        (6, "execution.bracket", "7"),
    ),
    "a part nobody offers": (
        GOOD.replace("latency_ms = 20", "fill_model = 3"),
        (LINES, "market.1.execution.fill_model", "3"),
    ),
    "no currency": (
        GOOD.replace('currency = "USD"', ""),
        (line_of(TOP, "[account]"), "account.currency", "is empty, expected the currency"),
    ),
    "a rate of three words": (
        GOOD.replace('"USD"', '"USD"\nrates = ["XBT = 3"]'),
        (5, "account", "rates has 'XBT = 3', expected a currency and its price or market"),
    ),
    "a rate of nothing": (
        GOOD.replace('"USD"', '"USD"\nrates = ["XBT 0"]'),
        (5, "account", "rates has 'XBT 0', expected a price above 0"),
    ),
    "a rate twice": (
        GOOD.replace('"USD"', '"USD"\nrates = ["XBT 1", "XBT 2"]'),
        (5, "account", "rates names a currency twice: XBT, XBT, USD"),
    ),
    "rates in no currency": (
        GOOD.replace('currency = "USD"', 'rates = ["XBT 1"]'),
        (5, "account", "rates are prices in the account's currency, but currency is empty"),
    ),
    "a rate of no market": (
        GOOD.replace('"USD"', '"USD"\nrates = ["XBT C"]'),
        (7, "account.rates", "takes the price of XBT from 'C', which is no market of this run;"
         " expected a number, or one of A, B"),
    ),
    "no rate": (
        GOOD.replace("maker_fee", 'currency = "XBT"\nmaker_fee'),
        (line_of(GOOD, "maker_fee"), "market.0.position.currency",
         "A settles in XBT, of which account.rates has no price in USD"),
    ),
    "inverse in no currency": (
        GOOD.replace("maker_fee", 'contract_type = "Inverse"\nmaker_fee'),
        (line_of(GOOD, "[market.position]"), "market.0.position.currency",
         "of A is empty, expected the currency that an inverse contract settles in"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_every_fault_is_one_sentence_with_its_place_and_told_once(load: Load, case: str) -> None:
    text, (line, key, said) = FAULTS[case]
    (fault,) = faults(load, text)
    assert fault.startswith(f"run.toml:{line}: {key}: "), fault
    assert said in fault


def test_faults_of_all_markets_are_listed_in_the_order_of_the_file(load: Load) -> None:
    text = GOOD.replace("-0.1", "-1.5").replace("= 20", "= -20").replace("[data]", "[data]\nx = 1")
    said = [fault.split(": ")[1] for fault in faults(load, text)]
    assert said == ["data.x", "market.0.position.maker_fee", "market.1.execution.latency_ms"]


def test_a_run_of_one_market_needs_a_rate_too(load: Load) -> None:
    text = TOP.replace("kind =", 'symbol = "A"\nkind =') + '[position]\ncurrency = "XBT"\n'
    (fault,) = faults(load, text)
    assert fault.startswith("run.toml:11: position.currency: A settles in XBT")
    load(text.replace('"USD"', '"USD"\nrates = ["XBT A"]'))


def test_the_command_line_sets_what_markets_share(load: Load) -> None:
    first, second = load(GOOD, "execution.latency_ms=7", "account.currency=EUR").config.markets
    assert (first.execution.latency_ms, second.execution.latency_ms) == (7, 20)
    assert first.account.currency == "EUR"
    first, second = load(GOOD, data="there").config.markets
    assert first.parts.connector.config.tardis_root == "there"
    assert second.parts.connector.config.tardis_root == "own"


def test_what_the_command_line_sets_in_vain_is_told(load: Load) -> None:
    text = GOOD.replace("data.book_csv", 'data.tardis_root = "mine"\ndata.book_csv')
    said = (
        "has no effect: each [[market]] has this key; change it there, or set"
        " market.0.data.tardis_root and so on"
    )
    assert faults(load, text, data="there") == (f"--data: data.tardis_root: {said}",)
    assert faults(load, text, "data.tardis_root=there") == (f"--set data.tardis_root: {said}",)
    (fault,) = faults(load, text, symbol="A")
    assert fault.startswith("--symbol: strategy.symbol: leave it out")


def test_the_command_line_sets_a_key_of_one_market(load: Load) -> None:
    loaded = load(
        GOOD,
        "market.0.position.maker_fee=0.25",  # is there
        "market.0.execution.latency_ms=3",  # a table that this market has not
        "market.1.execution.fill_model=pair",  # a key that its table has not
        "market.1.execution.pair.high=7.5",
        "market.1.symbol=C",
        "market.0.exchange=one",
        "execution.response_latency_ms=9",
    )
    first, second = loaded.config.markets
    assert first.position.fees == (0.25, 0.0)
    assert (first.execution.latency_ms, second.execution.latency_ms) == (3, 20)
    assert second.execution.response_latency_ms == 9
    assert (second.strategy.symbol, first.output.exchange) == ("C", "one")
    assert second.position.fees == (0.0, 0.0)
    again = load(loaded.text)
    assert (again.config, again.text) == (loaded.config, loaded.text)
    assert "# the first" in loaded.text


@pytest.mark.parametrize(
    "markets",
    [
        'market = [{symbol = "A"}, {symbol = "B", exchange = "two"}]\n',
        '[[market]]\nsymbol = "A"\nposition.taker_fee = 0.1\n[[market]]\nsymbol = "B"\n',
        '[[market]]\nsymbol = "A"\n[market.execution.pair]\nhigh = 3.0\n[[market]]\nsymbol = "B"',
        '[[market]]\nsymbol = "A"\nexecution = {latency_ms = 1}\n[[market]]\nsymbol = "B"\n',
    ],
    ids=["inline", "dotted", "a table of a table", "an inline table"],
)
def test_a_key_of_one_market_is_set_however_the_market_is_written(load: Load, markets: str) -> None:
    text = markets + TOP if markets.startswith("market") else TOP + markets
    loaded = load(text, "market.0.execution.latency_ms=3", "market.0.position.maker_fee=0.25",
                  "market.1.position.maker_fee=0.5")  # fmt: skip
    first, second = loaded.config.markets
    assert (first.execution.latency_ms, second.execution.latency_ms) == (3, 0)
    assert (first.position.fees[0], second.position.fees[0]) == (0.25, 0.5)
    assert load(loaded.text).config == loaded.config


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        ("market.2.symbol=C", "--set market.2.symbol: the file has no market.2; its [[market]]"
         " tables are numbered from 0, as market.0 to market.1"),
        ("market.-1.symbol=C", "--set market.-1.symbol: the file has no market.-1;"),
        ("market.symbol=C", "--set market.symbol: the file has no market.symbol;"),
        ("market.execution.latency_ms=3", "--set market.execution.latency_ms: the file has no"
         " market.execution; its [[market]] tables are numbered from 0"),
        ("market.0=3", "--set market.0: market.0 is a table; set its keys one by one"),
        ("market=3", "--set market: the file has [[market]]; set a key of one of them, such as"
         " market.0.symbol"),
        ("market.0.symbol.x=3", "--set market.0.symbol.x: market.0.symbol is not a table"),
        ("market.0.position=3", "--set market.0.position: market.0.position is a table; set its"
         " keys one by one"),
        ("market.1.execution.latency=3", "--set market.1.execution.latency: unknown key, did you"
         " mean"),
        ("market.1.execution.latency_ms=-3", "--set market.1.execution.latency_ms: must be >= 0"),
        ("market.0.exchang=x", "--set market.0.exchang: unknown key, did you mean 'exchange'?"),
        ("market.0.engine.seed=3", "run.toml:9: market.0.engine: unknown key"),
        ("market.1.symbol=", "--set market.1.symbol: '', expected text"),
    ],
)  # fmt: skip
def test_a_wrong_key_or_number_of_a_market_is_one_sentence(
    load: Load, override: str, fault: str
) -> None:
    (found,) = faults(load, GOOD, override)
    assert found.startswith(fault)


def test_a_file_of_one_market_has_no_tables_to_be_numbered(load: Load) -> None:
    text = TOP.replace("[strategy]", '[strategy]\nsymbol = "A"')
    (fault,) = faults(load, text, "market.0.symbol=C")
    assert (
        fault == "--set market.0.symbol: the file has no [[market]], of which this would be a key"
    )


def test_here_stands_for_the_files_folder_in_a_markets_table(load: Load) -> None:
    text = GOOD.replace('"own"', '"$HERE/own"')
    loaded = load(text)
    assert loaded.config.markets[1].parts.connector.config.tardis_root == "./own"
    assert load(loaded.text).config == loaded.config
