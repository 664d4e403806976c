"""Run files: what is accepted, what each fault says and where, and the effective text."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mm.api import ConfigError, ConnectorOffer, NoConfig, PluginError, StrategyOffer
from mm.config import LoadedConfig, load_config
from mm.registry import Plugin, Registry, build_registry, load_registry

Load = Callable[..., LoadedConfig]

GOOD = """\
# my run
[strategy]
symbol = "XBTUSD"  # the inverse one

[strategy.avellaneda]
gamma = 1
"""


def faults(load: Load, text: str, *overrides: str, **shortcuts: Any) -> Sequence[str]:
    with pytest.raises(ConfigError) as caught:
        load(text, *overrides, **shortcuts)
    return caught.value.faults


def test_a_short_file_gets_every_default(load: Load) -> None:
    config = load(GOOD).config
    assert (config.strategy.kind, config.strategy.max_block) == ("Avellaneda", 256)
    assert config.parts.strategy.config is config.parts.transformer.config
    table = config.parts.strategy.config
    assert (table.gamma, table.vol.window_len) == (
        1.0,
        500,
    )
    assert isinstance(config.parts.strategy.config.gamma, float)
    assert config.parts.connector.config.book_csv is None
    assert len(config.parts.sinks) == 1


def test_the_effective_text_keeps_the_users_and_marks_what_was_added(load: Load) -> None:
    text = load(GOOD, "engine.seed=7").text
    assert text.startswith(
        '# my run\n[strategy]\nsymbol = "XBTUSD"  # the inverse one\nkind = "Avellaneda"  # default'
    )
    assert "gamma = 1\n" in text
    assert "seed = 7\n" in text
    assert 'sigma_min = ""  # default\n' in text
    assert "step = 0.10  # default\n" in text


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        'strategy.symbol = "X"\nstrategy.avellaneda = {gamma = 0.5}\n',
        '[strategy.avellaneda.vol]\n[strategy.avellaneda]\ngamma = 2\n[strategy]\nsymbol = "é"\n',
        '[strategy]\navellaneda.gamma = 1\nsymbol = "X"\n# end',
        '[strategy]\nsymbol = "X"\nkind = "Other"\npreprocessing = "Plain"\n',
        GOOD + '[output]\nsinks = ["pair", "csv"]\n[output.pair]\nhigh = 9\n',
        GOOD + '[execution]\nfill_model = "pair"\n[data]\nconnector = "socket"\nport = 1',
    ],
)
def test_the_effective_text_loads_to_the_same_configuration_and_text(load: Load, text: str) -> None:
    first = load(text)
    again = load(first.text)
    assert again.config == first.config
    assert again.text == first.text


def test_all_faults_are_listed_at_once_with_their_lines(load: Load) -> None:
    text = """\
