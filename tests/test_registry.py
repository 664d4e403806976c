"""Plugins found through entry points: good ones are kept, bad ones explain themselves."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.distributions import lay_down

from mm.api import PluginError
from mm.cli import main
from mm.registry import Registry, load_registry

BUILT_IN = (
    "avellaneda",
    "bitmex",
    "brownian",
    "cross",
    "fees",
    "grid",
    "latency",
    "momentum",
    "queue_models",
    "scripted",
    "signals",
    "sinks",
    "tardis",
    "touch",
)
Install = Callable[..., None]

GOOD = """
    import attrs
    from mm.api import NoConfig, SinkOffer, StrategyOffer, TransformerOffer, hookimpl

    MM_API = (0, 1)

    @hookimpl
    def mm_strategies():
        return [StrategyOffer(name="{name}", config=NoConfig, build=print)]
"""


@pytest.fixture
def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Install:
    """Lay down a distribution as an installer would: metadata and one module."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(dist: str, plugin: str, source: str, version: str = "1.0") -> None:
        module = lay_down(tmp_path, dist, plugin, source, version)
        request.addfinalizer(lambda: sys.modules.pop(module, None))

    return install


def load(*disabled: str) -> Registry:
    return load_registry([*BUILT_IN, *disabled])


def only_reason(registry: Registry) -> str:
    (failure,) = registry.failures
    return failure.reason


def test_the_built_in_plugins_load_without_a_fault() -> None:
    registry = load_registry()
    assert {plugin.name for plugin in registry.plugins} >= set(BUILT_IN)
    assert [f for f in registry.failures if f.package == "mm-engine"] == []


def test_an_offer_is_chosen_by_name_and_listed_with_its_origin(install: Install) -> None:
    install("quoter-dist", "quoter", GOOD.format(name="Quoter"), "2.5")
    registry = load()
    assert registry.strategy("Quoter").name == "Quoter"
    (row,) = registry.listing()
    assert (row.kind, row.name, row.package, row.version, row.plugin) == (
        "strategy", "Quoter", "quoter-dist", "2.5", "quoter",
    )  # fmt: skip


def test_the_listing_is_sorted_whatever_order_plugins_are_found_in(install: Install) -> None:
    for name in ("b", "c", "a"):
        install(f"dist-{name}", name, GOOD.format(name=name.upper()))
    assert [row.name for row in load().listing()] == ["A", "B", "C"]


def test_a_plugin_that_cannot_be_imported_stops_no_other(install: Install) -> None:
    install("bad-dist", "bad", "import nowhere_to_be_found")
    install("good-dist", "good", GOOD.format(name="Good"))
    registry = load()
    assert registry.strategy("Good").name == "Good"
    assert [str(f) for f in registry.failures] == [
        "bad (bad-dist 1.0): No module named 'nowhere_to_be_found'"
    ]


def test_choosing_an_absent_part_tells_what_there_is_and_what_failed(install: Install) -> None:
    install("bad-dist", "bad", "import nowhere_to_be_found")
    install("good-dist", "good", GOOD.format(name="Avellaneda"))
    with pytest.raises(PluginError) as caught:
        load().strategy("avelaneda")
    assert str(caught.value) == (
        "no strategy named 'avelaneda'; did you mean 'Avellaneda'? on offer: Avellaneda; "
        "not loaded: bad (bad-dist 1.0): No module named 'nowhere_to_be_found'; "
        f"disabled: {', '.join(BUILT_IN)}"
    )
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("x = 1", "plugin 'p' does not say MM_API; set MM_API = (0, 1) in it"),
        ("MM_API = (1, 0)", "plugin 'p' is for mm API (1, 0), this is (0, 1)"),
        ("MM_API = (0, 2)", "plugin 'p' is for mm API (0, 2), this is (0, 1)"),
        ("MM_API = 'new'", "plugin 'p' is for mm API 'new', this is (0, 1)"),
        ("raise SystemExit(3)", "it called sys.exit"),
        ("raise ValueError", "ValueError"),
    ],
)
def test_a_module_that_is_no_plugin_of_ours_says_so(
    install: Install, source: str, reason: str
) -> None:
    install("p-dist", "p", source)
    assert only_reason(load()) == reason


HOOK = "from mm.api import *\nfrom mm.api import hookimpl\nMM_API = (0, 1)\n@hookimpl\n"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def mm_stratgies(): return []", "unknown hook 'mm_stratgies'"),
        ("def mm_sinks(config): return []", "can not be found in the hookspec"),
        ("def mm_sinks(): return 7", "mm_sinks() of plugin 'p' returned 7, expected a list"),
        ("def mm_sinks(): return ['x']", "offered 'x', expected SinkOffer"),
        ("def mm_sinks(): return 1 / 0", "division by zero"),
        (
            "def mm_sinks(): return [SinkOffer(name='S', config=dict, build=print)]",
            "'S' of plugin 'p' has the config <class 'dict'>, expected an attrs class",
        ),
    ],
)
def test_a_hook_that_is_wrong_is_named(install: Install, source: str, reason: str) -> None:
    install("p-dist", "p", HOOK + source)
    assert reason in only_reason(load())


