"""Is this module a plugin, and what does it offer? The only place that speaks pluggy.

Each module is asked in a pluggy manager of its own, so that a bad one cannot spoil another. Knows
nothing of entry points, distributions, or other plugins.
"""

from typing import Any, Final, TypeAlias, cast

import attrs
import pluggy

from mm.api import (
    API_VERSION,
    CommandOffer,
    ConnectorOffer,
    FeeModelOffer,
    FillModelOffer,
    Hooks,
    LatencyModelOffer,
    PluginError,
    QuoteModelOffer,
    SinkOffer,
    StrategyOffer,
    TransformerOffer,
)

Offer: TypeAlias = (
    CommandOffer
    | ConnectorOffer
    | FeeModelOffer
    | FillModelOffer
    | LatencyModelOffer
    | QuoteModelOffer
    | SinkOffer
    | StrategyOffer
    | TransformerOffer
)

KINDS: Final[dict[str, tuple[str, type[Any]]]] = {
    "mm_connectors": ("connector", ConnectorOffer),
    "mm_transformers": ("transformer", TransformerOffer),
    "mm_strategies": ("strategy", StrategyOffer),
    "mm_fill_models": ("fill model", FillModelOffer),
    "mm_latency_models": ("latency model", LatencyModelOffer),
    "mm_fee_models": ("fee model", FeeModelOffer),
    "mm_quote_models": ("quote model", QuoteModelOffer),
    "mm_sinks": ("sink", SinkOffer),
    "mm_commands": ("command", CommandOffer),
}
"""Hook -> (kind as people say it, class of its offers)."""


def read_plugin(name: str, module: Any) -> tuple[tuple[str, Offer], ...]:
    """Check a plugin's module and return its offers as (kind, offer).

    Raises:
        PluginError: it is written for another interface, or offers something else than offers.
        pluggy.PluginValidationError: a hook is misspelt or takes unknown arguments.
    """
    _check_version(name, module)
    manager = pluggy.PluginManager("mm")
    manager.add_hookspecs(Hooks)
    manager.register(module, name)
    manager.check_pending()
    return tuple(
        (kind, _checked(name, hook, offer, cls))
        for hook, (kind, cls) in KINDS.items()
        for offers in _answers(getattr(manager.hook, hook))
        for offer in _listed(name, hook, offers)
    )


def _answers(hook: Any) -> list[Any]:
    """Call a hook; pluggy leaves None out, which is what a function without ``return`` gives."""
    answers: list[Any] = hook()
    return answers or [None] * len(hook.get_hookimpls())


def _check_version(name: str, module: Any) -> None:
    stated = getattr(module, "MM_API", None)
    if stated is None:
        raise PluginError(f"plugin {name!r} does not say MM_API; set MM_API = {API_VERSION} in it")
    match stated:
        case (int(major), int(minor)):
            if major == API_VERSION[0] and minor <= API_VERSION[1]:
                return
    raise PluginError(f"plugin {name!r} is for mm API {stated!r}, this is {API_VERSION}")


def _listed(name: str, hook: str, offers: Any) -> list[Any]:
    try:
        return list(offers)
    except TypeError:
        raise PluginError(
            f"{hook}() of plugin {name!r} returned {offers!r}, expected a list of offers"
        ) from None


def _checked(name: str, hook: str, offer: Any, cls: type[Any]) -> Offer:
    if not isinstance(offer, cls):
        raise PluginError(f"{hook}() of plugin {name!r} offered {offer!r}, expected {cls.__name__}")
    if not (isinstance(offer.name, str) and offer.name):
        raise PluginError(
            f"{hook}() of plugin {name!r} offered a part named {offer.name!r}, expected text"
        )
    if not attrs.has(offer.config):
        raise PluginError(
            f"{offer.name!r} of plugin {name!r} has the config {offer.config!r}, "
            "expected an attrs class"
        )
    _check_types(f"config of {offer.name!r} of plugin {name!r}", offer.config)
    return cast(Offer, offer)


def _check_types(owner: str, config: type[Any]) -> None:
    """Make sure that every field has a type that can be read, since files are checked by it."""
    try:
        fields = attrs.fields(attrs.resolve_types(config))
    except Exception as exc:  # whatever evaluating a stranger's annotation raises
        raise PluginError(
            f"{owner}: a field's type cannot be resolved ({exc}); import it where mm can see it,"
            " not under TYPE_CHECKING"
        ) from exc
    for field in fields:
        if field.type is None:
            raise PluginError(f"{owner}: field {field.name!r} has no type; annotate it")
