"""``mm plugins show`` and ``list``: what a user has to know to use a part, and what went wrong."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from mm.cli import main

SHOWY = """
    import attrs
    from mm.api import SinkOffer, StrategyOffer, hookimpl, option

    MM_API = (0, 1)

    @attrs.frozen
    class Inner:
        depth: int = option(3, help="How deep.", unit="ticks", ge=1, le=9)

    @attrs.frozen
    class ShowyConfig:
        size: float = option(help="How much.", unit="contracts", gt=0.0)
        inner: Inner = option(factory=Inner, help="What is within.")

    @hookimpl
    def mm_strategies():
        return [StrategyOffer(name="Showy", config=ShowyConfig, build=print, help="Shows.")]

    @hookimpl
    def mm_sinks():
        return [SinkOffer(name="showy", config=Inner, build=print)]
"""


@pytest.fixture
def showy(install: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def lay_down(source: str) -> None:
        monkeypatch.syspath_prepend(install(dedent(source)))
        monkeypatch.delitem(sys.modules, "thirdparty", raising=False)

    return lay_down


Showy = Callable[[str], None]
Capture = pytest.CaptureFixture[str]


def test_a_part_is_shown_with_its_options_and_its_origin(showy: Showy, capsys: Capture) -> None:
    showy(SHOWY)
    assert main(["plugins", "show", "Showy"]) == 0
    assert capsys.readouterr().out == dedent(
        """\
        strategy Showy
          Shows.
          from       thirdparty 1.0, plugin thirdparty, module thirdparty
          chosen by  strategy.kind = "Showy"
          [strategy.showy]
            size         required  contracts  number, > 0.0
                How much.
            inner.depth  3         ticks      integer, ≥ 1, ≤ 9
                How deep.
        """
    )


def test_as_json_it_has_the_bounds_apart(showy: Showy, capsys: Capture) -> None:
    showy(SHOWY)
    assert main(["plugins", "show", "Showy", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["module"] == "thirdparty"
    assert found["options"][1] == {
        "key": "inner.depth",
        "type": "integer, ≥ 1, ≤ 9",
        "bounds": {"ge": 1, "le": 9},
        "required": False,
        "default": 3,
        "unit": "ticks",
        "help": "How deep.",
    }


def test_a_plugins_name_stands_for_all_its_parts(showy: Showy, capsys: Capture) -> None:
    showy(SHOWY)
    assert main(["plugins", "show", "thirdparty"]) == 0
    shown = capsys.readouterr().out
    assert "\nstrategy Showy\n" in f"\n{shown}"
    assert "\nsink showy\n" in f"\n{shown}"
    assert 'output.sinks = ["showy"]' in shown


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("tardis", 'data.connector = "tardis"'),
        ("NoDataTransform", 'strategy.preprocessing = "NoDataTransform"'),
        ("micro_price", 'strategy.signals = ["micro_price"]'),
        ("fifo", 'execution.fill_model = "fifo"'),
        ("constant", 'execution.latency_model = "constant"'),
        ("share", 'execution.fee_model = "share"'),
        ("glft", "mm quotes --model glft"),
        ("csv", 'output.sinks = ["csv"]'),
    ],
)
def test_every_kind_of_part_says_how_it_is_chosen(name: str, how: str, capsys: Capture) -> None:
    assert main(["plugins", "show", name]) == 0
    assert f"  chosen by  {how}\n" in capsys.readouterr().out


def test_a_name_that_nobody_has_is_explained(showy: Showy, capsys: Capture) -> None:
    showy(SHOWY)
    assert main(["plugins", "show", "Shoowy"]) == 5
    error = capsys.readouterr().err
    assert error.startswith("mm: no part or plugin named 'Shoowy'; did you mean 'showy'?")
    assert error.count("\n") == 1


def test_a_plugin_that_is_broken_says_why_instead(showy: Showy, capsys: Capture) -> None:
    showy("import nowhere_to_be_found")
    assert main(["plugins", "show", "thirdparty"]) == 5
    assert capsys.readouterr().err == (
        "mm: cannot use plugin thirdparty (thirdparty 1.0): No module named 'nowhere_to_be_found'\n"
    )


def test_the_list_tells_of_failures_in_a_line_each(showy: Showy, capsys: Capture) -> None:
    showy("raise ValueError('first\\nsecond')")
    assert main(["plugins", "list"]) == 0
    text = capsys.readouterr().out
    assert "not loaded: thirdparty (thirdparty 1.0): first second" in text.splitlines()
    assert main(["plugins"]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize("before", [True, False])
def test_json_may_stand_before_or_after_the_verb(before: bool, capsys: Capture) -> None:
    words = ["plugins", "--json", "list"] if before else ["plugins", "list", "--json"]
    assert main(words) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"parts", "failures", "disabled"}
