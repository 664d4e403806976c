"""Joiner: what it decides, row by row, mm's rules for strategies, and a whole run through mm.

The instrument has a tick of 0.5 and a lot of 10 contracts; the strategy quotes 2 lots and holds at
most 5.
"""

import math
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from mm.api import (
    BUY,
    CANCEL,
    NEW,
    REPLACE,
    SELL,
    TOUCH_FIELDS,
    WORKING,
    Account,
    ConfigError,
    Context,
    Decisions,
    Instrument,
    Rows,
)
from mm.testing import run_config
from mm.testing.contracts import StrategyContract

from mm_example_strategy import JoinerConfig, mm_strategies
from mm_example_strategy.strategy import Joiner


class TestRules(StrategyContract):
    """The kit's rules: the same whatever the batches, no look ahead, no clock, and so on."""

    offer = mm_strategies()[0]
    config = JoinerConfig(quote_size=2.0, max_position=5.0, edge=0.3)


MARKET = Instrument(symbol="TEST", tick_size=Decimal("0.5"), lot_size=Decimal(10))


def joiner(edge: float = 0.0, quote_size: float = 20.0) -> Joiner:
    config = JoinerConfig(quote_size=quote_size, max_position=50.0, edge=edge)
    return Joiner(config, Context(instruments=(MARKET,), seed=0))


def decide(rows: Rows, *orders: Any, position: int = 0, edge: float = 0.0) -> Decisions:
    """Decide with this position and these open orders."""
    account = Account(
        up_to=1,
        position=(position,),
        average_price=(math.nan,),
        cost=(0.0,),
        cash=0.0,
        working=np.array(list(orders), WORKING),
        next_client_id=7,
    )
    return joiner(edge).decide(rows, account)


def touch(bid: int = 200, bid_size: int = 5, ask: int = 201, ask_size: int = 5) -> Rows:
    return np.array([(1, bid, bid_size, ask, ask_size, 0)], np.dtype(TOUCH_FIELDS, align=True))


def working(client_id: int, side: int, price: int, filled: int = 0, cancelling: int = 0) -> Any:
    return (client_id, price, 2, filled, 0, side, cancelling)


def sent(decisions: Decisions) -> list[tuple[int, ...]]:
    names = ("action", "client_id", "price", "size")
    return [tuple(int(order[name]) for name in names) for order in decisions.orders]


def test_it_joins_the_touch_on_both_sides() -> None:
    decisions = decide(touch())
    assert sent(decisions) == [(NEW, 7, 200, 2), (NEW, 8, 201, 2)]
    assert decisions.orders["side"].tolist() == [BUY, SELL]
    assert decisions.orders["post_only"].tolist() == [1, 1]


def test_it_steps_back_from_the_side_that_the_book_leans_against() -> None:
    # The fair price is a tenth of a tick above the bid; an edge of 0.15 is three tenths.
    decisions = decide(touch(bid_size=1, ask_size=9), edge=0.15)
    assert [order[2] for order in sent(decisions)] == [199, 201]


def test_an_order_at_its_price_is_left_alone_even_when_partly_filled() -> None:
    ours = (working(1, BUY, 200, filled=1), working(2, SELL, 201))
    assert sent(decide(touch(), *ours, position=1)) == []


def test_an_order_follows_the_touch_and_what_is_filled_counts_in_its_size() -> None:
    ours = (working(1, BUY, 199, filled=1), working(2, SELL, 201))
    assert sent(decide(touch(), *ours, position=1)) == [(REPLACE, 1, 200, 3)]


def test_nothing_is_sent_on_a_side_until_its_cancelled_order_is_gone() -> None:
    ours = (working(1, BUY, 190, cancelling=1), working(2, SELL, 201))
    assert sent(decide(touch(), *ours)) == []


def test_near_its_limit_it_quotes_what_is_left() -> None:
    assert sent(decide(touch(), position=4))[0] == (NEW, 7, 200, 1)


def test_at_its_limit_it_withdraws_the_side_that_would_go_beyond() -> None:
    ours = (working(1, BUY, 200), working(2, SELL, 201))
    assert sent(decide(touch(), *ours, position=-5))[0][:2] == (CANCEL, 2)


def test_without_one_side_of_the_touch_it_withdraws_both_quotes() -> None:
    ours = (working(1, BUY, 200), working(2, SELL, 201))
    assert [order[0] for order in sent(decide(touch(ask_size=0), *ours))] == [CANCEL, CANCEL]


def test_a_crossed_touch_is_not_crossed_by_us() -> None:
    decisions = decide(touch(bid=203, ask=201))
    assert [order[2] for order in sent(decisions)] == [200, 204]


def test_no_price_is_quoted_at_or_below_zero() -> None:
    assert [order[2] for order in sent(decide(touch(bid=3, ask=4), edge=5.0))] == [14]


def test_a_size_that_is_not_whole_lots_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"quote_size is 25 contracts, which is not a whole"):
        joiner(quote_size=25.0)


RUN = """
[strategy]
kind = "Joiner"
preprocessing = "NoDataTransform"
symbol = "TEST"
[strategy.joiner]
quote_size = 20
max_position = 50
[data]
tardis_root = "{0}"
trades_csv = "trades.csv"
quotes_csv = "quotes.csv"
[instrument]
tick_size = 0.5
lot_size = 10
"""
QUOTES = """\
exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount
test,TEST,1722470401000000,1722470401000100,50,100.5,100,50
test,TEST,1722470403000000,1722470403000100,50,100.5,100,50
test,TEST,1722470405000000,1722470405000100,50,100.5,100,50
"""
TRADES = """\
exchange,symbol,timestamp,local_timestamp,id,side,price,amount
test,TEST,1722470402000000,1722470402000100,1,sell,99.5,100
test,TEST,1722470404000000,1722470404000100,2,buy,101,100
"""


def test_a_run_buys_at_the_bid_and_sells_at_the_ask(tmp_path: Path) -> None:
    (tmp_path / "quotes.csv").write_text(QUOTES)
    (tmp_path / "trades.csv").write_text(TRADES)
    (tmp_path / "run.toml").write_text(RUN.format(tmp_path))
    result = trio.run(partial(run_config, tmp_path / "run.toml", output=tmp_path))
    assert result.error is None
    assert result.summary["fills"] == 2
    assert result.summary["position"] == 0
    # 20 contracts, half a unit of price each
    assert result.summary["realized_pnl"] == pytest.approx(10.0)