def test_two_plugins_of_one_name_are_both_refused_naming_both(install: Install) -> None:
    install("dist-a", "same", GOOD.format(name="A"))
    install("dist-b", "same", GOOD.format(name="B"))
    registry = load()
    assert registry.listing() == []
    assert {f.reason for f in registry.failures} == {
        "distributions dist-a 1.0 and dist-b 1.0 both call their plugin 'same'; remove one"
    }


def test_two_offers_of_one_name_are_both_refused_naming_both(install: Install) -> None:
    sink = """
    @hookimpl
    def mm_sinks():
        return [SinkOffer(name="own", config=NoConfig, build=print)]
    """
    install("dist-a", "a", GOOD.format(name="Same") + sink)
    install("dist-b", "b", GOOD.format(name="same"))
    registry = load()
    assert [row.name for row in registry.listing()] == ["own"]
    with pytest.raises(PluginError, match=r"offered by a \(dist-a 1.0\) and b \(dist-b 1.0\)"):
        registry.strategy("Same")


def test_a_transformer_must_share_the_class_of_its_table(install: Install) -> None:
    other = """
    @attrs.frozen
    class Other:
        pass

    @hookimpl
    def mm_transformers():
        return [TransformerOffer(name="Quoter", config=Other, build=print)]
    """
    install("dist-a", "a", GOOD.format(name="Quoter") + other)
    registry = load()
    assert [row.kind for row in registry.listing()] == ["strategy"]
    assert "read [strategy.quoter] with different classes" in only_reason(registry)


def test_a_disabled_plugin_is_not_imported(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("dist-a", "a", GOOD.format(name="A"))
    install("dist-b", "b", GOOD.format(name="B"))
    monkeypatch.setenv("MM_DISABLE_PLUGINS", "b, ")
    assert load("a").listing() == []
    assert not {"dist_a_module", "dist_b_module"} & set(sys.modules)


def test_leaving_a_plugin_out_afterwards_is_as_if_it_were_not_installed(install: Install) -> None:
    install("dist-a", "a", GOOD.format(name="Same"))
    install("dist-b", "b", GOOD.format(name="Same"))
    registry = load().without(["b"])
    assert registry.failures == ()
    assert [row.plugin for row in registry.listing()] == ["a"]
    with pytest.raises(PluginError, match=r"disabled: .*\bb\b"):
        registry.sink("csv")


def test_a_required_plugin_must_be_loaded_and_whole(install: Install) -> None:
    install("bad-dist", "bad", "import nowhere_to_be_found")
    install("good-dist", "good", GOOD.format(name="Good"))
    registry = load()
    registry.require("good")
    with pytest.raises(PluginError, match="no plugin named 'goood'; did you mean 'good'"):
        registry.require("goood")
    with pytest.raises(PluginError, match=r"cannot use plugin bad \(bad-dist 1\.0\): No module"):
        registry.require("bad")


COMMAND = """
    import argparse
    from mm.api import CommandOffer, UsageError, hookimpl

    MM_API = (0, 1)

    def arguments(parser):
        parser.add_argument("--times", type=int, default=1)

    def run(args):
        if args.times > 2:
            raise UsageError("too often")
        print("hello " * args.times)
        return 0

    @hookimpl
    def mm_commands():
        return [
            CommandOffer(name="greet", arguments=arguments, run=run, help="say hello"),
            CommandOffer(name="backtest", arguments=arguments, run=run),
        ]
"""


def test_a_plugin_adds_a_verb(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install("greeter-dist", "greeter", COMMAND)
    assert main(["greet", "--times", "2"]) == 0
    assert capsys.readouterr().out == "hello hello \n"
    assert main(["greet", "--times", "3"]) == 2
    assert capsys.readouterr().err == "mm: too often\n"


def test_an_unknown_verb_is_held_against_those_of_plugins_too(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("greeter-dist", "greeter", COMMAND)
    assert main(["great"]) == 2
    assert "unknown verb 'great', did you mean 'greet'?" in capsys.readouterr().err


def test_a_plugin_cannot_take_a_verb_of_ours(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("greeter-dist", "greeter", COMMAND)
    assert main(["backtest", "--times", "2"]) == 2
    assert "hello" not in capsys.readouterr().out