[strategy]
symbol = 7
max_block = 0
[strategy.avellaneda]
gama = 0.1
style = "keen"
vol = {window_len = 2.0}
[position]
contract_type = "linear"
[outputs]
"""
    assert faults(load, text) == (
        "run.toml:2: strategy.symbol: expected a string, was the integer 7",
        "run.toml:3: strategy.max_block: must be >= 1 decisions, was 0",
        "run.toml:4: strategy.avellaneda.gamma: required key is missing (Aversion.)",
        "run.toml:5: strategy.avellaneda.gama: unknown key, did you mean 'gamma'?",
        "run.toml:6: strategy.avellaneda.style: must be one of 'calm', 'Keen', "
        "was the string 'keen', did you mean 'Keen'?",
        "run.toml:7: strategy.avellaneda.vol.window_len: expected an integer, was the number 2.0; "
        "it must be >= 1 samples",
        "run.toml:9: position.contract_type: must be one of 'Linear', 'Inverse', 'Quanto', "
        "was the string 'linear', did you mean 'Linear'?",
        "run.toml:10: outputs: unknown table, did you mean 'output'?",
    )


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("strategy.avellaneda.gamma", '"3"', "expected a number, was the string '3'"),
        ("strategy.avellaneda.gamma", "true", "expected a number, was true"),
        ("strategy.avellaneda.gamma", "nan", "expected a finite number, was the number NaN"),
        ("strategy.avellaneda.gamma", "-inf", "expected a finite number, was the number -Infinity"),
        ("strategy.avellaneda.gamma", "1e999", "expected a finite number, was the number 1E+999"),
        ("strategy.avellaneda.gamma", "0", "must be > 0 [1/price], was 0.0"),
        ("strategy.avellaneda.gamma", "[]", "expected a number, was a list"),
        ("strategy.avellaneda.mode", '"c"', "must be one of 'a', 'b', was the string 'c'"),
        ("strategy.avellaneda.mode", "1", "must be one of 'a', 'b', was the integer 1"),
        ("strategy.avellaneda.step", '"x"', "expected a decimal number, was the string 'x'"),
        ("strategy.avellaneda.step", "inf", "expected a finite decimal number, was the number Inf"),
        ("strategy.avellaneda.levels", '"12"', "expected a list, was the string '12'"),
        ("strategy.avellaneda.levels", '[1, "x"]', "levels.1: expected a number, was the string"),
        ("strategy.avellaneda.vol", "3", "expected a table, was the integer 3"),
        ("strategy.max_block", "true", "expected an integer, was true"),
        ("strategy.max_block", "2.9", "expected an integer, was the number 2.9"),
        ("strategy.max_block", str(2**63), "expected an integer of 64 bits, was the integer"),
        ("data.strict", "1", "expected true or false, was the integer 1"),
        ("data.port", "-1", "must be > 0, was -1"),
        ("output.sinks", "[1]", "output.sinks.0: expected a string, was the integer 1"),
        ("output.date", "2024-08-01", "expected a string, was the date or time 2024-08-01"),
        ("output.csvpath", '"x"', "unknown key, did you mean 'csv_path'?"),
        ("execution.pair.low", "5", "execution.pair: high must be above low, was 2.0 with low 5.0"),
        ("execution.pear", "{}", "unknown key, did you mean 'pair'?"),
        ("data", "3", "expected a table, was the integer 3"),
        ("engine.seed", '""', "expected an integer, was the string ''"),
        ("instrument.tick_size", "0", "must be >= 1e-12 price, was 0"),
    ],
)
def test_a_wrong_value_is_refused_in_words(load: Load, key: str, value: str, text: str) -> None:
    base = GOOD.replace("gamma = 1\n", "") if key.endswith("gamma") else GOOD
    (fault,) = faults(
        load, f"{key} = {value}\n{base}" if "." not in key else spliced(base, key, value)
    )
    assert text in fault


def spliced(base: str, key: str, value: str) -> str:
    """Write a key under its table's header."""
    table, _, name = key.rpartition(".")
    header = f"[{table}]\n"
    line = f"{name} = {value}\n"
    return base.replace(header, header + line) if header in base else f"{base}{header}{line}"


@pytest.mark.parametrize("written", ["0.1", '"0.1"', "1e-1", "0.10"])
def test_a_decimal_is_taken_exactly_from_its_text(load: Load, written: str) -> None:
    config = load(f"{GOOD}[instrument]\ntick_size = {written}\n").config
    assert config.instrument.tick_size == Decimal("0.1")


def test_an_empty_string_means_none_where_none_is_allowed(load: Load) -> None:
    config = load(GOOD + '[data]\nbook_csv = "b.csv"\n', "data.book_csv=").config
    assert config.parts.connector.config.book_csv is None
    assert load(GOOD + '[position]\nmaker_fee = ""\n').config.position.maker_fee is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [("$HERE", "runs"), ("$HERE/", "runs/"), ("$HERE/a/b", "runs/a/b"), ("$HEREIN", "$HEREIN")],
)
def test_here_stands_for_the_folder_of_the_run_file(
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written: str,
    meant: str,
) -> None:
    """In the effective text, too, since that is written somewhere else."""
    monkeypatch.chdir(tmp_path)
    path = Path("runs", "run.toml")
    path.parent.mkdir()
    path.write_text(GOOD + f'[data]\ntardis_root = "{written}"  # beside\n')
    loaded = load_config(path, registry)
    assert loaded.config.parts.connector.config.tardis_root == meant
    assert f'tardis_root = "{meant}"  # beside\n' in loaded.text


def test_on_the_command_line_here_is_only_a_name(load: Load) -> None:
    loaded = load(GOOD, "data.tardis_root=$HERE")
    assert loaded.config.parts.connector.config.tardis_root == "$HERE"


def test_fee_rate_stands_in_for_the_fee_that_is_not_given(load: Load) -> None:
    config = load(GOOD + "[position]\nfee_rate = 0.001\nmaker_fee = -0.0002\n").config
    assert config.position.fees == (-0.0002, 0.001)


def test_keys_of_other_connectors_are_allowed_and_checked(load: Load) -> None:
    config = load(GOOD + '[data]\nport = 80\ntardis_root = "x"\n').config
    assert config.parts.connector.config.tardis_root == "x"


def test_live_data_without_a_connector_take_the_one_that_listens(load: Load) -> None:
    loaded = load(GOOD + "[data]\nfrom_csv = false\n")
    assert loaded.config.data.connector == "socket"
    assert 'connector = "socket"  # default' in loaded.text


