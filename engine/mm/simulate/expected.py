"""From a run file to what the exact moments need, where the run is one that they describe.

They do where quotes follow a model of time and inventory only, are decided once a step with
parameters known beforehand, and nothing else touches the profit: no latency, fee, bound of the
risk gate or funding. A model that the strategy tabulates is quoted to 3e-5 of its range, which few
simulations are long enough to show. Any other run can be simulated all the same; it is compared
with nothing.
"""

from typing import Any, Final

import attrs
import numpy as np

from mm.api import MICRO, QuoteFunction, QuoteInputs
from mm.config import LoadedConfig, RunConfig
from mm.simulate.moments import Market, exact_moments
from mm.simulate.paper import printed

_NAMES: Final = {"inventory": "avellaneda_stoikov", "symmetric": "symmetric"}
_CLOSED: Final = "_closed"  # ends the name of a model's closed form


def model_of(strategy: str) -> str:
    """Give the quoting model that is meant by ``--strategy``."""
    return _NAMES[strategy]


def strategy_of(model: str) -> str:
    """Give what the paper calls a quoting model; its own name, where the paper has none."""
    return next((name for name, known in _NAMES.items() if known == model), model)


STRATEGIES: Final = tuple(_NAMES)
"""The paper's two, as ``--strategy`` takes them."""


@attrs.frozen(kw_only=True)
class Expected:
    """What a simulation may be compared with; None where there is nothing."""

    exact: dict[str, float] | None
    paper: dict[str, float] | None


def expect(loaded: LoadedConfig) -> Expected:
    """Work out what is known beforehand about the outcomes of a run file.

    Raises:
        ConfigError: the quoting model has no answer to its inputs.
    """
    config = loaded.config
    if not _is_described(config):
        return Expected(exact=None, paper=None)
    strategy, market = config.parts.strategy, _market(config.parts.connector)
    inputs, quotes = _inputs(strategy), _quotes(loaded, strategy.model)
    tau = None
    if strategy.horizon is not None and not strategy.model.endswith(_CLOSED):
        # Sessions begin at multiples of their length, and so does every path.
        tau = strategy.horizon - np.arange(float(market.steps)) * market.interval_s
    exact = exact_moments(market, quotes, inputs, tau)
    worth = strategy.quote_size * config.instrument.multiplier
    for name in ("profit_mean", "profit_sd"):
        exact[name] *= worth
    paper = None
    if worth == strategy.delta == 1.0 and _believes(inputs, market):
        paper = printed(market, strategy.gamma, strategy_of(strategy.model))
    return Expected(exact=exact, paper=paper)


def _quotes(loaded: LoadedConfig, model: str) -> QuoteFunction:
    """Find what the strategy quotes by; its closed forms are without end."""
    offer = loaded.registry.quote_model(model.removesuffix(_CLOSED))
    return offer.closed if model.endswith(_CLOSED) else offer.quotes


def _market(connector: Any) -> Market:
    return Market(
        sigma=connector.sigma,
        A=connector.A,
        k=connector.k,
        interval_s=connector.interval_s,
        steps=round(connector.duration_s / connector.interval_s),
    )


def _inputs(strategy: Any) -> QuoteInputs:
    known = strategy.calibrated
    return QuoteInputs(
        sigma=known.sigma,
        A=known.A,
        k=known.k,
        gamma=strategy.gamma,
        delta=strategy.delta,
        xi=strategy.xi,
        terminal=strategy.terminal,
        horizon=strategy.horizon,
        max_inventory=strategy.lots,
    )


def _believes(inputs: QuoteInputs, market: Market) -> bool:
    """Whether the quotes are made for the market as it is."""
    return (inputs.sigma, inputs.A, inputs.k) == (market.sigma, market.A, market.k)


def _is_described(config: RunConfig) -> bool:
    strategy, connector = config.parts.strategy, config.parts.connector
    if config.strategy.kind != "Avellaneda" or config.strategy.preprocessing != "Avellaneda":
        return False
    if config.data.connector != "brownian" or config.execution.fill_model != "poisson":
        return False
    if None in attrs.astuple(strategy.calibrated):
        return False
    if strategy.horizon not in (None, connector.duration_s):
        return False
    step_ms = round(connector.interval_s * MICRO) / 1000
    return (
        strategy.sequencer.interval_ms == step_ms
        and config.execution.latency_ms == config.execution.response_latency_ms == 0.0
        and config.execution.latency_model == "constant"
        and config.execution.fee_model == "share"
        and config.position.fees == (0.0, 0.0)
        and config.position.contract_type == "Linear"
        and config.funding.rate is None
        and not any(attrs.astuple(config.risk))
    )
