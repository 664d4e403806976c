"""The built-in fee models: fill by fill, and in whole runs."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
import trio

from mm.api import ConfigError, Context, FeeModel, Instrument
from mm.run.session import Result
from mm.testing import run_config
from mm_fees import (
    FlatConfig,
    PerContractConfig,
    TiersConfig,
    mm_fee_models,
)

INSTRUMENT = Instrument(symbol="TEST", tick_size=Decimal(1), lot_size=Decimal(1))
CONTEXT = Context(instruments=(INSTRUMENT,), seed=0, maker_fee=-0.0001, taker_fee=0.0005)


def model(name: str, config: object = None) -> FeeModel:
    (offer,) = (offer for offer in mm_fee_models() if offer.name == name)
    built: FeeModel = offer.build(config or offer.config(), CONTEXT)
    return built


def fees(model: FeeModel, traded: float = 0.0) -> tuple[float, float]:
    """(maker, taker) fee of 4 contracts worth 2000."""
    maker, taker = (
        model.fee(maker=maker, value=2000.0, contracts=4.0, traded=traded)
        for maker in (True, False)
    )
    return maker, taker


def test_share_takes_the_fees_of_the_position_table() -> None:
    assert fees(model("share")) == pytest.approx((-0.2, 1.0))


def test_per_contract_counts_contracts_and_not_value() -> None:
    assert fees(model("per_contract", PerContractConfig(maker=-0.25, taker=0.85))) == (-1.0, 3.4)


def test_flat_is_the_same_for_any_fill() -> None:
    flat = model("flat", FlatConfig(maker=0.1, taker=0.2))
    assert fees(flat) == (0.1, 0.2)
    assert flat.fee(maker=True, value=1e9, contracts=1e6, traded=1e12) == 0.1


TIERS = TiersConfig(
    volume=[0.0, 1000.0, 5000.0], maker=[0.0002, 0.0001, -0.0001], taker=[0.0006, 0.0005, 0.0004]
)


@pytest.mark.parametrize(
    ("traded", "maker", "taker"),
    [
        (0.0, 0.4, 1.2),
        (999.99, 0.4, 1.2),
        (1000.0, 0.2, 1.0),
        (1000.01, 0.2, 1.0),
        (4999.0, 0.2, 1.0),
        (5000.0, -0.2, 0.8),
        (1e15, -0.2, 0.8),
    ],
)
def test_a_tier_holds_from_its_volume_on(traded: float, maker: float, taker: float) -> None:
    assert fees(model("tiers", TIERS), traded) == pytest.approx((maker, taker))


def test_a_fill_is_charged_in_the_tier_that_it_finds() -> None:
    """Worth 2000, it passes the threshold at 1000; what went before counts, not the fill."""
    assert fees(model("tiers", TIERS), 0.0)[1] == pytest.approx(0.0006 * 2000)


def test_volume_before_the_run_counts_towards_the_tiers() -> None:
    config = TiersConfig(
        volume=TIERS.volume, maker=TIERS.maker, taker=TIERS.taker, traded_before=4000.0
    )
    assert fees(model("tiers", config), 999.0)[0] == pytest.approx(0.2)
    assert fees(model("tiers", config), 1000.0)[0] == pytest.approx(-0.2)


@pytest.mark.parametrize("volume", [[], [1.0], [0.0, 5.0, 5.0], [0.0, 5.0, 1.0], [-1.0, 0.0]])
def test_tiers_must_ascend_from_zero(volume: list[float]) -> None:
    rates = [0.0] * len(volume)
    with pytest.raises(ConfigError, match=r"^execution\.tiers\.volume is .* ascend from 0"):
        model("tiers", TiersConfig(volume=volume, maker=rates, taker=rates))


@pytest.mark.parametrize(("maker", "taker"), [(1, 2), (2, 1), (3, 2)])
def test_tiers_must_be_equally_long(maker: int, taker: int) -> None:
    config = TiersConfig(volume=[0.0, 1.0], maker=[0.0] * maker, taker=[0.0] * taker)
    with pytest.raises(ConfigError, match=r"volume, maker and taker must be equally long"):
        model("tiers", config)


# --- in a run ------------------------------------------------------------------------------------

RUN_FILE = """
[strategy]
kind = "Scripted"
preprocessing = "Scripted"
symbol = "TEST"
[strategy.scripted]
path = "{folder}/orders.csv"
[data]
tardis_root = "{folder}"
trades_csv = "trades.csv"
quotes_csv = "quotes.csv"
[instrument]
tick_size = "1"
lot_size = "1"
[output]
exchange = "test"
[position]
maker_fee = -0.01
taker_fee = 0.05
[execution]
fill_model = "fifo"
{execution}
"""
T0 = 1_700_000_000_000_000  # µs
COMMON = "exchange,symbol,timestamp,local_timestamp,"


def row(second: int, *fields: object) -> str:
    return ",".join(map(str, ["test", "TEST", *[T0 + second * 1_000_000] * 2, *fields])) + "\n"


def run(folder: Path, execution: str = "") -> tuple[Result, list[tuple[str, float]]]:
    """Bid for 2 at 99, filled by a print at 98; then sell 3 of the displayed bid at 97.

    Returns:
        The result, and (liquidity, fee) of every fill.
    """
    quotes = [(0, 5, 101, 100, 5), (3, 5, 99, 97, 5), (9, 5, 99, 97, 5)]
    files = {
        "quotes.csv": COMMON + "ask_amount,ask_price,bid_price,bid_amount\n",
        "trades.csv": COMMON + "id,side,price,amount\n" + row(2, "", "sell", 98, 7),
        "orders.csv": "ts_decided,side,price,size,type,tif,client_id,action\n"
        f"{T0 + 1_000_000},buy,99,2,limit,GTC,a,new\n"
        f"{T0 + 5_000_000},sell,,3,market,IOC,b,new\n",
        "run.toml": RUN_FILE.format(folder=folder, execution=execution),
    }
    files["quotes.csv"] += "".join(row(*quote) for quote in quotes)
    for name, text in files.items():
        (folder / name).write_text(text)

    async def main() -> Result:
        return await run_config(folder / "run.toml", output=folder / "runs")

    result = trio.run(main)
    assert result.error is None
    with (result.directory / "trades.csv").open(newline="") as file:
        trades = [(r["liquidity"], float(r["fee"])) for r in csv.DictReader(file)]
    return result, trades


def test_the_summary_tells_fees_paid_from_rebates_earned(tmp_path: Path) -> None:
    """Two made at 99 earn .01 of 198; three taken at 97 cost .05 of 291."""
    result, trades = run(tmp_path)
    assert [name for name, _ in trades] == ["maker", "taker"]
    assert [fee for _, fee in trades] == pytest.approx([-1.98, 14.55])
    assert result.summary["rebates_earned"] == pytest.approx(1.98)
    assert result.summary["fees_paid"] == pytest.approx(14.55)
    assert result.summary["realized_pnl"] == pytest.approx(-4.0)
    assert result.summary["equity"] == pytest.approx(-4.0 + 1.98 - 14.55 - (98 - 97))


@pytest.mark.parametrize(
    ("execution", "expected"),
    [
        (
            'fee_model = "per_contract"\n[execution.per_contract]\nmaker = -0.5\ntaker = 1.5',
            [("maker", -1.0), ("taker", 4.5)],
        ),
        (
            'fee_model = "flat"\n[execution.flat]\nmaker = 0.25\ntaker = 0.75',
            [("maker", 0.25), ("taker", 0.75)],
        ),
        (
            'fee_model = "tiers"\n[execution.tiers]\nvolume = [0, 198]\n'
            "maker = [0.01, 0.0]\ntaker = [0.05, 0.02]",
            [("maker", 1.98), ("taker", 5.82)],
        ),
    ],
    ids=["per_contract", "flat", "tiers"],
)
def test_a_run_charges_by_the_model_that_it_names(
    tmp_path: Path, execution: str, expected: list[tuple[str, float]]
) -> None:
    result, trades = run(tmp_path, execution)
    assert [name for name, _ in trades] == [name for name, _ in expected]
    assert [fee for _, fee in trades] == pytest.approx([fee for _, fee in expected])
    paid = sum(max(fee, 0.0) for _, fee in expected)
    assert result.summary["fees_paid"] == pytest.approx(paid)


def test_a_run_with_wrong_tiers_does_not_start(tmp_path: Path) -> None:
    tiers = 'fee_model = "tiers"\n[execution.tiers]\nvolume = [5]\nmaker = [0.1]\ntaker = [0.1]'
    with pytest.raises(ConfigError, match=r"execution\.tiers\.volume is \[5"):
        run(tmp_path, tiers)
    assert not list((tmp_path).glob("runs/*"))
