"""Two simulated prices that move together, and Guéant's two-asset quotes on them, by the engine."""

import math
from pathlib import Path

import numpy as np
import pytest

import mm
from mm.api import ConnectorOffer, Floats
from mm.run.survey import seeds
from mm_avellaneda.models.multi_asset import Assets, closed
from mm_brownian import BrownianConfig
from mm_brownian.connector import BrownianConnector
from mm_brownian.walk import Walk

SIGMA, A, K, STEP_S, STEPS, RHO = 0.4, 4.0, 3.0, 0.05, 20_000, 0.8
GAMMA, LIMIT = 0.4, 4
BLOCKS = 50


def test_paths_of_a_group_share_their_moves_and_groups_do_not() -> None:
    market = BrownianConfig(correlation=RHO, group=2, interval_s=0.01)
    moves = np.stack([np.diff(Walk(market, 3, path).take(40_001).mid) for path in range(4)])
    found = np.corrcoef(moves)
    expected = np.kron(np.eye(2), np.array([[1.0, RHO], [RHO, 1.0]]))
    assert np.abs(found - expected).max() < 4.0 / math.sqrt(40_000)


def test_a_correlated_path_is_cut_like_any() -> None:
    market = BrownianConfig(correlation=0.3)
    whole, parts = Walk(market, 1, 5), Walk(market, 1, 5)
    expected = whole.take(100).mid
    assert np.concatenate([parts.take(30).mid, parts.take(70).mid]).tolist() == expected.tolist()


def test_without_correlation_the_draws_are_as_ever() -> None:
    plain, tied = Walk(BrownianConfig(), 1, 0), Walk(BrownianConfig(correlation=1.0), 1, 0)
    assert plain.take(50).buy_reach.tolist() == tied.take(50).buy_reach.tolist()


def test_markets_of_one_run_have_draws_of_their_own_and_share_a_groups_direction() -> None:
    market = BrownianConfig(correlation=RHO, interval_s=0.01)
    walks = [Walk(market, 3, path, number).take(40_001) for number in (0, 1) for path in (0, 2)]
    moves = np.stack([np.diff(one.mid) for one in walks])
    together = np.array([[1.0, 0.0, RHO, 0.0], [0.0, 1.0, 0.0, RHO],
                         [RHO, 0.0, 1.0, 0.0], [0.0, RHO, 0.0, 1.0]])  # fmt: skip
    assert np.abs(np.corrcoef(moves) - together).max() < 4.0 / math.sqrt(40_000)
    reaches = np.stack([one.buy_reach for one in walks])
    assert np.abs(np.corrcoef(reaches) - np.eye(4)).max() < 4.0 / math.sqrt(40_000)


def test_two_markets_of_a_run_are_two_paths_and_the_first_is_as_ever(tmp_path: Path) -> None:
    """The first market of several is the path of a run of one; no other one has its prices."""
    data = {"connector": "brownian", "start_price": 1000.0, "duration_s": 20.0}
    strategy = {"kind": "Avellaneda", "avellaneda": {
        "model": "gueant", "quote_size": 1, "max_position": 4, "gamma": 0.1, "delta": 1.0,
        "xi": 0.1, "calibrated": {"sigma": 2.0, "A": 140.0, "k": 1.5},
        "sequencer": {"interval_ms": 100}}}  # fmt: skip
    account = {"account": {"currency": "USD"}, "data": data, "strategy": strategy}
    markets = [{"symbol": "ONE"}, {"symbol": "TWO"}, {"symbol": "THREE"}]
    both = mm.backtest({**account, "market": markets}, run_dir=None, progress=False)
    alone = mm.backtest(
        {"data": data, "strategy": {**strategy, "symbol": "ONE"}}, run_dir=None, progress=False
    )
    first, *others = (part.quotes["mid"].tolist() for part in both.parts)
    assert first == alone.quotes["mid"].tolist()
    assert len({tuple(one) for one in (first, *others)}) == 3
    again = mm.backtest({**account, "market": markets}, run_dir=None, progress=False)
    assert again.digest == both.digest


@pytest.mark.parametrize(("seeded", "numbered"), [(False, False), (True, False), (True, True)])
def test_a_seeded_source_is_given_another_seed_for_each_market(
    seeded: bool, numbered: bool
) -> None:
    offer = ConnectorOffer(
        name="x", config=BrownianConfig, build=BrownianConnector, seeded=seeded, numbered=numbered
    )
    given = [seeds(offer, seed, number) for seed in (0, 7, -3) for number in range(3)]
    if not seeded:
        assert set(given) == {()}
    elif numbered:
        assert given[:3] == [(0, 0), (0, 1), (0, 2)]
    else:
        assert [one[0] for one in given[::3]] == [0, 7, -3]  # the first market has the run's
        assert len(set(given)) == 9


