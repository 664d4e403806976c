"""From a run file to what the exact moments need, where the run is one that they describe.

They do where quotes follow a model of time and inventory only, are decided once a step with
parameters known beforehand, and nothing else touches the profit: no latency, fee, bound of the
risk gate or funding. A model that the strategy tabulates is quoted to 3e-5 of its range, which few
simulations are long enough to show. Any other run can be simulated all the same; it is compared
with nothing.
"""

from typing import Final

import attrs
import numpy as np

from mm.api import MICRO, PriceProcess, QuoteFunction, QuoteInputs, QuotingRule
from mm.config import LoadedConfig, RunConfig
from mm.simulate.moments import exact_moments
from mm.simulate.paper import printed

_NAMES: Final = {"inventory": "avellaneda_stoikov", "symmetric": "symmetric"}


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
    config, rule = loaded.config, _rule(loaded)
    process = _process(loaded)
    if rule is None or process is None or not _is_described(config, rule, process):
        return Expected(exact=None, paper=None)
    inputs, tau = rule.inputs, None
    if inputs.horizon is not None and not rule.closed:
        # Sessions begin at multiples of their length, and so does every path.
        tau = inputs.horizon - np.arange(float(process.steps)) * process.interval_s
    exact = exact_moments(process, _quotes(loaded, rule), inputs, tau)
    worth = rule.size * config.instrument.multiplier
    for name in ("profit_mean", "profit_sd"):
        exact[name] *= worth
    paper = None
    if worth == inputs.delta == 1.0 and _believes(inputs, process):
        paper = printed(process, inputs.gamma, strategy_of(rule.model))
    return Expected(exact=exact, paper=paper)


def _quotes(loaded: LoadedConfig, rule: QuotingRule) -> QuoteFunction:
    """Find what the strategy quotes by; its closed forms are without end."""
    offer = loaded.registry.quote_model(rule.model)
    return offer.closed if rule.closed else offer.quotes


def _rule(loaded: LoadedConfig) -> QuotingRule | None:
    chosen = loaded.config.parts.strategy
    rule: QuotingRule | None = chosen.offer.rule and chosen.offer.rule(chosen.config)
    return rule


def _process(loaded: LoadedConfig) -> PriceProcess | None:
    """The law of the prices, if quotes are also filled by it."""
    chosen, fills = loaded.config.parts.connector, loaded.config.parts.fill_model
    known = fills.offer.exponential and chosen.offer.process is not None
    return chosen.offer.process(chosen.config) if known else None


def _believes(inputs: QuoteInputs, process: PriceProcess) -> bool:
    """Whether the quotes are made for the market as it is."""
    return (inputs.sigma, inputs.A, inputs.k) == (process.sigma, process.A, process.k)


def _is_described(config: RunConfig, rule: QuotingRule, process: PriceProcess) -> bool:
    # A transformer and a strategy of one name share their table, and so the rule's interval.
    if config.strategy.preprocessing != config.strategy.kind:
        return False
    if rule.inputs.horizon not in (None, process.steps * process.interval_s):
        return False
    step_ms = round(process.interval_s * MICRO) / 1000
    return (
        rule.interval_ms == step_ms
        and config.execution.latency_ms == config.execution.response_latency_ms == 0.0
        and config.execution.latency_model == "constant"
        and config.execution.fee_model == "share"
        and config.position.fees == (0.0, 0.0)
        and config.position.contract_type == "Linear"
        and config.funding.rate is None
        and not any(attrs.astuple(config.risk))
    )