@pytest.mark.parametrize(("live", "expected"), [
    ((), "is absent, but data are live; name one that listens; none is on offer"),
    (("a", "b"), "is absent, but data are live; name one of: a, b"),
])  # fmt: skip
def test_live_data_without_a_connector_are_refused_if_that_is_no_choice(
    load: Load, registry: Registry, live: tuple[str, ...], expected: str
) -> None:
    listening = [ConnectorOffer(name=n, config=NoConfig, build=build, live=True) for n in live]
    offers = [(kind, offer) for _, kind, offer in registry.parts() if offer.name != "socket"]
    offers += [("connector", offer) for offer in listening]
    plugin = Plugin("fakes", "fakes-dist", "1.0", tuple(offers))
    Path("run.toml").write_text(GOOD + "[data]\nfrom_csv = false\n")
    with pytest.raises(ConfigError, match=expected):
        load_config("run.toml", build_registry([plugin]))


def build(*_: Any) -> Any:
    raise AssertionError("configuration builds nothing")


def test_a_flag_sets_the_key_that_the_chosen_connector_has_for_it(load: Load) -> None:
    loaded = load(GOOD + '[data]\nconnector = "socket"\n', url="wss://x", data="folder")
    assert loaded.config.parts.connector.config.address == "wss://x"
    assert 'tardis_root = "folder"' in loaded.text  # of a connector that is not chosen, as ever


def test_a_key_that_was_set_prevails_over_its_flag(load: Load) -> None:
    loaded = load(GOOD, "data.tardis_root=there", data="here")
    assert loaded.config.parts.connector.config.tardis_root == "there"


@pytest.mark.parametrize(
    ("kind", "transformer"), [("Grid", "Grid"), ("Momentum", "NoDataTransform")]
)
def test_a_strategy_names_the_transformer_that_a_file_leaves_out(
    kind: str, transformer: str
) -> None:
    keys = [f"strategy.grid.{key}=1" for key in GRID]
    loaded = load_config("x.toml", None, [f"strategy.kind={kind}", *keys], text=SHORT)
    assert loaded.config.strategy.preprocessing == transformer
    assert loaded.config.parts.transformer.offer.name == transformer
    assert f'preprocessing = "{transformer}"  # default' in loaded.text


GRID = ("quote_size", "max_position", "half_spread", "interval")
SHORT = '[strategy]\nsymbol = "XBTUSD"\n'


def test_a_strategy_that_asks_for_none_gets_the_touch() -> None:
    parts = [(kind, offer) for _, kind, offer in load_registry().parts()]
    parts.append(("strategy", StrategyOffer(name="Mine", config=NoConfig, build=build)))
    registry = build_registry([Plugin("mine", "mine", "1.0", tuple(parts))])
    loaded = load_config("x.toml", registry, ["strategy.kind=Mine"], text=SHORT)
    assert loaded.config.strategy.preprocessing == "Touch"


def test_rows_that_are_events_are_not_decided_on_at_other_times() -> None:
    momentum = "strategy.kind=Momentum"
    for key in ("when.grid_ms=5", "when.own_reports=true"):
        with pytest.raises(ConfigError, match="'NoDataTransform' has times of its own"):
            load_config("x.toml", None, [momentum, f"strategy.{key}"], text=SHORT)
    load_config("x.toml", None, [momentum, "strategy.when.grid_ms=0"], text=SHORT)


def test_tables_of_parts_that_are_not_chosen_are_checked_too(load: Load) -> None:
    (fault,) = faults(load, GOOD + "[strategy.other]\nlo = 1\n")
    assert fault == "run.toml:8: strategy.other.lo: unknown key, did you mean 'low'?"


def test_an_override_is_a_toml_value_or_else_a_string(load: Load) -> None:
    config = load(
        GOOD,
        "strategy.avellaneda={gamma = 2, vol = {window_len = 9}}",
        "strategy.symbol=ETHUSDT",
        "output.date=2024-08-01",
        'output.exchange="a b"',
        "output.sinks=['csv', 'pair']",
        "engine.seed=1",
        "engine.seed=2",
    ).config
    table = config.parts.strategy.config
    assert (table.gamma, table.vol.window_len) == (
        2.0,
        9,
    )
    assert (config.strategy.symbol, config.output.date) == ("ETHUSDT", "2024-08-01")
    assert (config.output.exchange, config.output.sinks) == ("a b", ["csv", "pair"])
    assert config.engine.seed == 2


