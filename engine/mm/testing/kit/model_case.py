"""Fill, latency, fee and quoting models to be tried: how to build one, and what it answers.

What a model answers is written down as one array of numbers, so that any two answers compare.
"""

import itertools
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import ConfigError, Context, QuoteInputs, QuoteModelOffer, Rows
from mm.testing.kit.findings import Finding
from mm.testing.kit.network import (
    WHOLE,
    Tables,
    Way,
    digest_tables,
    run_events,
    trial_context,
)
from mm.testing.kit.stand_ins import AnyColumns, Joiner
from mm.testing.markets import random_market

Numbers = npt.NDArray[np.float64]

PRINTS: Final = tuple(
    (float(ahead), float(level), float(size), draw)
    for ahead, level, size, draw in itertools.product(
        (0, 1, 5, 1000), (0, 1, 7, 5000), (1, 6, 2000), (0.0, 0.5, 0.999)
    )
)
"""(ahead, level, size, draw): what a print can meet. The level may lag behind what we know."""

DEPTHS: Final = tuple(
    (float(ahead), float(before), float(after), float(printed))
    for ahead, before, after, printed in itertools.product(
        (0, 1, 5, 1000), (0, 4, 1000), (0, 3, 1000, 4000), (0, 2)
    )
)
"""(ahead, before, after, printed)"""

FILLS: Final = tuple(
    (maker, value, contracts, traded)
    for maker, value, contracts, traded in itertools.product(
        (True, False), (1e-8, 0.5, 1e6), (1.0, 1e5), (0.0, 1e9)
    )
)
"""(maker, value, contracts, traded)"""

INVENTORIES: Final = np.arange(-6, 7)
TIMES_LEFT: Final = np.array([0.0, 1.0, 300.0])

_PLAIN: Final = {"sigma": 0.3, "A": 0.9, "k": 0.3, "gamma": 0.01, "max_inventory": 5}
QUOTED: Final = (
    (QuoteInputs(**_PLAIN), None),  # type: ignore[arg-type]
    (QuoteInputs(**_PLAIN, horizon=300.0), TIMES_LEFT),  # type: ignore[arg-type]
    (QuoteInputs(**_PLAIN, xi=0.02, drift=0.001, delta=2.0), None),  # type: ignore[arg-type]
)
"""(inputs, tau); a model may refuse any of them with a ConfigError."""


@attrs.define(kw_only=True, slots=False)
class ModelCase:
    """A fill, latency or fee model, and what it is tried on."""

    offer: Any
    config: Any
    context: Context = attrs.field(factory=trial_context)
    market: Rows = attrs.field(factory=lambda: random_market(0, events=600, wild=False))
    """dtype EVENT: a run on it has the model at work."""
    gate: tuple[str, ...] = ("building", "answers")
    judged: dict[str, Finding] = attrs.field(factory=dict, init=False)
    role = ""
    """The argument of ``run_events`` that the model is for."""

    def build(self, config: Any = None) -> Any:
        """Build a fresh model."""
        return self.offer.build(config or self.config, self.context)

    def answers(self, model: Any) -> Numbers:
        """Ask the model all there is to ask; shape (n,), the same questions in the same order."""
        raise NotImplementedError

    def run(self, way: Way = WHOLE) -> Tables:
        """Run a plain strategy against a fresh model."""
        parts = AnyColumns((), self.context), Joiner()
        return run_events(self.market, *parts, self.context, way, **{self.role: self.build()})

    def digest(self) -> str:
        """Say in one hash what it answers, and what comes of it."""
        answers = self.answers(self.build())
        own = {"answers": answers.view([("answer", "f8")])}
        return digest_tables({**self.run(), **own} if self.role else own)

    @cached_property
    def expected(self) -> Numbers:
        """Its answers."""
        return self.answers(self.build())

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was found here: another process shall find it itself."""
        state = dict(self.__dict__)
        state.pop("expected", None)
        return state | {"judged": {}}


class FillModelCase(ModelCase):
    """A fill model."""

    role = "fill_model"

    def answers(self, model: Any) -> Numbers:
        """All prints, then all changes of depth."""
        return ask_rules(model, model.on_print, model.on_depth)


def ask_rules(
    model: Any, on_print: Callable[..., float], on_depth: Callable[..., float]
) -> Numbers:
    """Ask two rules, as plain functions or compiled, what ``model``'s parameters make of it."""
    p = model.parameters
    found = [on_print(*question, *p) for question in PRINTS]
    found += [on_depth(*question, *p) for question in DEPTHS]
    return np.array(found, np.float64)


class LatencyModelCase(ModelCase):
    """A latency model."""

    role = "latency"

    def answers(self, model: Any) -> Numbers:
        """Everything that it says."""
        return np.concatenate(
            [
                np.ravel(model.entry),
                np.ravel(model.response),
                [model.entry_multiple, model.response_multiple, model.jitter],
            ]
        )


class FeeModelCase(ModelCase):
    """A fee model."""

    role = "fees"

    def answers(self, model: Any) -> Numbers:
        """All fills, forwards and backwards: what was asked before must not matter."""
        asked = [*FILLS, *reversed(FILLS)]
        return np.array([model.fee(**fill_named(fill)) for fill in asked], np.float64)


def fill_named(fill: tuple[bool, float, float, float]) -> dict[str, Any]:
    """Give one of FILLS as keyword arguments."""
    return dict(zip(("maker", "value", "contracts", "traded"), fill, strict=True))


@attrs.define(kw_only=True, slots=False)
class QuoteModelCase(ModelCase):
    """A quoting model: there is nothing to build, and it takes part in no run."""

    offer: QuoteModelOffer
    config: Any = None

    def build(self, config: Any = None) -> Any:
        """Return the offer: the model is two functions of it."""
        return self.offer

    def answers(self, model: Any) -> Numbers:
        """Quotes for all inputs that it has an answer to; NaN where it does not quote."""
        found = [quotes_of(f, *q) for f in (model.quotes, model.closed) for q in QUOTED]
        return np.concatenate([np.zeros(0), *(np.ravel(np.array(one)) for one in found if one)])


def quotes_of(function: Any, inputs: QuoteInputs, tau: Any) -> tuple[Any, Any] | None:
    """Ask for quotes; None if the model says that it has none."""
    try:
        bid, ask = function(inputs, INVENTORIES.copy(), None if tau is None else tau.copy())
    except ConfigError:
        return None
    return np.asarray(bid), np.asarray(ask)
