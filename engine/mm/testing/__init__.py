"""What plugin authors, and mm itself, test with: kit, feeds, schedules, runs.

contracts     classes for pytest: subclass one, and a part's rules become tests (imports pytest)
kit             the rules themselves, and ``check_…`` functions that try all of a kind
markets       random markets: legal streams of events, calm or wild, the same for a seed
schedules     make Trio's scheduler repeatable, and different for every seed
feeds         a connector that sends what it was given, cut as asked
runs          run a configuration to its end from a test

The names here are imported when first asked for, so that who needs one does not wait for all.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mm.testing.feeds import ScriptedConnector, cut_stream
    from mm.testing.kit.commands import check_command
    from mm.testing.kit.connectors import ConnectorCase, check_connector
    from mm.testing.kit.findings import Finding
    from mm.testing.kit.model_case import (
        FeeModelCase,
        FillModelCase,
        LatencyModelCase,
        QuoteModelCase,
    )
    from mm.testing.kit.models import (
        check_fee_model,
        check_fill_model,
        check_latency_model,
        check_quote_model,
    )
    from mm.testing.kit.network import trial_context
    from mm.testing.kit.options import guess_config
    from mm.testing.kit.sinks import SinkCase, check_sink
    from mm.testing.kit.strategies import check_strategy
    from mm.testing.kit.strategy_case import StrategyCase
    from mm.testing.kit.transformers import TransformerCase, check_transformer
    from mm.testing.markets import change_future, random_market, with_heartbeats
    from mm.testing.runs import run_config
    from mm.testing.schedules import schedule

__all__ = [
    "ConnectorCase",
    "FeeModelCase",
    "FillModelCase",
    "Finding",
    "LatencyModelCase",
    "QuoteModelCase",
    "ScriptedConnector",
    "SinkCase",
    "StrategyCase",
    "TransformerCase",
    "change_future",
    "check_command",
    "check_connector",
    "check_fee_model",
    "check_fill_model",
    "check_latency_model",
    "check_quote_model",
    "check_sink",
    "check_strategy",
    "check_transformer",
    "cut_stream",
    "guess_config",
    "random_market",
    "run_config",
    "schedule",
    "trial_context",
    "with_heartbeats",
]

_MODULES = {
    "ConnectorCase": "kit.connectors",
    "FeeModelCase": "kit.model_case",
    "FillModelCase": "kit.model_case",
    "Finding": "kit.findings",
    "LatencyModelCase": "kit.model_case",
    "QuoteModelCase": "kit.model_case",
    "ScriptedConnector": "feeds",
    "SinkCase": "kit.sinks",
    "StrategyCase": "kit.strategy_case",
    "TransformerCase": "kit.transformers",
    "change_future": "markets",
    "check_command": "kit.commands",
    "check_connector": "kit.connectors",
    "check_fee_model": "kit.models",
    "check_fill_model": "kit.models",
    "check_latency_model": "kit.models",
    "check_quote_model": "kit.models",
    "check_sink": "kit.sinks",
    "check_strategy": "kit.strategies",
    "check_transformer": "kit.transformers",
    "cut_stream": "feeds",
    "guess_config": "kit.options",
    "random_market": "markets",
    "run_config": "runs",
    "schedule": "schedules",
    "trial_context": "kit.network",
    "with_heartbeats": "markets",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"mm.testing.{_MODULES[name]}"), name)
