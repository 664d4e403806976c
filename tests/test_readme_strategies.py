"""The two strategies of the handbook run as they stand there, and keep the kit's rules."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.distributions import lay_down

from mm.cli import main
from mm.testing import check_strategy, guess_config

REPOSITORY = Path(__file__).parents[1]
BLOCKS: list[str] = [
    block
    for block in re.findall(
        r"^```python\n(.*?)^```$",
        "".join((REPOSITORY / p / "README.md").read_text("utf-8") for p in (".", "plugins")),
        re.M | re.S,
    )
    if "def mm_strategies" in block
]


def source_of(name: str) -> str:
    (block,) = (block for block in BLOCKS if f'name="{name}"' in block)
    return block


@pytest.mark.parametrize(("name", "most"), [("Join", 10), ("Lean", 20)])
def test_the_class_is_as_short_as_it_says(name: str, most: int) -> None:
    (body,) = re.findall(rf"^class {name}\b.*?(?=^@hookimpl)", source_of(name), re.M | re.S)
    assert len([line for line in body.splitlines() if line.strip()]) <= most


@pytest.mark.parametrize("name", ["Join", "Lean"])
def test_it_trades_on_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, f"readme_{name.lower()}", raising=False)
    lay_down(tmp_path, "readme", name.lower(), source_of(name), module=f"readme_{name.lower()}")
    run = ["backtest", "--config", "example/backtest.toml", "--json", "--output", str(tmp_path)]
    settings = [f"strategy.kind={name}", "strategy.preprocessing=NoDataTransform"]
    assert main([*run, *(word for text in settings for word in ("--set", text))]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["status"] == "complete"
    assert summary["fills"] > 20


@pytest.mark.parametrize("name", ["Join", "Lean"])
def test_it_keeps_the_rules_for_strategies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / f"kept_{name.lower()}.py").write_text(source_of(name), encoding="utf-8")
    module: Any = __import__(f"kept_{name.lower()}")
    (offer,) = module.mm_strategies()
    findings = check_strategy(offer, guess_config(offer.config).config)
    # "fresh processes" cannot import what only this process has on its path.
    assert [one for one in findings if not one.ok] == []