def fill_chances() -> tuple[Floats, Floats, Floats, Floats]:
    """Chances of a fill in a step, by inventories (n1, n2, asset), and the distances."""
    held = np.arange(-LIMIT, LIMIT + 1)
    grid = np.stack(np.meshgrid(held, held, indexing="ij"), axis=-1).reshape(-1, 2)
    assets = Assets(
        sigma=np.full(2, SIGMA), A=np.full(2, A), k=np.full(2, K), delta=np.ones(2),
        correlation=np.array([[1.0, RHO], [RHO, 1.0]]), gamma=GAMMA, xi=GAMMA,
    )  # fmt: skip
    bid, ask = closed(assets, grid)
    chances = [np.minimum(1.0, A * STEP_S * np.exp(-K * side)) for side in (bid, ask)]
    chances[0][grid == LIMIT] = 0.0
    chances[1][grid == -LIMIT] = 0.0
    return chances[0], chances[1], bid, ask


def stationary() -> tuple[float, float]:
    """Solve the chain of both inventories: (mean product, mean profit by spread of a step)."""
    buys, sells, bid, ask = fill_chances()
    side = 2 * LIMIT + 1
    states = side * side
    moves = np.zeros((states, states))
    for state in range(states):
        one, two = divmod(state, side)
        for first, p in _steps(buys[state, 0], sells[state, 0]):
            for second, r in _steps(buys[state, 1], sells[state, 1]):
                if p * r == 0.0:
                    continue  # beyond the limits, too
                moves[state, (one + first) * side + two + second] += p * r
    system = np.vstack([moves.T - np.eye(states), np.ones(states)])
    weights = np.linalg.lstsq(system, np.append(np.zeros(states), 1.0), rcond=None)[0]
    held = np.arange(-LIMIT, LIMIT + 1)
    products = np.outer(held, held).ravel()
    earned = (buys * bid + sells * ask).sum(axis=1)
    return float(weights @ products), float(weights @ earned)


def _steps(buy: float, sell: float) -> list[tuple[int, float]]:
    both = [(1, buy * (1 - sell)), (-1, sell * (1 - buy))]
    return [*both, (0, 1 - both[0][1] - both[1][1])]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> mm.Run:
    settings = {
        "strategy": {
            "kind": "Avellaneda", "symbol": "PATH",
            "avellaneda": {
                "model": "gueant_multi", "quote_size": 1, "max_position": LIMIT, "gamma": GAMMA,
                "delta": 1.0, "xi": GAMMA, "correlation": {"value": RHO},
                "calibrated": {"sigma": SIGMA, "A": A, "k": K},
                "sequencer": {"interval_ms": round(1000 * STEP_S)},
            },
        },
        "data": {
            "connector": "brownian", "start_price": 10_000.0, "sigma": SIGMA, "A": A, "k": K,
            "interval_s": STEP_S, "duration_s": STEP_S * STEPS, "paths": 2, "correlation": RHO,
        },
        "execution": {"fill_model": "poisson"},
        "output": {"candle_size_min": 1440},
    }  # fmt: skip
    folder: Path = tmp_path_factory.mktemp("run")
    return mm.backtest(settings, run_dir=folder)


def test_the_engine_meets_the_exact_statistics_of_both_inventories(run: mm.Run) -> None:
    """Means over blocks of the session, whose errors are those of nearly independent numbers."""
    quotes = run.quotes.to_pandas()
    held = [
        quotes[quotes["symbol"] == f"PATH-{n}"]["position"].to_numpy(np.float64) for n in range(2)
    ]
    product, earned = stationary()
    blocks = [block.mean() for block in np.array_split(held[0] * held[1], BLOCKS)]
    error = np.std(blocks, ddof=1) / math.sqrt(BLOCKS)
    assert product < -0.5  # they hedge each other, or the test shows nothing
    assert abs(np.mean(blocks) - product) < 4 * error
    fills = run.trades.to_pandas()
    distances = (fills["mid"] - fills["price"]) * np.where(fills["side"] == "buy", 1, -1)
    made = fills["ts_venue"].to_numpy("datetime64[us]").astype(np.int64)
    step = made // round(STEP_S * 1e6)
    by_block = (step - step.min()) * BLOCKS // (step.max() - step.min() + 1)
    gains = np.bincount(by_block, weights=distances * fills["size"], minlength=BLOCKS)
    per_step = gains * BLOCKS / STEPS
    error = np.std(per_step, ddof=1) / math.sqrt(BLOCKS)
    assert abs(per_step.mean() - earned) < 4 * error
