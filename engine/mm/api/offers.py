"""How a plugin offers its parts: frozen offers, handed over once through a hook of its kind.

A plugin is a module named by an entry point in the group ``mm_engine.plugins``. It sets
``MM_API = API_VERSION`` as it was when written, and implements the hooks it has something for::

    MM_API = (0, 1)

    @hookimpl
    def mm_strategies() -> list[StrategyOffer]:
        return [StrategyOffer(name="Mine", config=MyConfig, build=MyStrategy)]
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import pluggy

from mm.api.inspection import Inspected
from mm.api.parts import (
    Connector,
    Context,
    FeeModel,
    FillModel,
    LatencyModel,
    Output,
    Sink,
    Strategy,
    Transformer,
)
from mm.api.quoting import PriceProcess, QuoteFunction, QuotingRule

API_VERSION: Final = (0, 1)
"""(major, minor). A plugin of the same major and no newer minor is loaded."""

ENTRY_POINT_GROUP: Final = "mm_engine.plugins"

hookspec = pluggy.HookspecMarker("mm")
hookimpl = pluggy.HookimplMarker("mm")


@attrs.frozen
class NoConfig:
    """For a part that has nothing to configure."""


@attrs.frozen(kw_only=True)
class ConnectorOffer:
    """A source of market data, chosen by ``data.connector``."""

    name: str
    config: type[Any]
    """attrs class of the table ``[data]`` as this connector reads it."""
    build: Callable[..., Connector]
    """(config, symbol) -> connector. Opens nothing yet."""
    seeded: bool = False
    """True for a source that makes its data up: ``build`` is given a seed as well, as
    (config, symbol, seed). The first market's is the run's; each further one has its own."""
    numbered: bool = False
    """True beside ``seeded`` for one whose markets may share draws: ``build`` is given the run's
    seed and the market's number, as (config, symbol, seed, number), and keeps them apart itself."""
    live: bool = False
    """True for one that listens to an exchange. If it is the only one on offer, a run file for live
    data need not name it."""
    inspect: Callable[[Sequence[Path]], Inspected] | None = None
    """Looks into files of the kind it reads, for ``mm data inspect``; raises nothing for a file
    that cannot be used, but says so."""
    process: Callable[[Any], PriceProcess | None] | None = None
    """(config) -> the law of the prices, for a source that makes them up by one."""
    help: str = ""


@attrs.frozen(kw_only=True)
class TransformerOffer:
    """A transformer, chosen by ``strategy.preprocessing``."""

    name: str
    config: type[Any]
    """attrs class of the table ``[strategy.<name in lower case>]``."""
    build: Callable[[Any, Context], Transformer]
    intervals_us: Callable[[Any], tuple[int, int]] | None = None
    """(config) -> the steps over which it estimates volatility and intensity [µs], so that
    ``mm calibrate`` can show both at the same."""
    intensity: Callable[[Any, Any, float], tuple[float, float]] | None = None
    """(config, deepest, interval_s) -> (A [1/s per side], k [1/half tick]) as it estimates them,
    NaN for both if it cannot; ``deepest`` has how far the deepest trade of each interval and side
    lay from the mid [half ticks], int64, shape (n, 2), 0 = no trade. So that ``mm calibrate`` can
    show them beside its own."""
    own_times: bool = False
    """True if each row stands for something that happened, so that none may be decided on twice:
    ``[strategy.when]`` is refused then."""
    help: str = ""


@attrs.frozen(kw_only=True)
class StrategyOffer:
    """A strategy, chosen by ``strategy.kind``."""

    name: str
    config: type[Any]
    """attrs class of the table ``[strategy.<name in lower case>]``; a transformer of the same
    name must use the same class."""
    build: Callable[[Any, Context], Strategy]
    preprocessing: str = ""
    """The transformer that it asks for, by name; empty = that of its own name, or ``Touch``. A run
    file may name another."""
    rule: Callable[[Any], QuotingRule | None] | None = None
    """(config) -> what it quotes by, if that depends on time and inventory only; None = not with
    this configuration. ``mm simulate`` then knows the moments of its profit."""
    help: str = ""


@attrs.frozen(kw_only=True)
class FillModelOffer:
    """A fill model, chosen by ``execution.fill_model``."""

    name: str
    config: type[Any]
    """attrs class of the table ``[execution.<name>]``."""
    build: Callable[[Any, Context], FillModel]
    exponential: bool = False
    """True if quotes at depth δ are filled at the rate A·exp(−k·δ) of the price process."""
    help: str = ""


