"""Whatever is wrong with a plugin, it is told in one line with its owner, and the others load.

The common faults are in test_registry.py; here are those of metadata, entry points and versions,
and that each of all of them keeps to the rule.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.distributions import lay_down
from tests.test_registry import BUILT_IN

from mm import plugin_check
from mm.api import PluginError
from mm.registry import Registry, load_registry

Install = Callable[..., str]

START = """
import attrs
from mm.api import *
from mm.api import NoConfig, SinkOffer, hookimpl, option
MM_API = (0, 1)
@hookimpl
"""
GOOD = START + "def mm_sinks(): return [SinkOffer(name='good', config=NoConfig, build=print)]"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder on sys.path, with a plugin in it that has nothing wrong."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    lay_down(tmp_path, "good-dist", "good", GOOD)
    yield tmp_path
    for module in set(sys.modules) - before:
        if module.endswith("_module"):
            del sys.modules[module]


def load() -> Registry:
    return load_registry(BUILT_IN)


def only_failure(registry: Registry) -> str:
    """Check that the good plugin is there; return the one line about the other."""
    assert registry.sink("good").name == "good"
    (failure,) = registry.failures
    assert "\n" not in str(failure)
    return str(failure)


FAULTS = {
    "import error": ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
    "syntax error": ("def", "invalid syntax"),
    "exit": ("raise SystemExit(3)", "it called sys.exit"),
    "exit in a hook": (START + "def mm_sinks(): raise SystemExit(3)", "it called sys.exit"),
    "several lines": ("raise ValueError('one\\n\\n  two')", "one two"),
    "misspelt hook": (START + "def mm_sink(): return []", "unknown hook 'mm_sink'"),
    "wrong signature": (START + "def mm_sinks(x): return []", "Argument(s) {'x'} are declared"),
    "hook raises": (START + "def mm_sinks(): return 1 / 0", "division by zero"),
    "no list": (START + "def mm_sinks(): return None", "returned None, expected a list of offers"),
    "wrong offer": (START + "def mm_sinks(): return [7]", "offered 7, expected SinkOffer"),
    "config is no attrs class": (
        START + "def mm_sinks(): return [SinkOffer(name='s', config=int, build=print)]",
        "'s' of plugin 'bad' has the config <class 'int'>, expected an attrs class",
    ),
    "name is no text": (
        START + "def mm_sinks(): return [SinkOffer(name=7, config=NoConfig, build=print)]",
        "mm_sinks() of plugin 'bad' offered a part named 7, expected text",
    ),
    "type that nobody knows": (
        START
        + "def mm_sinks(): return [SinkOffer(name='s', config=C, build=print)]\n"
        + "@attrs.frozen\nclass C:\n    x: 'Unheard' = option(1, help='.')",
        "config of 's' of plugin 'bad': a field's type cannot be resolved (name 'Unheard'",
    ),
    "field without a type": (
        START
        + "def mm_sinks(): return [SinkOffer(name='s', config=C, build=print)]\n"
        + "C = attrs.make_class('C', ['x'])",
        "config of 's' of plugin 'bad': field 'x' has no type; annotate it",
    ),
    "no version": ("x = 1", "plugin 'bad' does not say MM_API; set MM_API = (0, 1) in it"),
    "newer version": ("MM_API = (0, 2)", "plugin 'bad' is for mm API (0, 2), this is (0, 1)"),
}


@pytest.mark.parametrize(("source", "reason"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_one_line_with_its_owner_and_stops_no_other(
    folder: Path, source: str, reason: str
) -> None:
    lay_down(folder, "bad-dist", "bad", source, "2.5")
    line = only_failure(load())
    assert line.startswith("bad (bad-dist 2.5): ")
    assert reason in line


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("bad_dist_module:nothing", "module 'bad_dist_module' has no attribute 'nothing'"),
        ("nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
        ("not a module", "its entry point 'not a module' names no module"),
    ],
)
def test_an_entry_point_that_leads_nowhere_says_so(folder: Path, entry: str, reason: str) -> None:
    lay_down(folder, "bad-dist", "bad", "x = 1", entry=entry)
    assert only_failure(load()) == f"bad (bad-dist 1.0): {reason}"


def test_metadata_that_cannot_be_read_hides_no_plugin(folder: Path) -> None:
    """importlib.metadata gives up on all distributions if one has such a line."""
    lay_down(folder, "bad-dist", "bad", "x = 1")
    points = folder / "bad_dist-1.0.dist-info" / "entry_points.txt"
    points.write_text("[mm_engine.plugins]\nno equals sign\n")
    assert only_failure(load()) == ("bad-dist (bad-dist 1.0): its entry_points.txt is malformed")
    assert load_registry().connector("tardis").name == "tardis"


def test_a_stranger_whose_metadata_cannot_be_read_is_not_our_business(folder: Path) -> None:
    lay_down(folder, "bad-dist", "bad", "x = 1")
    points = folder / "bad_dist-1.0.dist-info" / "entry_points.txt"
    points.write_text("[console_scripts]\nno equals sign\n")
    registry = load()
    assert registry.sink("good").name == "good"
    assert registry.failures == ()


def test_a_distribution_without_a_name_can_have_a_good_plugin(folder: Path) -> None:
    (folder / "good_dist-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\n")
    (row,) = load().listing()
    assert (row.name, row.package, row.version) == ("good", "unknown package", "?")


@pytest.mark.parametrize(
    ("stated", "loads"),
    [
        ((2, 3), True), ((2, 0), True),  # as this one, and older
        ((2, 4), False), ((3, 0), False),  # newer
        ((1, 9), False),  # before the last break
        ((2,), False), (2.3, False),
    ],
)  # fmt: skip
def test_a_plugin_is_for_the_same_major_and_no_newer_minor(
    folder: Path, monkeypatch: pytest.MonkeyPatch, stated: Any, loads: bool
) -> None:
    (folder / "good_dist_module.py").write_text(GOOD.replace("(0, 1)", "(2, 3)"))
    lay_down(folder, "bad-dist", "bad", f"MM_API = {stated!r}")
    monkeypatch.setattr(plugin_check, "API_VERSION", (2, 3))
    registry = load()
    if loads:
        assert registry.failures == ()
    else:
        assert only_failure(registry) == (
            f"bad (bad-dist 1.0): plugin 'bad' is for mm API {stated!r}, this is (2, 3)"
        )


def test_two_distributions_with_one_plugin_name_stop_no_third(folder: Path) -> None:
    lay_down(folder, "dist-a", "same", GOOD.replace("'good'", "'a'"))
    lay_down(folder, "dist-b", "same", GOOD.replace("'good'", "'b'"))
    registry = load()
    assert [row.name for row in registry.listing()] == ["good"]
    reason = "distributions dist-a 1.0 and dist-b 1.0 both call their plugin 'same'; remove one"
    assert [str(f) for f in registry.failures] == [
        f"same (dist-a 1.0): {reason}", f"same (dist-b 1.0): {reason}",
    ]  # fmt: skip


def test_two_parts_of_one_name_in_a_plugin_are_both_refused(folder: Path) -> None:
    twice = "[SinkOffer(name=n, config=NoConfig, build=print) for n in ('own', 'OWN')]"
    lay_down(folder, "bad-dist", "bad", START + f"def mm_sinks(): return {twice}")
    registry = load()
    assert [row.name for row in registry.listing()] == ["good"]
    assert len(registry.failures) == 2


def test_choosing_a_part_of_a_broken_plugin_names_the_cause(folder: Path) -> None:
    lay_down(folder, "bad-dist", "bad", "import nowhere_to_be_found")
    with pytest.raises(PluginError) as caught:
        load().sink("gold")
    assert str(caught.value) == (
        "no sink named 'gold'; did you mean 'good'? on offer: good; not loaded: bad (bad-dist"
        f" 1.0): No module named 'nowhere_to_be_found'; disabled: {', '.join(BUILT_IN)}"
    )
