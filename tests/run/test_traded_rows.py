"""``strategy.trades`` in a run: what rows show, the same in every form, and what is refused."""

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest
from tests.short_market import RUN_FILE, cut_sample

import mm
from mm.api import BUY, SELL, ConfigError, RowStrategy

WHEN = {
    "strategy.when.quotes": True, "strategy.when.own_reports": True, "strategy.trades": True,
    "strategy.preprocessing": "Touch",
}  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("traded")
    cut_sample(directory, 20)
    path = directory / "run.toml"
    path.write_text(RUN_FILE.format(data=directory))
    return path


class Follows(RowStrategy):
    """Leans to where takers went, and adds up what it was shown."""

    requires = frozenset({"bought", "prints"})

    def __init__(self) -> None:
        self.bought = self.sold = self.prints = 0

    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        self.bought += row["bought"]
        self.sold += row["sold"]
        self.prints += row["prints"]
        if row["prints"] > 0:
            assert row["print_low"] <= row["print_high"]
        lean = 1 if self.bought > self.sold else 0
        orders.quote(BUY, row["bid"] - 1 + lean, 100)
        orders.quote(SELL, row["ask"] + lean, 100)


class Compiled(RowStrategy, compiled=True):
    """The same, compiled."""

    requires = frozenset({"bought", "prints"})

    def __init__(self) -> None:
        self.bought = self.sold = self.prints = 0

    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        self.bought += row["bought"]
        self.sold += row["sold"]
        self.prints += row["prints"]
        lean = 1 if self.bought > self.sold else 0
        orders.quote(BUY, row["bid"] - 1 + lean, 100)
        orders.quote(SELL, row["ask"] + lean, 100)


def play(config: Path, strategy: Any, **more: Any) -> mm.Run:
    keys = {**WHEN, **{key.replace("__", "."): value for key, value in more.items()}}
    return mm.backtest(config, keys, strategy=strategy, run_dir=None, progress=False)


def test_each_trade_is_shown_once_though_reports_wake_it(config: Path) -> None:
    strategy = Follows()
    run = play(config, strategy)
    assert run.summary["fills"] > 0  # so it was woken
    with gzip.open(config.parent / "trades.csv.gz", "rt", newline="") as file:
        trades = list(csv.DictReader(file))
    with gzip.open(config.parent / "quotes.csv.gz", "rt", newline="") as file:
        last = max(int(row["local_timestamp"]) for row in csv.DictReader(file))
    seen = [row for row in trades if int(row["local_timestamp"]) <= last]
    assert strategy.prints == len(seen) > 10
    for side, lots in (("buy", strategy.bought), ("sell", strategy.sold)):
        amount = sum(int(row["amount"]) for row in seen if row["side"] == side)
        assert lots * 100 == amount  # contracts in a lot of the sample


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"engine__closed_loop": False},
        {"engine__closed_loop": False, "engine__channel_capacity": 0, "data__max_batch_rows": 1000},
        {"data__max_batch_rows": 1},
    ],
    ids=["closed", "apart", "handed over", "every message"],
)
def test_every_form_and_cut_decides_the_same(config: Path, more: dict[str, Any]) -> None:
    expected = play(config, Follows).summary["digest"]
    assert play(config, Compiled, **more).summary["digest"] == expected
    assert play(config, Follows, **more).summary["digest"] == expected


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"data__trades_csv": ""}, "strategy.trades is true, expected false"),
        ({"strategy__trades": False}, "needs bought, prints; set strategy.trades to true"),
    ],
)
def test_what_cannot_be_shown_is_refused(config: Path, keys: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        play(config, Follows, **keys)
