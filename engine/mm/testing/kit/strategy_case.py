"""A strategy to be tried: the parts it runs with, the market it runs on, and how to run it.

It knows how to run, and nothing of what must hold.
"""

from functools import cached_property
from typing import Any

import attrs

from mm.api import Context, Rows, Strategy, StrategyOffer, Transformer, TransformerOffer
from mm.testing.kit.findings import Finding
from mm.testing.kit.network import (
    WHOLE,
    Tables,
    Way,
    digest_tables,
    run_events,
    trial_context,
)
from mm.testing.kit.stand_ins import AnyColumns
from mm.testing.markets import random_market


@attrs.define(kw_only=True, slots=False)
class StrategyCase:
    """A strategy, and what it is tried on."""

    offer: StrategyOffer
    config: Any
    transformer: TransformerOffer | None = None
    """Where its rows come from; None = a row for each quote, with the columns it requires."""
    transformer_config: Any = None
    """None = ``config``, which a transformer of the strategy's name shares."""
    context: Context = attrs.field(factory=trial_context)
    market: Rows = attrs.field(factory=lambda: random_market(0, wild=False))
    """dtype EVENT; must be legal for the instruments of ``context``."""
    slowest: float = 100.0
    """Most time for a decision, as a multiple of what a plain row-by-row strategy takes."""
    gate: tuple[str, ...] = ("building", "budget", "orders")
    judged: dict[str, Finding] = attrs.field(factory=dict, init=False)

    def build(self, config: Any = None) -> Strategy:
        """Build a fresh strategy."""
        made: Strategy = self.offer.build(config or self.config, self.context)
        return made

    def build_transformer(self) -> Transformer:
        """Build a fresh transformer."""
        if self.transformer is None:
            return AnyColumns(self.build().requires, self.context)
        config = self.config if self.transformer_config is None else self.transformer_config
        made: Transformer = self.transformer.build(config, self.context)
        return made

    def run(
        self, way: Way = WHOLE, *, strategy: Strategy | None = None, market: Rows | None = None
    ) -> Tables:
        """Run fresh parts on the market."""
        events = self.market if market is None else market
        return run_events(
            events, self.build_transformer(), strategy or self.build(), self.context, way
        )

    def digest(self) -> str:
        """Say in one hash what it does on the market."""
        return digest_tables(self.run())

    @cached_property
    def expected(self) -> Tables:
        """What a run in one batch leaves."""
        return self.run()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was found here: another process shall find it itself."""
        state = dict(self.__dict__)
        state.pop("expected", None)
        return state | {"judged": {}}
