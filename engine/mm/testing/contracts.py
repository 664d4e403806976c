"""Contract classes for pytest: subclass one, say which offer, and its rules become tests.

    class TestMine(StrategyContract):
        offer = mm_strategies()[0]
        config = MyConfig(size=1.0)

One test a rule, ``test_it_keeps_the_rule[causality]`` and so on; a failure says what was found and
what to change. The market and the stand-ins come with the kit and can be replaced by attributes
(see each class). This is the only module here that imports pytest.
"""

from typing import Any, ClassVar

import attrs
import pytest

from mm.api import (
    ConnectorOffer,
    FeeModelOffer,
    FillModelOffer,
    LatencyModelOffer,
    QuoteModelOffer,
    SinkOffer,
    StrategyOffer,
    TransformerOffer,
)
from mm.testing.kit.connectors import CONNECTOR_RULES, ConnectorCase
from mm.testing.kit.findings import Case, Rules, judge
from mm.testing.kit.model_case import (
    FeeModelCase,
    FillModelCase,
    LatencyModelCase,
    QuoteModelCase,
)
from mm.testing.kit.models import (
    FEE_MODEL_RULES,
    FILL_MODEL_RULES,
    LATENCY_MODEL_RULES,
    QUOTE_MODEL_RULES,
)
from mm.testing.kit.options import guess_config
from mm.testing.kit.sinks import SINK_RULES, SinkCase
from mm.testing.kit.strategies import STRATEGY_RULES
from mm.testing.kit.strategy_case import StrategyCase
from mm.testing.kit.transformers import TRANSFORMER_RULES, TransformerCase


class Contract:
    """What all contracts share. Attributes named as the case's fields are handed to it."""

    offer: ClassVar[Any]
    config: ClassVar[Any] = None
    """Object of the offer's config class; None = its defaults, with guesses where it has none."""
    rules: ClassVar[Rules]
    case_class: ClassVar[Any]

    _case: ClassVar[Case | None] = None

    @classmethod
    def case(cls) -> Case:
        """Make the case, once for all rules of a class."""
        if "_case" not in cls.__dict__:
            config = guess_config(cls.offer.config).config if cls.config is None else cls.config
            settings = {name: getattr(cls, name) for name in _settable(cls) if hasattr(cls, name)}
            cls._case = cls.case_class(offer=cls.offer, config=config, **settings)
        assert cls._case is not None
        return cls._case

    def keep(self, rule: str) -> None:
        """Fail with what was found and what to change; skip what could not be tried.

        Where all else hangs on it (the part cannot be built as configured), that is a failure.
        """
        finding = judge(self.case(), self.rules, rule)
        if not finding.checked and rule not in self.case().gate:
            pytest.skip(finding.message)
        if not finding.checked:
            pytest.fail(f"{rule}: {finding.message}", pytrace=False)
        if not finding.ok:
            pytest.fail(f"{rule}: {finding.message}\nto change: {finding.change}", pytrace=False)


def _settable(cls: type[Contract]) -> list[str]:
    """Names of the case's fields beside those that every contract has."""
    fields = attrs.fields(cls.case_class)
    return [f.name for f in fields if f.init and f.name not in ("offer", "config", "gate")]


class StrategyContract(Contract):
    """For strategies. May set ``transformer`` and ``transformer_config``, ``market``,
    ``context`` and ``slowest``; see ``StrategyCase``.
    """

    offer: ClassVar[StrategyOffer]
    rules = STRATEGY_RULES
    case_class = StrategyCase

    @pytest.mark.parametrize("rule", STRATEGY_RULES)
    def test_it_keeps_the_rule(self, rule: str) -> None:
        """One rule."""
        self.keep(rule)


class TransformerContract(Contract):
    """For transformers. May set ``market`` and ``context``; see ``TransformerCase``."""

    offer: ClassVar[TransformerOffer]
    rules = TRANSFORMER_RULES
    case_class = TransformerCase

    @pytest.mark.parametrize("rule", TRANSFORMER_RULES)
    def test_it_keeps_the_rule(self, rule: str) -> None:
        """One rule."""
        self.keep(rule)


class FillModelContract(Contract):
    """For fill models. May set ``market`` and ``context``; see ``FillModelCase``."""

    offer: ClassVar[FillModelOffer]
    rules = FILL_MODEL_RULES
    case_class = FillModelCase

    @pytest.mark.parametrize("rule", FILL_MODEL_RULES)
    def test_it_keeps_the_rule(self, rule: str) -> None:
        """One rule."""
        self.keep(rule)


class LatencyModelContract(Contract):
    """For latency models. May set ``market`` and ``context``; see ``LatencyModelCase``."""

    offer: ClassVar[LatencyModelOffer]
    rules = LATENCY_MODEL_RULES
    case_class = LatencyModelCase

    @pytest.mark.parametrize("rule", LATENCY_MODEL_RULES)
    def test_it_keeps_the_rule(self, rule: str) -> None:
        """One rule."""
        self.keep(rule)


class FeeModelContract(Contract):
    """For fee models. May set ``market`` and ``context``; see ``FeeModelCase``."""

    offer: ClassVar[FeeModelOffer]
    rules = FEE_MODEL_RULES
    case_class = FeeModelCase

    @pytest.mark.parametrize("rule", FEE_MODEL_RULES)
    def test_it_keeps_the_rule(self, rule: str) -> None:
        """One rule."""
        self.keep(rule)


class QuoteModelContract(Contract):
    """For quoting models. There is nothing else to set."""

    offer: ClassVar[QuoteModelOffer]
    rules = QUOTE_MODEL_RULES
    case_class = QuoteModelCase

    @pytest.mark.parametrize("rule", QUOTE_MODEL_RULES)
    def test_it_keeps_the_rule(self, rule: str) -> None:
        """One rule."""
        self.keep(rule)


class SinkContract(Contract):
    """For sinks. May set ``context``; see ``SinkCase``."""

    offer: ClassVar[SinkOffer]
    rules = SINK_RULES
    case_class = SinkCase

    @pytest.mark.parametrize("rule", SINK_RULES)
    def test_it_keeps_the_rule(self, rule: str) -> None:
        """One rule."""
        self.keep(rule)


class ConnectorContract(Contract):
    """For connectors. May set ``symbol`` and ``limit_s``; see ``ConnectorCase``."""

    offer: ClassVar[ConnectorOffer]
    rules = CONNECTOR_RULES
    case_class = ConnectorCase

    @pytest.mark.parametrize("rule", CONNECTOR_RULES)
    def test_it_keeps_the_rule(self, rule: str) -> None:
        """One rule."""
        self.keep(rule)
