"""A strategy in plain Python inside the venue's kernel: its account, its faults, its limits."""

import gc
import re
from pathlib import Path
from typing import Any

import pytest
from tests.short_market import RUN_FILE, cut_sample

import mm
from mm.api import BUY, SELL, PluginError, RowStrategy
from mm.core.venue import AskedLoop
from mm.run import answers


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("answers")
    cut_sample(directory, 20)
    path = directory / "run.toml"
    path.write_text(RUN_FILE.format(data=directory))
    return path


def run(config: Path, strategy: Any, **keys: Any) -> mm.Run:
    overrides = {"strategy.preprocessing": "Touch", **keys}
    return mm.backtest(config, overrides, strategy=strategy, run_dir=None, progress=False)


class Counts(RowStrategy):
    """Joins the touch, and writes down all that it is told of its account."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        money = (account.cash, account.cost, repr(account.average_price))
        working = account.working.tolist()
        self.seen.append((account.up_to, account.position, money, working, account.next_client_id))
        orders.quote(BUY, int(row["bid"]), 100 if account.position[0] < 300 else 0)
        orders.quote(SELL, int(row["ask"]), 100)


@pytest.mark.parametrize("woken", [False, True])
def test_it_is_told_what_it_is_told_in_tasks_of_its_own(config: Path, woken: bool) -> None:
    inside, apart = Counts(), Counts()
    when = {"strategy.when.own_reports": woken}
    first = run(config, inside, **when)
    second = run(config, apart, **{**when, "engine.closed_loop": False})
    assert first.summary["fills"] > 5
    assert len({money[0] for _, _, money, *_ in inside.seen}) > 5
    assert inside.seen == apart.seen
    assert first.digest == second.digest


class Raises(Counts):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        super().on_row(row, account, orders)
        if len(self.seen) == 30:
            raise KeyError("what it looked for")


def test_what_it_raises_is_told_and_what_was_done_before_is_written(config: Path) -> None:
    strategy = Raises()
    with pytest.raises(PluginError) as caught:
        run(config, strategy)
    assert f"raised KeyError at data time {strategy.seen[-1][0]} µs" in str(caught.value)
    assert "test_answers.py:" in str(caught.value)
    assert "position " in str(caught.value)


class Floods(RowStrategy):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        for _ in range(300 if account.next_client_id == 1 else 0):
            orders.limit(BUY, int(row["bid"]) - 50, 1)


class FloodsWithLeave(Floods):
    orders_per_row = 300


def test_more_orders_than_a_row_may_have_are_refused(config: Path) -> None:
    with pytest.raises(PluginError, match=r"it gave 300 orders .* at most 256; set orders_per_row"):
        run(config, Floods)
    assert run(config, FloodsWithLeave).summary["orders"] == 300


class Stray(RowStrategy):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        orders.limit(BUY, 1 << 62, 1)


def test_an_order_out_of_bounds_is_told_as_elsewhere(config: Path) -> None:
    with pytest.raises(PluginError, match="'client_id', 'price' and 'size' must lie within"):
        run(config, Stray)


class Dawdles(Counts):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        super().on_row(row, account, orders)
        sum(range(20_000))


def test_where_the_time_went_is_told_if_it_was_long(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_LONG_S", 0.0)
    (note,) = [one for one in run(config, Dawdles).summary["notes"] if "compiled=True" in one]
    assert re.match(r"the strategy took [5-9]\d% of the engine's time, \d+ µs a decision", note)
    monkeypatch.undo()
    assert "compiled=True" not in str(run(config, Counts).summary["notes"])


def test_nothing_of_a_run_is_kept_once_it_is_over(config: Path) -> None:
    """The kernel is given an address; what stands there must live as long, and no longer."""

    def loops() -> int:
        gc.collect()
        return sum(type(one) is AskedLoop for one in gc.get_objects())

    run(config, Counts)
    before = loops()
    run(config, Counts)
    assert loops() == before
