"""Several instruments at once: the strategy against the closed form, the estimate against NumPy."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import WORKING, Account, Context, Floats, Instrument, Rows
from mm_avellaneda.config import AvellanedaConfig, CorrelationConfig
from mm_avellaneda.correlation import Correlation
from mm_avellaneda.models.multi_asset import Assets, closed
from mm_avellaneda.several import Several
from mm_avellaneda.state import FEATURES
from mm_avellaneda.strategy import AvellanedaStrategy

INSTRUMENT = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1))


def config(model: str, value: float | None, samples: int = 2) -> AvellanedaConfig:
    return AvellanedaConfig(
        model=model, quote_size=5, max_position=500, gamma=0.03, delta=0.4, xi=0.02,
        correlation=CorrelationConfig(value=value, min_samples=samples),
    )  # fmt: skip


def strategy(settings: AvellanedaConfig, instruments: int) -> AvellanedaStrategy:
    return AvellanedaStrategy(settings, Context(instruments=(INSTRUMENT,) * instruments, seed=0))


def rows(ts: int, mids: Floats, sigma: Floats, A: Floats, k: Floats) -> Rows:
    """One row for each instrument at one time."""
    made = np.zeros(len(mids), FEATURES)
    made["ts"], made["instrument"] = ts, np.arange(len(mids))
    made["bid"], made["ask"] = np.round(mids * 100) - 1, np.round(mids * 100) + 1
    made["bid_size"] = made["ask_size"] = 10
    made["mid"], made["sigma"], made["A"], made["k"] = mids, sigma, A, k
    return made


def account(lots: tuple[int, ...]) -> Account:
    return Account(
        up_to=0, position=lots, average_price=(1.0,) * len(lots), cost=(0.0,) * len(lots),
        cash=0.0, working=np.zeros(0, WORKING), next_client_id=1,
    )  # fmt: skip


POSITIVE = st.floats(0.05, 5.0)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(POSITIVE, POSITIVE, POSITIVE, st.integers(-30, 30)), min_size=1, max_size=4),
    st.floats(0.0, 1.0),
)
def test_quotes_are_those_of_the_closed_form(
    each: list[tuple[float, float, float, int]], rho: float
) -> None:
    sigma, intensity, decay = (np.array([one[n] for one in each], np.float64) for n in range(3))
    held = np.array([[one[3] for one in each]])
    count = len(each)
    correlation = np.full((count, count), rho)
    np.fill_diagonal(correlation, 1.0)
    mids: Floats = 1000.0 + 10.0 * np.arange(count, dtype=np.float64)
    one = strategy(config("gueant_multi", rho), count)
    trace = one.decide(
        one.observe(rows(10**6, mids, sigma, intensity, decay)),
        account(tuple((5 * held[0]).tolist())),
    ).trace
    assets = Assets(
        sigma=sigma, A=intensity, k=decay, delta=np.full(count, 0.4), correlation=correlation,
        gamma=0.03, xi=0.02,
    )  # fmt: skip
    # Inventory in the closed form's lots of delta model units: 5 lots are one.
    bid, ask = closed(assets, held)
    np.testing.assert_allclose(trace["raw_bid"], mids - bid[0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(trace["raw_ask"], mids + ask[0], rtol=0, atol=1e-9)


def test_one_instrument_is_quoted_as_by_the_model_of_one() -> None:
    given_rows = rows(10**6, np.array([1000.0]), np.array([0.3]), np.array([1.2]), np.array([4.0]))
    traces = []
    for model in ("gueant_multi", "gueant_closed"):
        one = strategy(config(model, 0.0), 1)
        traces.append(one.decide(one.observe(given_rows), account((17,))).trace)
    for name in ("raw_bid", "raw_ask", "reservation"):
        np.testing.assert_allclose(traces[0][name], traces[1][name], rtol=0, atol=1e-9)


def test_nothing_is_quoted_before_all_instruments_and_their_correlation_are_known() -> None:
    numbers = np.array([0.3, 0.3]), np.array([1.0, 1.0]), np.array([4.0, 4.0])
    one = strategy(config("gueant_multi", None), 2)
    for step, known in ((1, False), (2, False), (3, True)):
        mids = np.array([100.0, 50.0]) + step * np.array([0.1, 0.2])
        decisions = one.decide(one.observe(rows(step * 10**6, mids, *numbers)), account((0, 0)))
        assert np.isfinite(decisions.trace["raw_bid"]).all() == known
        assert (len(decisions.orders) > 0) == known
        assert one.warming() == ([] if known else [("correlation", step - 1, 2)])


def test_one_whose_volatility_is_not_known_silences_all() -> None:
    one = strategy(config("gueant_multi", 0.5), 2)
    sigma, numbers = np.array([0.3, np.nan]), (np.array([1.0, 1.0]), np.array([4.0, 4.0]))
    decided = one.decide(
        one.observe(rows(10**6, np.array([100.0, 50.0]), sigma, *numbers)), account((0, 0))
    )
    assert len(decided.orders) == 0


@given(st.integers(0, 2**32 - 1), st.sampled_from([10.0, 300.0]))
def test_the_correlation_is_that_of_weighted_products(seed: int, half_life_s: float) -> None:
    """Against the sum written out, weight by weight."""
    changes = np.random.default_rng(seed).normal(size=(40, 3)) @ np.array(
        [[1.0, 0.6, 0.0], [0.0, 0.8, -0.5], [0.0, 0.0, 0.9]]
    )
    estimate = Correlation(3, step_us=10**6, half_life_us=half_life_s * 1e6, min_samples=40)
    mids = 100.0 + np.vstack([np.zeros(3), np.cumsum(changes, axis=0)])
    for second, row in enumerate(mids):
        assert estimate.value() is None
        estimate.note(second * 10**6 + 17, row)
        estimate.note(second * 10**6 + 500_000, row + 5.0)  # within a step: not looked at
    weights = 0.5 ** (np.arange(40)[::-1] / half_life_s)
    seen = np.diff(mids, axis=0)
    products = (seen * weights[:, None]).T @ seen
    scale = np.sqrt(np.diagonal(products))
    found = estimate.value()
    assert found is not None
    np.testing.assert_allclose(found, products / np.outer(scale, scale), rtol=1e-9, atol=1e-12)
    assert float(np.linalg.eigvalsh(found)[0]) >= -1e-12


def test_an_instrument_that_never_moved_goes_with_no_other() -> None:
    estimate = Correlation(2, step_us=1, half_life_us=10.0, min_samples=2)
    for ts in range(4):
        estimate.note(ts, np.array([100.0 + ts, 50.0]))
    found = estimate.value()
    assert found is not None
    assert np.array_equal(found, np.eye(2))


def test_how_rows_are_cut_into_messages_does_not_show() -> None:
    rng = np.random.default_rng(5)
    made = []
    for step in range(1, 30):
        mids = np.array([100.0, 50.0]) + rng.normal(size=2)
        made.append(rows(step * 400_000, mids, *np.exp(rng.normal(size=(3, 2)))))
    whole, parts = (strategy(config("gueant_multi", None), 2) for _ in range(2))
    expected = whole.observe(np.concatenate(made))
    found = np.concatenate([parts.observe(one) for one in made])
    assert found.tobytes() == expected.tobytes()


def test_prices_of_no_rows_are_no_rows() -> None:
    one = strategy(config("gueant_multi", 0.5), 2)
    assert len(one.observe(np.zeros(0, FEATURES))) == 0
    assert Several(config("gueant_multi", 0.5), 2).lacking() == []


@pytest.mark.parametrize("value", [-0.9])
def test_a_correlation_that_no_three_can_have_is_refused(value: float) -> None:
    numbers = np.full(3, 0.3), np.full(3, 1.0), np.full(3, 4.0)
    one = strategy(config("gueant_multi", value), 3)
    with pytest.raises(Exception, match="correlation is"):
        one.observe(rows(10**6, np.full(3, 100.0), *numbers))
