"""Every model that can be chosen, in the strategy: orders stand where the model says."""

import hashlib
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import trio
from tests.plugins.avellaneda_market import MID, S, account, decide, quoted, rows, ticks
from tests.short_market import cut_sample

from mm.api import (
    BUY,
    NO_CLAMP,
    NO_MODEL,
    SELL,
    Context,
    Decisions,
    Floats,
    Instrument,
    QuoteInputs,
)
from mm.run.session import Result
from mm.testing import run_config, schedule
from mm_avellaneda.config import MODELS as NAMES
from mm_avellaneda.config import AvellanedaConfig, CorrelationConfig
from mm_avellaneda.models import MODELS
from mm_avellaneda.strategy import AvellanedaStrategy

ROOT = Path(__file__).parents[2]
MARKET: Any = {"sigma": 0.3, "A": 0.9, "k": 0.3}  # GLFT (2013), figures 1 to 3, in ticks as there
HORIZON = 600.0
CONFIG = AvellanedaConfig(
    quote_size=10, max_position=300, gamma=0.01, delta=0.5, xi=0.002, terminal=0.01,
    correlation=CorrelationConfig(value=0.0),
)  # fmt: skip
CHOICES = [(name, tau) for name in NAMES for tau in (None, HORIZON)]
CHOICES.remove(("symmetric", None))  # it is defined by a session
TABULATED = ("gueant", "glft", "cartea_jaimungal")


def offsets_of(config: AvellanedaConfig, orders_held: float, tau: float) -> tuple[float, float]:
    """What the pure model says, bid and ask, with a whole number of orders held."""
    chosen = config.model.replace("gueant_multi", "gueant_closed")  # of one instrument
    name = chosen.removesuffix("_closed")
    model = MODELS[name].closed if chosen.endswith("_closed") else MODELS[name].quotes
    inputs = QuoteInputs(
        sigma=0.3, A=0.9, k=0.3, gamma=config.gamma, delta=config.delta, xi=config.xi,
        terminal=config.terminal, horizon=config.horizon, max_inventory=30,
    )  # fmt: skip
    times = None if config.horizon is None or chosen.endswith("_closed") else np.array([tau])
    sides: tuple[Floats, Floats] = model(inputs, np.array([int(orders_held)]), times)
    return float(sides[0][0, 0]), float(sides[1][0, 0])


@pytest.mark.parametrize(("model", "horizon"), CHOICES)
@pytest.mark.parametrize("q", [-25, -7, 0, 1, 12])
def test_orders_stand_at_the_models_distance_rounded_outward(
    model: str, horizon: float | None, q: int
) -> None:
    config = attrs.evolve(CONFIG, model=model, horizon=horizon)
    decisions = decide(config, rows(7 * int(HORIZON) * S, **MARKET), 10 * q)
    bid, ask = offsets_of(config, q, HORIZON)
    trace = decisions.trace[0]
    assert trace["raw_bid"] == pytest.approx(MID - bid, abs=1e-9)
    assert trace["raw_ask"] == pytest.approx(MID + ask, abs=1e-9)
    assert trace["reservation"] == pytest.approx(MID + (ask - bid) / 2, abs=1e-9)
    assert (trace["sigma"], trace["A"], trace["k"]) == (0.3, 0.9, 0.3)
    assert trace["bid_clamp"] == trace["ask_clamp"] == NO_CLAMP
    assert quoted(decisions) == {BUY: ticks(bid, BUY), SELL: ticks(ask, SELL)}


@pytest.mark.parametrize("model", [*TABULATED, "avellaneda_stoikov", "symmetric"])
@pytest.mark.parametrize("left", [0.001, 0.5, 10.0, 59.9, 433.0])
def test_in_a_session_orders_stand_at_the_distance_for_the_time_left(
    model: str, left: float
) -> None:
    config = attrs.evolve(CONFIG, model=model, horizon=HORIZON)
    trace = decide(config, rows(round((7 * HORIZON - left) * S), **MARKET), 50).trace[0]
    bid, ask = offsets_of(config, 5, left)
    # A table's error is at most 3e-5 of the way from the end's to the stationary quotes, 0.4 here.
    assert trace["raw_bid"] == pytest.approx(MID - bid, abs=2e-5)
    assert trace["raw_ask"] == pytest.approx(MID + ask, abs=2e-5)


def test_glft_quotes_what_the_reference_prints() -> None:
    config = attrs.evolve(CONFIG, model="glft", delta=1.0)
    for q, bid, ask in ((0, 3.313045, 3.313045), (5, 3.653480, 2.972522), (20, 4.665542, 1.959199)):
        trace = decide(config, rows(S, **MARKET), 10 * q).trace[0]
        assert MID - trace["raw_bid"] == pytest.approx(bid, abs=1e-6)
        assert trace["raw_ask"] - MID == pytest.approx(ask, abs=1e-6)