@attrs.frozen(kw_only=True)
class LatencyModelOffer:
    """A latency model, chosen by ``execution.latency_model``."""

    name: str
    config: type[Any]
    """attrs class of the table ``[execution.<name>]``."""
    build: Callable[[Any, Context], LatencyModel]
    help: str = ""


@attrs.frozen(kw_only=True)
class FeeModelOffer:
    """A fee model, chosen by ``execution.fee_model``."""

    name: str
    config: type[Any]
    """attrs class of the table ``[execution.<name>]``."""
    build: Callable[[Any, Context], FeeModel]
    help: str = ""


@attrs.frozen(kw_only=True)
class SinkOffer:
    """A sink, chosen by ``output.sinks``."""

    name: str
    config: type[Any]
    """attrs class of the table ``[output.<name>]``."""
    build: Callable[[Any, Context, Output], Sink]
    help: str = ""


@attrs.frozen(kw_only=True)
class QuoteModelOffer:
    """A quoting model, chosen by ``mm quotes --model``."""

    name: str
    quotes: QuoteFunction
    """The model's own answer: exact, where there is an exact one."""
    closed: QuoteFunction
    """Its closed-form approximation; the same function where it is closed itself."""
    help: str = ""
    config: type[Any] = NoConfig


@attrs.frozen(kw_only=True)
class CommandOffer:
    """A verb of the command line: ``mm <name>``."""

    name: str
    arguments: Callable[[argparse.ArgumentParser], None]
    """Adds them to the verb's parser; ``--debug`` and ``--help`` are there already."""
    run: Callable[[argparse.Namespace], int]
    """Does it, and returns the exit code; an ``MMError`` is told as the host's own are."""
    examples: tuple[str, ...] = ()
    """Whole command lines, shown by ``--help``."""
    help: str = ""
    config: type[Any] = NoConfig


class Hooks:
    """The hooks. Each is called once, while plugins load: return quickly, with no side effects."""

    @hookspec
    def mm_connectors(self) -> Iterable[ConnectorOffer]:  # type: ignore[empty-body]
        """Offer sources of market data."""

    @hookspec
    def mm_transformers(self) -> Iterable[TransformerOffer]:  # type: ignore[empty-body]
        """Offer transformers."""

    @hookspec
    def mm_strategies(self) -> Iterable[StrategyOffer]:  # type: ignore[empty-body]
        """Offer strategies."""

    @hookspec
    def mm_fill_models(self) -> Iterable[FillModelOffer]:  # type: ignore[empty-body]
        """Offer fill models."""

    @hookspec
    def mm_latency_models(self) -> Iterable[LatencyModelOffer]:  # type: ignore[empty-body]
        """Offer latency models."""

    @hookspec
    def mm_fee_models(self) -> Iterable[FeeModelOffer]:  # type: ignore[empty-body]
        """Offer fee models."""

    @hookspec
    def mm_quote_models(self) -> Iterable[QuoteModelOffer]:  # type: ignore[empty-body]
        """Offer quoting models."""

    @hookspec
    def mm_sinks(self) -> Iterable[SinkOffer]:  # type: ignore[empty-body]
        """Offer sinks."""

    @hookspec
    def mm_commands(self) -> Iterable[CommandOffer]:  # type: ignore[empty-body]
        """Offer verbs of the command line."""


def option(
    default: Any = attrs.NOTHING,
    *,
    help: str,  # noqa: A002 - what it is called everywhere else
    unit: str = "",
    file: bool = False,
    flag: str = "",
    **constraints: Any,
) -> Any:
    """Declare a configuration field: an ``attrs.field`` that can explain itself.

    Args:
        default: the value when the key is absent; left out, the key is required.
        help: one sentence, shown by ``mm config schema`` and in the README.
        unit: for instance ``"s"``, ``"1/price"``; a float always says one (``"pure number"`` if it
            has none); may be empty for counts and text.
        file: True if the text is the path of a file that the part reads: its hash then stands in
            the run's manifest.
        flag: of a connector's key: the flag of the command line that is short for it, without its
            dashes (``data``, ``url``, ``insecure``, ``strict``).
        constraints: ``gt``, ``ge``, ``lt``, ``le`` (bounds, checked), ``choices`` (a tuple of the
            permitted values), ``one_line`` (of a text: the most characters it may have, none of
            them of control), or ``factory`` (for a nested table's default).
    """
    factory = constraints.pop("factory", None)
    metadata = {"help": help, "unit": unit, "file": file, "flag": flag, **constraints}
    if factory is not None:
        return attrs.field(factory=factory, metadata=metadata)
    return attrs.field(default=default, metadata=metadata)