def test_flags_set_their_keys_and_set_prevails(load: Load) -> None:
    flags = {"data": "d", "output": "o", "symbol": "S", "seed": 3, "strict": True}
    config = load(GOOD, "engine.seed=4", **flags).config
    assert (config.parts.connector.config.tardis_root, config.parts.connector.config.strict) == (
        "d",
        True,
    )
    assert (config.output.csv_path, config.strategy.symbol, config.engine.seed) == ("o", "S", 4)


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ("strategy.avellaneda.gama=1", "--set strategy.avellaneda.gama: unknown key, did you mean"),
        ("engine.seed=x", "--set engine.seed: expected an integer, was the string 'x'"),
        ("engine.seed=nan", "--set engine.seed: expected an integer, was the number NaN"),
        ("engine.seed=1e3", "--set engine.seed: expected an integer, was the number 1"),
        ("output.sinks=[1]", "--set output.sinks: output.sinks.0: expected a string"),
        ("strategy.symbol.x=1", "--set strategy.symbol.x: strategy.symbol is not a table"),
        ("strategy=1", "--set strategy: strategy is a table; set its keys one by one"),
        ("seed", "--set seed: expected KEY=VALUE, such as strategy.symbol=XBTUSD"),
        ("a..b=1", "--set a..b=1: expected KEY=VALUE, such as strategy.symbol=XBTUSD"),
        ("=1", "--set =1: expected KEY=VALUE, such as strategy.symbol=XBTUSD"),
        ("output.date=\udcff", "--set output.date: the value '\\udcff' is not UTF-8 text"),
    ],
)
def test_a_faulty_override_is_named_instead_of_a_line(load: Load, override: str, text: str) -> None:
    (fault,) = faults(load, GOOD, override)
    assert fault.startswith(text)


def test_a_faulty_flag_is_named(load: Load) -> None:
    (fault,) = faults(load, GOOD, symbol="")
    assert "symbol is empty" in fault
    (fault,) = faults(load, GOOD, seed=2**64)
    assert fault.startswith("--seed: engine.seed: expected an integer of 64 bits")


def test_an_override_with_a_line_end_sets_one_key_only(load: Load) -> None:
    config = load(GOOD, "output.date=1\nsneaky = 2").config
    assert config.output.date == "1\nsneaky = 2"


def test_a_part_that_nobody_offers_is_a_plugin_error_with_its_line(load: Load) -> None:
    with pytest.raises(PluginError) as caught:
        load(GOOD.replace("[strategy]\n", '[strategy]\nkind = "avelaneda"\n'))
    assert str(caught.value) == (
        "run.toml:3: strategy.kind: no strategy named 'avelaneda'; did you mean 'Avellaneda'? "
        "on offer: Avellaneda, Other; not loaded: broken (broken-dist 1.0): no such thing"
    )
    assert isinstance(caught.value.__cause__, ImportError)


def test_the_table_of_a_part_that_cannot_be_had_is_no_fault_besides(load: Load) -> None:
    text = GOOD.replace("[strategy]\n", '[strategy]\nkind = "Gone"\n') + "[strategy.gone]\nx = 1\n"
    with pytest.raises(PluginError, match="no strategy named 'Gone'"):
        load(text)


def test_a_missing_part_among_other_faults_is_listed_with_them(load: Load) -> None:
    assert len(faults(load, GOOD, "output.sinks=['csvv']", "engine.seed=x")) == 2


def test_a_plugin_that_the_file_disables_offers_nothing(load: Load) -> None:
    with pytest.raises(PluginError, match="disabled: fakes"):
        load(GOOD, 'plugins.disable=["fakes"]')


def test_a_plugin_that_the_file_requires_must_be_whole(load: Load) -> None:
    load(GOOD, 'plugins.require=["fakes"]')
    with pytest.raises(PluginError, match=r"cannot use plugin broken .*: no such thing$"):
        load(GOOD, 'plugins.require=["broken"]')


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a = 1\nb = \n", "run.toml:2:5: not valid TOML: invalid value"),
        ("a = 1\na = 2\n", "run.toml:2:6: not valid TOML: cannot overwrite a value"),
        ('a = "x', "run.toml:1:7: not valid TOML: unterminated string"),
        ("[" * 9999, "run.toml: not valid TOML: nested too deeply"),
    ],
)
def test_a_file_that_is_not_toml_says_where(load: Load, text: str, fault: str) -> None:
    (found,) = faults(load, text if "[[" not in text else f"a = {text}")
    assert found.startswith(fault)


def test_a_file_that_is_not_text_says_where(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(ConfigError, match=r"x.toml:2: not UTF-8 text"):
        load_config(path, registry)
    with pytest.raises(ConfigError, match=r"this is a directory, expected a run file"):
        load_config(tmp_path, registry)
    with pytest.raises(ConfigError, match=r"there is no such file"):
        load_config(tmp_path / "none.toml", registry)


def test_windows_line_ends_and_a_byte_order_mark_are_taken(
    registry: Registry, tmp_path: Path
) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_config(path, registry).config.strategy.symbol == "XBTUSD"
