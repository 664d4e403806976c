"""The metrics of a run: from the right columns, and equal to the ledger's sums."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.results.test_unfinished import as_killed

import mm
from mm.api import Account, OrderPad, RowStrategy
from mm.results import open_run


def test_profit_is_the_ledgers_to_the_last_digit(run: mm.Run) -> None:
    profit = run.metrics["profit"]
    assert profit["equity"] == run.summary["equity"]
    parts = ("spread_capture", "inventory_pnl", "funding", "fees")
    assert sum(profit[part] for part in parts) == pytest.approx(profit["equity"], abs=1e-15)


def test_drawdown_and_equity_at_the_end_are_the_ledgers(run: mm.Run) -> None:
    """Between its rows the ledger moves at each decision; so does the grid, if it is fine."""
    found = run.measure("200ms")["profit"]
    assert found["drawdown"] <= run.summary["max_drawdown"] + 1e-15
    assert found["drawdown"] == pytest.approx(run.summary["max_drawdown"], rel=0.2)
    assert run.equity("200ms")["equity"][-1] == pytest.approx(run.summary["equity"], abs=1e-15)


def test_of_several_instruments_the_position_is_the_firsts(run: mm.Run, tmp_path: Path) -> None:
    assert run.path is not None
    folder = shutil.copytree(run.path, tmp_path / "two")
    head, *rows = (folder / "positions.csv").read_text().splitlines()
    at, symbol = (head.split(",").index(name) for name in ("position", "symbol"))

    def other(row: str) -> str:
        cells = row.split(",")
        cells[at], cells[symbol] = "999.0", "OTHER"
        return ",".join(cells)

    both = (line for row in rows for line in (row, other(row)))
    (folder / "positions.csv").write_text("\n".join([head, *both]) + "\n")
    expected = run.equity("200ms")["position"].tolist()
    assert mm.open_run(folder).equity("200ms")["position"].tolist() == expected
    found = open_run(as_killed(mm.open_run(folder), tmp_path / "killed"))
    assert (found.summary["symbol"], found.summary["position"]) == (
        run.summary["symbol"], run.summary["position"],
    )  # fmt: skip


def test_markouts_are_by_side_and_by_rule_and_add_up(run: mm.Run) -> None:
    found = run.metrics["markouts"]
    rules = set(run.trades["rule"].tolist())
    assert set(found) == {"all", "buy", "sell"} | rules
    for horizon, whole in found["all"].items():
        assert whole["count"] == found["buy"][horizon]["count"] + found["sell"][horizon]["count"]
        assert whole["count"] == sum(found[rule][horizon]["count"] for rule in rules)


def test_markouts_against_plain_python(run: mm.Run) -> None:
    quotes = sorted(zip(run.quotes["ts_decided"].astype(int), run.quotes["mid"], strict=True))
    total = weight = 0.0
    for ts, side, price, size in zip(
        run.trades["ts_venue"].astype(int), run.trades["side"], run.trades["price"],
        run.trades["size"], strict=True,
    ):  # fmt: skip
        at = ts + 5_000_000
        if at <= quotes[-1][0]:
            mid = [value for when, value in quotes if when <= at and not math.isnan(value)][-1]
            total += size * (mid - price) * (1 if side == "buy" else -1)
            weight += size
    assert weight > 0
    assert run.metrics["markouts"]["all"]["5"]["value"] == pytest.approx(total / weight)


def test_orders_and_quotes_are_counted(run: mm.Run) -> None:
    metrics = run.metrics
    events = run.order_events["event"].tolist()
    assert metrics["orders"]["orders"] == events.count("accepted")
    assert metrics["orders"]["filled_orders"] == len(set(run.trades["order_id"].tolist()))
    assert 0 < metrics["quoting"]["both"] <= metrics["quoting"]["bid"] <= 1
    assert metrics["quoting"]["neither"] == pytest.approx(
        1 + metrics["quoting"]["both"] - metrics["quoting"]["bid"] - metrics["quoting"]["ask"]
    )
    assert metrics["inventory"]["largest"] <= run.summary["max_position"]


def test_a_run_without_fills_has_figures_that_are_not_known(run_file: Path) -> None:
    class Silent(RowStrategy):
        def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
            pass

    run = mm.backtest(run_file, strategy=Silent, run_dir=None)
    assert run.summary["fills"] == 0
    metrics = run.metrics
    assert metrics["profit"]["equity"] == metrics["profit"]["drawdown"] == 0.0
    assert math.isnan(metrics["ratios"]["sharpe"])
    assert metrics["markouts"]["all"]["1"]["count"] == 0
    assert metrics["quoting"]["neither"] == 1.0


def test_an_inverse_contract_is_valued_as_the_ledger_does(run: mm.Run) -> None:
    """At each row of ``positions`` that a grid of its own times meets."""
    assert run.config["position"]["contract_type"] == "Inverse"
    table = run.equity("1ms")
    at = dict(zip(table["ts_known"].astype(int).tolist(), table["equity"].tolist(), strict=True))
    known = run.positions
    met = 0
    for ts, equity in zip(known["ts_known"].astype(int).tolist(), known["equity"], strict=True):
        if ts in at and not np.isnan(equity):
            met += 1
            assert at[ts] == equity
    assert met > 0
