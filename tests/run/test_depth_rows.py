"""``strategy.depth`` in a run: what rows show, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.short_market import RUN_FILE, cut_sample

import mm
from mm.api import TOUCH_FIELDS, ConfigError, RowStrategy
from mm.run.market_columns import ShowingTransformer


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("depth")
    cut_sample(directory, 5)
    path = directory / "run.toml"
    path.write_text(RUN_FILE.format(data=directory))
    return path


class Looks(RowStrategy):
    """Looks at what it is shown."""

    requires = frozenset({"bids", "ask_sizes"})

    def __init__(self) -> None:
        self.rows = self.at_touch = 0

    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        bids, asks = row["bids"], row["asks"]
        assert bids.shape == (4,)
        assert (np.diff(bids[bids > 0]) < 0).all()
        assert (np.diff(asks[asks > 0]) > 0).all()
        assert ((row["bid_sizes"] > 0) == (bids > 0)).all()
        assert 0 < bids[0] < asks[0]
        self.rows += 1
        self.at_touch += bids[0] == row["bid"] and asks[0] == row["ask"]


WHEN = {"strategy.when.quotes": True, "strategy.preprocessing": "Touch"}


def test_every_row_shows_the_levels_in_order_and_mostly_the_touch_first(config: Path) -> None:
    strategy = Looks()
    run = mm.backtest(
        config, {**WHEN, "strategy.depth": 4}, strategy=strategy, run_dir=None, progress=False
    )
    assert strategy.rows == run.summary["decisions"] > 10
    assert strategy.at_touch > 0.9 * strategy.rows


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"strategy.depth": 4, "data.book_csv": ""}, "the data have no book"),
        ({"strategy.depth": 0}, "needs ask_sizes, bids; set strategy.depth"),
    ],
)
def test_what_cannot_be_shown_is_refused(config: Path, keys: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        mm.backtest(config, {**WHEN, **keys}, strategy=Looks, run_dir=None, progress=False)


def test_a_transformer_with_columns_of_such_a_name_is_refused() -> None:
    class Has:
        dtype = np.dtype([*TOUCH_FIELDS, ("asks", "f8")])

    with pytest.raises(ConfigError, match=r"adds the column asks, which the transformer X has"):
        ShowingTransformer.of_depth(Has(), "X", 2, 1)  # type: ignore[arg-type]
