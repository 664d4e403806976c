"""CrossQuoter: quotes around the other market's mid, worked by hand, and its hedge."""

import csv
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mm.api import (
    BUY,
    CANCEL,
    MARKET,
    NEW,
    SELL,
    WORKING,
    Account,
    ConfigError,
    Context,
    Instrument,
    Rows,
)
from mm.testing import run_config
from mm_cross import CrossConfig
from mm_cross.strategy import CrossQuoter
from mm_touch.transformer import ROW

ROOT = Path(__file__).parents[2]
S = 1_000_000
QUOTED = Instrument(symbol="A", tick_size=Decimal("0.5"), lot_size=Decimal(10))
OTHER = Instrument(symbol="B", tick_size=Decimal("0.1"), lot_size=Decimal(2))


def cross(count: int = 2, **options: Any) -> CrossQuoter:
    config = CrossConfig(
        **{
            "quote_size": 10, "max_position": 20, "half_spread": 0.001, "skew": 0.002,
            "basis_half_life_s": 1.0, **options,
        }
    )  # fmt: skip
    return CrossQuoter(config, Context(instruments=(QUOTED, OTHER)[:count], seed=0))


def row(ts: int, instrument: int, mid: float) -> Rows:
    made = np.zeros(1, ROW)
    made["ts"], made["instrument"], made["mid"] = ts, instrument, mid
    tick = (0.5, 0.1)[instrument]
    if not math.isnan(mid):
        made["bid"], made["ask"] = round(mid / tick) - 1, round(mid / tick) + 1
        made["bid_size"] = made["ask_size"] = 5
    return made


def account(position: tuple[int, int] = (0, 0), working: Rows | None = None) -> Account:
    return Account(
        up_to=0, position=position, average_price=(math.nan,) * 2, cost=(0.0,) * 2, cash=0.0,
        working=np.zeros(0, WORKING) if working is None else working, next_client_id=1,
    )  # fmt: skip


def orders(
    strategy: CrossQuoter, one: Rows, position: tuple[int, int] = (0, 0), working: Any = None
) -> list[dict[str, int]]:
    found = strategy.decide(one, account(position, working)).orders
    return [{name: int(order[name]) for name in found.dtype.names or ()} for order in found]


def sides(found: list[dict[str, int]]) -> dict[int, tuple[int, int]]:
    return {order["side"]: (order["price"], order["size"]) for order in found}


def test_five_rows_worked_by_hand() -> None:
    """Half a spread is 0.001 of our mid. The usual difference is 2 after the first of our rows;
    one half-life later it is half-way from 2 to the 4 of then.
    """
    strategy = cross()
    assert orders(strategy, row(0, 0, 1000.0)) == [], "nothing is known of the other market"
    assert orders(strategy, row(1, 1, 998.0)) == [], "there is no hedge"
    # fair = 998 + 2 = 1000; 999 and 1001 are 1998 and 2002 ticks
    assert sides(orders(strategy, row(S, 0, 1000.0))) == {BUY: (1998, 1), SELL: (2002, 1)}
    assert orders(strategy, row(2 * S - 1, 1, 1010.0)) == []
    # difference 4, average 2 + (4 - 2) / 2 = 3; fair = 1013; less 0.001 of 1014 for one lot of two
    # held: 1011.986; less and with 1.014: 1010.972 and 1013.0, rounded away: 1010.5 and 1013.0
    found = orders(strategy, row(2 * S, 0, 1014.0), (1, 0))
    assert sides(found) == {BUY: (2021, 1), SELL: (2026, 1)}


def test_at_the_largest_position_only_the_other_side_is_quoted() -> None:
    for position, side in ((2, SELL), (-2, BUY)):
        strategy = cross()
        orders(strategy, row(1, 1, 998.0))
        assert list(sides(orders(strategy, row(2, 0, 1000.0), (position, 0)))) == [side]


def resting(instrument: int, *quoted: int) -> Rows:
    made = np.zeros(len(quoted), WORKING)
    made["instrument"], made["side"], made["size"] = instrument, quoted, 1
    made["client_id"], made["price"] = 1 + np.arange(len(quoted)), 2000
    return made


@pytest.mark.parametrize("mid", [1000.0, math.nan])
def test_quotes_are_withdrawn_when_the_other_market_is_silent_or_ours_has_no_mid(
    mid: float,
) -> None:
    strategy = cross(max_age_s=2.0)
    orders(strategy, row(0, 1, 998.0))
    fresh, late = 2 * S, 2 * S + 1
    assert len(orders(strategy, row(fresh, 0, 1000.0))) == 2
    found = orders(strategy, row(late, 0, mid), working=resting(0, BUY, SELL))
    assert [order["action"] for order in found] == [CANCEL, CANCEL]
    assert orders(strategy, row(late, 0, mid)) == []


def test_a_row_of_the_other_market_without_a_mid_makes_nothing_fresh() -> None:
    strategy = cross(max_age_s=2.0)
    orders(strategy, row(0, 1, 998.0))
    orders(strategy, row(2 * S, 1, math.nan))
    assert orders(strategy, row(2 * S + 1, 0, 1000.0)) == []


def test_the_hedge_is_the_position_in_contracts_and_sent_once() -> None:
    """A lot of ours is 10 contracts, of the other market 2: half as many contracts are 2.5 lots."""
    strategy = cross(hedge_ratio=0.5)
    (order,) = orders(strategy, row(0, 1, 998.0), (-1, 0))
    assert (order["action"], order["type"], order["instrument"]) == (NEW, MARKET, 1)
    assert (order["side"], order["size"]) == (BUY, 2)
    on_its_way = resting(1, BUY)
    assert orders(strategy, row(1, 1, 998.0), (-1, 0), on_its_way) == []
    assert orders(strategy, row(2, 1, 998.0), (-1, 2)) == [], "half a lot is left"
    (order,) = orders(strategy, row(3, 1, 998.0), (2, 2))
    assert (order["side"], order["size"]) == (SELL, 7)


def test_a_hedge_under_its_step_waits() -> None:
    strategy = cross(hedge_ratio=1.0, hedge_step=12)
    assert orders(strategy, row(0, 1, 998.0), (1, 0)) == []
    (order,) = orders(strategy, row(1, 1, 998.0), (2, 0))
    assert (order["side"], order["size"]) == (SELL, 10)


def test_our_own_quotes_do_not_hold_a_hedge_back() -> None:
    strategy = cross(hedge_ratio=1.0)
    assert len(orders(strategy, row(0, 1, 998.0), (1, 0), resting(0, BUY, SELL))) == 1


def test_one_market_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"expected two tables \[\[market\]\], found one"):
        cross(count=1)


@pytest.mark.parametrize("key", ["quote_size", "max_position"])
def test_sizes_are_whole_lots_of_the_quoted_market(key: str) -> None:
    with pytest.raises(ConfigError, match=rf"strategy\.crossquoter\.{key}"):
        cross(**{key: 13})


async def test_the_shipped_file_trades_and_hedges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quoted fills are followed by market orders on the other market, the other way."""
    monkeypatch.chdir(ROOT)
    result = await run_config(ROOT / "config" / "cross.toml", output=tmp_path)
    assert result.summary["status"] == "complete"
    quoted, other = result.summary["markets"]
    assert quoted["fills"] > 10
    assert other["fills"] > 0
    assert other["maker_fills"] == 0
    assert abs(quoted["position"] + other["position"]) < 200 + 100
    with (result.directory / "trades.csv").open(newline="") as file:
        symbols = {one["symbol"] for one in csv.DictReader(file)}
    assert symbols == {"bitmex:XBTUSD", "other:XBTUSD"}
