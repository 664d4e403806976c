"""The rules for models, sinks and connectors catch what breaks them, and say what to change."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.testing import bad_models as bad

from mm.api import (
    ConnectorOffer,
    FeeModelOffer,
    FillModelOffer,
    LatencyModelOffer,
    NoConfig,
    QuoteModelOffer,
    SinkOffer,
)
from mm.testing import (
    ConnectorCase,
    FeeModelCase,
    FillModelCase,
    Finding,
    LatencyModelCase,
    QuoteModelCase,
    SinkCase,
)
from mm.testing.kit.connectors import CONNECTOR_RULES
from mm.testing.kit.findings import Rules, judge
from mm.testing.kit.models import (
    FEE_MODEL_RULES,
    FILL_MODEL_RULES,
    LATENCY_MODEL_RULES,
    QUOTE_MODEL_RULES,
)
from mm.testing.kit.sinks import SINK_RULES

KINDS: dict[str, tuple[Any, Any, Rules]] = {
    "fill": (FillModelOffer, FillModelCase, FILL_MODEL_RULES),
    "latency": (LatencyModelOffer, LatencyModelCase, LATENCY_MODEL_RULES),
    "fee": (FeeModelOffer, FeeModelCase, FEE_MODEL_RULES),
    "sink": (SinkOffer, SinkCase, SINK_RULES),
    "connector": (ConnectorOffer, ConnectorCase, CONNECTOR_RULES),
}
BACKWARDS = np.array([[1.0, 5.0], [0.0, 5.0]])
NEGATIVE = np.array([[0.0, -5.0]])

CAUGHT: list[tuple[str, str, Any, str, str]] = [
    ("fill", "answers", bad.fill_model(bad.overshoots), "expected within", "lots still ahead"),
    ("fill", "answers", bad.fill_model(on_depth=bad.loses_itself), "is nan", "NaN is no size"),
    ("fill", "repeatable", bad.fill_model(bad.counts), "answers otherwise", "keep no count"),
    ("fill", "draws", bad.fill_model(bad.draws), "uses its draw", "with draws=True"),
    ("fill", "compiled", bad.fill_model(bad.writes_text), "do not compile", "numbers, math"),
    ("latency", "answers", bad.latency_model(entry=BACKWARDS), "times that go back", "ascending"),
    ("latency", "answers", bad.latency_model(response=NEGATIVE), "latencies below 0", ">= 0"),
    (
        "latency",
        "answers",
        bad.latency_model(jitter=math.nan),
        "jitter is nan",
        "latencies [µs] >= 0",
    ),
    ("latency", "repeatable", bad.a_new_latency, "it answers otherwise", "draw nothing"),
    ("fee", "answers", bad.fee_model(lambda v, t: math.nan), "is nan, expected", "as a float"),
    ("fee", "order", bad.counted_fee, "which fills were asked", "use ``traded`` for volume"),
    ("fee", "building", bad.NoSurvey, "no fee", "all that mm.api.parts asks for"),
    ("fee", "building", dict, "build() raised TypeError", "refuse a configuration with"),
    ("sink", "writing", bad.KnowsNoCandles, "KeyError: 'candles'", "handle this input"),
    ("sink", "ends", bad.NeedsRows, "before any row: it raised IndexError", "work at any time"),
    ("sink", "cuts", bad.CountsCalls, "leaves another rows.txt", "write rows as rows"),
    ("sink", "repeatable", bad.DatesItsFile, "give another rows.txt", "no clock, no path"),
    ("sink", "fresh processes", bad.GoesByHashesSink, "PYTHONHASHSEED", "do not iterate over sets"),
    ("sink", "inputs", bad.ChangesRows, "changed the rows of", "other sinks get the same arrays"),
    ("sink", "purity", bad.DatesItsFile, "reads the clock: time.time_ns at", "from the data"),
    ("sink", "purity", bad.WritesElsewhere, "opens a file", "gets all it needs handed in"),
    ("connector", "building", bad.NoSurvey, "no survey, run", "all that mm.api.parts asks for"),
    ("connector", "survey", bad.NamesNothing, "0 symbols and 1 grids", "for each symbol"),
    ("connector", "survey", bad.CountsMoreThanThereIs, "3 crossed_rows in 2 rows", "count among"),
    ("connector", "stream", bad.RepeatsAWatermark, "contract: watermark", "see mm.api.MarketBatch"),
    (
        "connector",
        "stream",
        bad.SplitsAMessage,
        "a message split between batches",
        "mm.api.MarketBatch",
    ),
    ("connector", "repeatable", bad.NeverTheSame, "another stream", "send what the source holds"),
    ("connector", "closing", bad.StaysOpen, "left its outlet open", "with closing(out)"),
    ("connector", "fresh processes", bad.GoesByHashes, "PYTHONHASHSEED", "sort first"),
]


def find(kind: str, rule: str, build: Any) -> Finding:
    offer_class, case_class, rules = KINDS[kind]
    offer = offer_class(name="Bad", config=NoConfig, build=build)
    return judge(case_class(offer=offer, config=NoConfig()), rules, rule)


@pytest.mark.parametrize(
    ("kind", "rule", "build", "message", "change"),
    CAUGHT,
    ids=[f"{kind}, {rule}, {number}" for number, (kind, rule, *_) in enumerate(CAUGHT)],
)
def test_a_part_that_breaks_a_rule_is_told_what_to_change(
    kind: str, rule: str, build: Callable[..., Any], message: str, change: str
) -> None:
    found = find(kind, rule, build)
    assert not found.ok
    assert message in found.message
    assert change in found.change


def test_quotes_of_the_wrong_shape_are_told_the_right_one() -> None:
    offer = QuoteModelOffer(name="Bad", quotes=bad.flat_quotes, closed=bad.flat_quotes)
    found = judge(QuoteModelCase(offer=offer), QUOTE_MODEL_RULES, "answers")
    assert "quotes gave float64 of shape (13,), expected float64 of (1, 13)" in found.message
    assert "(times, inventories)" in found.change


@pytest.mark.parametrize(
    ("kind", "build"),
    [("fill", bad.fill_model()), ("latency", bad.latency_model()), ("sink", bad.Lines),
     ("fee", bad.fee_model(lambda value, traded: value * 1e-4)), ("connector", bad.Feed)],
    ids=["fill", "latency", "sink", "fee", "connector"],
)  # fmt: skip
def test_the_bases_of_the_bad_parts_break_no_rule(kind: str, build: Any) -> None:
    for rule in KINDS[kind][2]:
        found = find(kind, rule, build)
        assert found.ok, found


def test_a_connector_that_sends_nothing_is_said_to_be_unchecked() -> None:
    found = find("connector", "stream", bad.Silent)
    assert (found.ok, found.checked) == (True, False)
    assert "is its source within reach?" in found.message
