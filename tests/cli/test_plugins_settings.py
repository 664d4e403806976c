"""Plugins in a run: left out or asked for, in the schema, and out of the way of events."""

import importlib.metadata
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy
import pytest
from tests.cli.test_plugins_show import SHOWY, Capture, Showy, showy

from mm.cli import main
from mm.run.network import run_network

__all__ = ["showy"]  # a fixture

DISABLE = "plugins.disable=[{!r}]"
REQUIRE = "plugins.require=[{!r}]"


def test_a_plugin_that_a_run_file_disables_is_not_even_imported(
    showy: Showy, backtest: Any
) -> None:
    showy("raise RuntimeError('imported')")
    done = backtest("--quiet", "--set", DISABLE.format("thirdparty"))
    assert done.code == 0
    assert "thirdparty" not in sys.modules
    (run,) = backtest.runs()
    assert {row["package"] for row in run.manifest["plugins"]} == {"mm-engine"}


def test_a_part_of_a_disabled_plugin_cannot_be_chosen(showy: Showy, backtest: Any) -> None:
    showy(SHOWY)
    done = backtest("--set", DISABLE.format("thirdparty"), "--set", "strategy.kind=Showy")
    assert done.code == 5
    assert done.faults[0].startswith("mm: --set strategy.kind: no strategy named 'Showy'; ")
    assert done.faults[0].endswith("; disabled: thirdparty")


@pytest.mark.parametrize(
    ("source", "name", "reason"),
    [
        ("import nowhere_to_be_found", "thirdparty", "No module named 'nowhere_to_be_found'"),
        ("", "thirdparty", "plugin 'thirdparty' does not say MM_API"),
        (SHOWY, "thirdpartly", "no plugin named 'thirdpartly'; did you mean 'thirdparty'?"),
    ],
)
def test_a_run_without_a_plugin_that_it_requires_is_refused(
    showy: Showy, backtest: Any, source: str, name: str, reason: str
) -> None:
    showy(source)
    done = backtest("--set", REQUIRE.format(name))
    assert done.code == 5
    (fault,) = done.faults
    assert fault.startswith("mm: --set plugins.require")
    assert reason in fault
    assert not backtest.output.exists()


def test_a_broken_plugin_that_nobody_asked_for_stops_no_run(showy: Showy, backtest: Any) -> None:
    showy("import nowhere_to_be_found")
    assert backtest("--quiet").code == 0


def test_the_schema_describes_the_options_of_installed_plugins(
    showy: Showy, capsys: Capture
) -> None:
    showy(SHOWY)
    assert main(["config", "schema"]) == 0
    tables = json.loads(capsys.readouterr().out)["properties"]
    inner = tables["strategy"]["properties"]["showy"]["properties"]["inner"]
    assert inner["properties"]["depth"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 9,
        "description": "How deep. [ticks]",
        "default": 3,
    }
    assert main(["config", "schema", "--markdown"]) == 0
    row = "| `strategy.showy.size` | number, > 0.0 | required | contracts | How much. |"
    assert row in capsys.readouterr().out.splitlines()


def test_a_wrong_option_of_a_plugin_is_found_with_its_line(
    showy: Showy, tmp_path: Path, capsys: Capture
) -> None:
    showy(SHOWY)
    run_file = tmp_path / "run.toml"
    run_file.write_text("[strategy]\nsymbol = 'X'\n[strategy.showy]\nsize = -1.0\nsise = 2\n")
    assert main(["config", "check", str(run_file)]) == 3
    faults = capsys.readouterr().err
    assert f"{run_file}:4: strategy.showy.size: must be > 0.0 contracts, was -1.0" in faults
    assert f"{run_file}:5: strategy.showy.sise: unknown key, did you mean 'size'?" in faults


def test_entry_points_are_scanned_once_and_no_hook_is_called_while_events_flow(
    backtest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans: list[str] = []
    hooks: list[str] = []
    before_events: list[tuple[int, int]] = []
    scan, network = importlib.metadata.entry_points, run_network
    hook: Callable[..., Any] = pluggy.HookCaller.__call__

    def counting_scan(**given: Any) -> Any:
        scans.append(given["group"])
        return scan(**given)

    def counting_hook(self: pluggy.HookCaller, **given: Any) -> Any:
        hooks.append(self.name)
        return hook(self, **given)

    async def noting_network(*given: Any) -> None:
        before_events.append((len(scans), len(hooks)))
        await network(*given)

    monkeypatch.setattr("mm.discovery.entry_points", counting_scan)
    monkeypatch.setattr(pluggy.HookCaller, "__call__", counting_hook)
    monkeypatch.setattr("mm.run.session.run_network", noting_network)
    assert backtest("--quiet").code == 0
    assert scans == ["mm_engine.plugins"]
    assert len(hooks) > 0
    assert before_events == [(len(scans), len(hooks))]