@pytest.mark.parametrize("model", TABULATED)
@pytest.mark.parametrize("horizon", [None, HORIZON])
def test_inputs_beyond_the_model_withdraw_its_quotes_and_no_more(
    model: str, horizon: float | None
) -> None:
    config = attrs.evolve(CONFIG, model=model, horizon=horizon)
    seen = rows(S, 2 * S, 3 * S)
    seen["sigma"] = 0.3, 1e200, 0.3
    trace = decide(config, seen).trace
    assert trace["bid_clamp"].tolist() == trace["ask_clamp"].tolist() == [0, NO_MODEL, 0]


SIZES = (("0.01", "1"), ("0.5", "10"), ("0.1", "5"))


def three(config: AvellanedaConfig, seen: np.ndarray[Any, Any], *position: int) -> Decisions:
    """Decide for three instruments with grids of their own."""
    instruments = tuple(
        Instrument(symbol=f"T{i}", tick_size=Decimal(tick), lot_size=Decimal(lot))
        for i, (tick, lot) in enumerate(SIZES)
    )
    one = AvellanedaStrategy(config, Context(instruments=instruments, seed=0))
    return one.decide(one.observe(seen), account(*position))


@pytest.mark.parametrize("model", ["gueant_closed", "avellaneda_stoikov", *TABULATED])
def test_instruments_at_one_time_are_each_quoted_as_if_alone(model: str) -> None:
    config = attrs.evolve(CONFIG, model=model, horizon=HORIZON)
    market = [
        rows(*range(S, 5 * S, S), instrument=i, sigma=0.3 + 0.1 * i, A=0.9, k=0.3) for i in range(3)
    ]
    for i, (tick, _) in enumerate(SIZES):
        market[i]["bid"], market[i]["ask"] = round(50 / float(tick)), round(150 / float(tick))
    together = np.concatenate(market)
    together = together[np.argsort(together["ts"], kind="stable")]
    position = (-20, 0, 13)
    every = three(config, together, *position)
    for i in range(3):
        alone = three(config, market[i], *(p if j == i else 0 for j, p in enumerate(position)))
        mine = every.orders[every.orders["instrument"] == i]
        for name in ("ts", "price", "size", "side", "action", "post_only"):
            np.testing.assert_array_equal(mine[name], alone.orders[name], err_msg=name)
        seen = every.trace[every.trace["instrument"] == i]
        for name in seen.dtype.names:
            np.testing.assert_array_equal(seen[name], alone.trace[name], err_msg=name)


def run(folder: Path, seed: int, *overrides: str) -> Result:
    """Run a market's trades and quotes, deciding by a model that is solved as it goes."""
    chosen = [
        f"data.tardis_root={folder}",
        "data.book_csv=",
        "strategy.avellaneda.model=gueant",
        "strategy.avellaneda.horizon=600",
        *overrides,
    ]

    async def main() -> Result:
        return await run_config(ROOT / "example" / "backtest.toml", chosen, output=folder)

    with schedule(seed):
        result = trio.run(main)
    assert result.error is None
    return result


def test_a_run_by_a_tabulated_model_does_not_hang_on_schedules_cuts_or_blocks(
    tmp_path: Path,
) -> None:
    cut_sample(tmp_path, 300)
    first = run(tmp_path, 0)
    assert first.summary["fills"] >= 3
    for seed, override in enumerate(("data.max_batch_rows=100", "strategy.max_block=1"), 1):
        assert run(tmp_path, seed, override).summary["digest"] == first.summary["digest"]


def digest(model: str) -> str:
    """Of orders and traces on a market that moves, in a session that ends and begins again."""
    seen = rows(*range(0, 1200 * S, 3 * S), **MARKET)
    seen["sigma"] *= np.exp(np.cumsum(np.random.default_rng(4).normal(0.0, 0.01, len(seen))))
    decisions = decide(attrs.evolve(CONFIG, model=model, horizon=HORIZON), seen, 37)
    return hashlib.sha256(decisions.orders.tobytes() + decisions.trace.tobytes()).hexdigest()


def test_plain_python_decides_as_compiled_code_does() -> None:
    models = ("avellaneda_stoikov", "symmetric", "gueant")
    lines = [
        "from tests.plugins import test_avellaneda_models_in_strategy as t",
        f"print(*map(t.digest, {models}))",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.split() == [digest(model) for model in models]
