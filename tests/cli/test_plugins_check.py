"""``mm plugins check``: a stranger's plugin, its faults in a table and in JSON, and exit codes."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.distributions import lay_down

from mm.cli import main

Install = Callable[[str], None]

GOOD = """
    import attrs
    from mm.api import StrategyOffer, hookimpl, option
    from mm.testing.kit.stand_ins import Joiner

    MM_API = (0, 1)

    @attrs.frozen
    class Config:
        size: float = option(help="Size of a quote.", unit="contracts", gt=0)

    def build(config, context):
        context.instruments[0].whole_lots(config.size, "strategy.stranger.size")
        return Joiner()

    @hookimpl
    def mm_strategies():
        return [StrategyOffer(name="Stranger", config=Config, build=build)]
"""
DATED = GOOD.replace("return Joiner()", "return Dated()").replace(
    "    @hookimpl",
    """
    class Dated(Joiner):
        def observe(self, rows):
            import time
            time.time()
            return rows

    @hookimpl""",
)


@pytest.fixture
def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Install:
    """Lay down a distribution with one plugin, as an installer would."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(source: str) -> None:
        lay_down(tmp_path, "stranger-dist", "stranger", source, "2.5", module="stranger_module")
        request.addfinalizer(lambda: sys.modules.pop("stranger_module", None))

    return write


def check(*words: str) -> int:
    return main(["plugins", "check", *words, "--quiet"])


def test_a_broken_rule_is_shown_with_what_to_change(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(DATED)
    assert check("stranger") == 5
    out = capsys.readouterr().out
    assert "stranger (stranger-dist 2.5)\n" in out
    assert "  strategy Stranger [guessed size = 1.0]\n" in out
    assert "FAILED  imports          stranger_module.py:4 imports mm.testing.kit.stand_ins" in out
    assert "to change: import from mm.api only" in out
    assert "ok      causality        decisions do not know their future" in out
    assert "FAILED  purity           observe() reads the clock: time.time at" in out
    assert re.search(r"time\.time at \S*stranger_module\.py:\d+", out)
    assert out.splitlines()[-1].endswith("2 broken")


def test_json_has_every_finding_with_what_it_was_tried_with(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(GOOD.replace("from mm.testing.kit.stand_ins import Joiner", "").replace(
        "return Joiner()", "from mm.testing.kit import stand_ins; return stand_ins.Joiner()"
    ))  # fmt: skip
    assert check("stranger-dist", "--json", "--set", "strategy.stranger.size=3") == 5
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    (plugin,) = report["plugins"]
    assert (plugin["plugin"], plugin["package"], plugin["version"]) == (
        "stranger", "stranger-dist", "2.5",
    )  # fmt: skip
    whole, part = plugin["parts"]
    assert [(f["rule"], f["ok"]) for f in whole["findings"]] == [
        ("loading", True), ("imports", False),
    ]  # fmt: skip
    assert (part["kind"], part["name"], part["tried_with"]) == ("strategy", "Stranger", "")
    assert all(finding["ok"] and finding["checked"] for finding in part["findings"])
    assert set(part["findings"][0]) == {"rule", "ok", "message", "change", "checked"}


def test_a_configuration_that_is_refused_leaves_the_rules_unchecked(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(GOOD)
    assert check("stranger", "--set", "strategy.stranger.size=0.5") == 5  # for its imports
    out = capsys.readouterr().out
    assert "--      building         not checked: it refuses its configuration:" in out
    assert "strategy.stranger.size is 0.5 contracts" in out
    assert "--      14 other rules wait for that" in out


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["strangr"], 5, "no plugin or package named 'strangr'; did you mean 'stranger'?"),
        (["stranger", "--set", "strategy.strangr.size=1"], 3, "no installed part reads it"),
        (["stranger", "--set", "strategy.stranger.size=-1"], 3, "size: must be > 0 contracts"),
        (["stranger", "--set", "strategy.stranger.sise=1"], 3, "unknown key"),
    ],
)
def test_what_cannot_be_checked_is_explained(
    install: Install, capsys: pytest.CaptureFixture[str], words: list[str], code: int, text: str
) -> None:
    install(GOOD)
    assert check(*words) == code
    assert text in capsys.readouterr().err


def test_a_plugin_that_does_not_load_fails_with_its_reason(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("import nowhere_to_be_found")
    assert check("stranger") == 5
    assert "FAILED  loading          No module named 'nowhere" in capsys.readouterr().out


def test_the_list_of_plugins_is_still_the_verb_without_more(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(GOOD)
    assert main(["plugins"]) == 0
    assert "Stranger" in capsys.readouterr().out


def test_progress_goes_to_stderr(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    install("import nowhere_to_be_found")
    assert main(["plugins", "check", "stranger", "--json"]) == 5
    captured = capsys.readouterr()
    assert "checking plugin stranger" in captured.err
    assert json.loads(captured.out)["ok"] is False
