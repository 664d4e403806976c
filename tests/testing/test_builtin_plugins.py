"""The built-in plugins keep every rule of the kit, with configurations that make them work.

What defaults and guesses do not make usable (files, sizes) is set in GIVEN.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from mm.registry import load_registry
from mm.testing import check_connector
from mm.testing.kit.plugin import PartReport, check_offer, check_plugins, find_plugins
from mm.testing.markets import START_US

SAMPLE = Path(__file__).parents[2] / "example" / "data_sample"
REGISTRY = load_registry()
PARTS = [
    (kind, offer)
    for plugin in find_plugins(REGISTRY, "mm-engine")
    for kind, offer in plugin.offers
    if offer.name != "bitmex"  # it needs somebody to talk to: see the last test
]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Tables of a run file, and the files that they name."""
    folder = tmp_path_factory.mktemp("builtin")
    orders = folder / "orders.csv"
    lines = [
        f"{START_US + second * 1_000_000},buy,2499,1,limit,GTC,{second},new"
        for second in range(2, 60, 3)
    ]
    header = "ts_decided,side,price,size,type,tif,client_id,action"
    orders.write_text("\n".join([header, *lines]) + "\n")
    latencies = folder / "latencies.csv"
    latencies.write_text("req_ts,exch_ts,resp_ts\n1000,5000,9000\n2000,7000,9000\n")
    files = {
        "trades_csv": "trades.csv.gz",
        "derivative_ticker_csv": "",
        "quotes_csv": "quotes.csv.gz",
    }
    return {
        "strategy": {
            "symbol": "XBTUSD",
            "avellaneda": {
                "quote_size": 2, "max_position": 6, "gamma": 0.1, "delta": 0.2, "xi": 20,
                "vol": {"window_len": 30}, "penetration": {"window_len": 30},
            },
            "crossquoter": {"quote_size": 1, "max_position": 4, "hedge_ratio": 1.0},
            "grid": {"half_spread": 1.0, "interval": 1.0, "quote_size": 1, "max_position": 4},
            "momentum": {"lookback": 8, "threshold": 0.0, "quote_size": 3},
            "scripted": {"path": str(orders)},
        },
        "execution": {"table": {"path": str(latencies)}},
        "data": {"tardis_root": str(SAMPLE), **files},
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "offer"), PARTS, ids=[f"{k} {o.name}" for k, o in PARTS])
def test_a_built_in_part_keeps_every_rule(kind: str, offer: Any, given: dict[str, Any]) -> None:
    report = check_offer(kind, offer, REGISTRY, given)
    assert [finding for finding in report.findings if not finding.ok] == []
    assert [finding for finding in report.findings if not finding.checked] == []
    assert not [one for one in _quiet(report) if one.startswith("no ")], "it did nothing"


def _quiet(report: PartReport) -> list[str]:
    return [f.message for f in report.findings if f.rule in ("rows", "orders")]


def test_built_in_plugins_load_and_import_only_the_interface() -> None:
    plugins = [without_offers(p) for p in find_plugins(REGISTRY, "mm-engine")]
    for report in check_plugins(plugins, REGISTRY, {}):
        assert {finding.rule for finding in report.findings} == {"loading", "imports"}
        assert all(finding.ok for finding in report.findings), report


def without_offers(plugin: Any) -> Any:
    """Leave out the parts, which the test above tries."""
    return attrs.evolve(plugin, offers=())


def test_the_live_connector_keeps_every_rule_with_a_look_alike_to_talk_to() -> None:
    command = [
        sys.executable, "-m", "mm", "fake-bitmex", "--port", "0", "--synthetic", "--speed", "20",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as exchange:
        assert exchange.stdout is not None
        url = exchange.stdout.readline().strip()
        offer = REGISTRY.connector("bitmex")
        findings = check_connector(offer, offer.config(bitmex_api=url), symbol="XBTUSD")
        exchange.terminate()
    assert [finding for finding in findings if not finding.ok] == []
    assert {finding.rule for finding in findings if finding.checked} >= {"survey", "stream"}
