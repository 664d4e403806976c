"""What every transformer must keep to: rows that follow from events up to their time, no more.

A transformer is fed directly, batch by batch; nothing else of a run is needed.
"""

import copy
import pickle
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final

import attrs
import numpy as np

from mm.api import TOUCH_FIELDS, Context, MarketBatch, PluginError, Rows, Transformer
from mm.api.offers import TransformerOffer
from mm.testing.feeds import cut_stream
from mm.testing.kit.findings import (
    Finding,
    Rules,
    Verdict,
    broken,
    held,
    judge_all,
    told,
    untried,
)
from mm.testing.kit.network import digest_tables, first_difference, trial_context
from mm.testing.kit.parts import (
    bounds_rule,
    building_rule,
    fresh_rule,
    options_rule,
    purity_verdict,
    unchanged_verdict,
)
from mm.testing.kit.watched import WatchedTransformer
from mm.testing.markets import change_future, random_market, with_heartbeats

_WILD_SEEDS: Final = (1, 2, 3, 4)


@attrs.define(kw_only=True, slots=False)
class TransformerCase:
    """A transformer, and what it is tried on."""

    offer: TransformerOffer
    config: Any
    context: Context = attrs.field(factory=trial_context)
    market: Rows = attrs.field(factory=lambda: random_market(0, wild=False))
    """dtype EVENT; must be legal for one instrument of ``context``."""
    gate: tuple[str, ...] = ("building", "rows")
    judged: dict[str, Finding] = attrs.field(factory=dict, init=False)

    def build(self, config: Any = None) -> Transformer:
        """Build a fresh one."""
        made: Transformer = self.offer.build(config or self.config, self.context)
        return made

    def rows(self, batches: Iterable[MarketBatch]) -> Rows:
        """Give the rows of a fresh one."""
        return push_all(self.build(), batches)

    def digest(self) -> str:
        """Say in one hash what it makes of the market."""
        return digest_tables({"rows": self.rows(cut_stream(self.market))})

    @cached_property
    def expected(self) -> Rows:
        """The rows of the market, in one batch."""
        return self.rows(cut_stream(self.market))

    def compare(self, rows: Rows) -> str | None:
        """Describe the first difference from ``expected``."""
        return first_difference({"rows": self.expected}, {"rows": rows})

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was found here: another process shall find it itself."""
        state = dict(self.__dict__)
        state.pop("expected", None)
        return state | {"judged": {}}


def push_all(transformer: Transformer, batches: Iterable[MarketBatch]) -> Rows:
    """Feed batches, and hold each answer to the contract.

    Raises:
        PluginError: rows of another dtype, out of order, or at times that are not theirs.
    """
    every = [np.zeros(0, transformer.dtype)]
    before = -1
    for batch in batches:
        rows = transformer.push(batch)
        if rows.dtype != transformer.dtype:
            raise PluginError(f"push() gave rows of {rows.dtype}, its dtype is {transformer.dtype}")
        times = rows["ts"]
        if len(times) and (times[0] <= before or times[-1] > batch.watermark):
            raise PluginError(
                f"push() gave rows at {times[0]}..{times[-1]} µs for a batch of"
                f" ({before}, {batch.watermark}] µs"
            )
        if np.any(np.diff(times) < 0):
            raise PluginError("push() gave rows that are not in order of ts")
        before = batch.watermark
        every.append(rows.copy())
    return np.concatenate(every)


def _rows(case: TransformerCase) -> Verdict:
    touch = [name for name, _ in TOUCH_FIELDS]
    columns = list(case.build().dtype.names or ())
    if columns[: len(touch)] != touch:
        text = f"its dtype starts with {', '.join(columns[: len(touch)])}"
        return broken(text, f"start the dtype with [*TOUCH_FIELDS, ...]: {', '.join(touch)}")
    rows = case.expected
    if not len(rows):
        return held("no rows for the market it is tried on: give another market or configuration")
    return held(f"{len(rows)} rows for {len(case.market)} events")


def _random_markets(case: TransformerCase) -> Verdict:
    for instruments in (1, 2):
        for seed in _WILD_SEEDS:
            events = random_market(seed, instruments=instruments)
            context = attrs.evolve(trial_context(instruments), seed=case.context.seed)
            wild = attrs.evolve(case, context=context, market=events)
            try:
                wild.rows(with_heartbeats(cut_stream(events, 50)))
            except Exception as error:
                return broken(
                    f"random_market({seed}, instruments={instruments}): {told(error)}",
                    "handle empty, one-sided and crossed touches, gaps and large prices: all legal",
                )
    return held(f"{2 * len(_WILD_SEEDS)} random markets are handled")


def _batch_cuts(case: TransformerCase) -> Verdict:
    for rows in (1, 7, 100):
        found = case.compare(case.rows(cut_stream(case.market, rows)))
        if found is not None:
            return _cut_shows(f"in batches of {rows} rows: {found}")
    found = case.compare(case.rows(with_heartbeats(cut_stream(case.market, 20))))
    if found is not None:
        return _cut_shows(f"with empty batches between: {found}")
    return held("any cut into batches gives the same rows")


def _cut_shows(text: str) -> Verdict:
    return broken(
        text,
        "treat a batch as events in a row: keep what you need of it in self, and use neither its"
        " length nor what comes later in it",
    )


def _causality(case: TransformerCase) -> Verdict:
    first, last = int(case.market["ts_local"][0]), int(case.market["ts_local"][-1])
    for share in (0.3, 0.6, 0.9):
        ts = int(first + share * (last - first))
        changed = case.rows(cut_stream(change_future(case.market, ts)))
        found = first_difference({"rows": case.expected}, {"rows": changed}, until=ts)
        if found is not None:
            return broken(
                f"events after {ts} µs were changed, and a row before them moved: {found}",
                "make a row of events with ts_local <= its ts only, not of the whole batch",
            )
    return held("rows do not know their future")


def _instances(case: TransformerCase) -> Verdict:
    """Two at a time, one on another market, and each must be as if alone."""
    ours, other = case.build(), case.build()
    batches = zip(
        cut_stream(case.market, 40), cut_stream(random_market(9, wild=False), 40), strict=False
    )
    ours_alone = case.rows(cut_stream(case.market, 40))
    rows = [np.zeros(0, ours.dtype)]
    end = 0
    for mine, its in batches:
        rows.append(ours.push(mine).copy())
        other.push(its)
        end = mine.watermark
    expected = ours_alone[ours_alone["ts"] <= end]
    found = first_difference({"rows": expected}, {"rows": np.concatenate(rows)})
    if found is not None:
        return broken(
            f"beside another instance: {found}",
            "keep what it remembers in self, made new in __init__, not in the class or the module",
        )
    return held("instances do not know each other")


def _inputs(case: TransformerCase) -> Verdict:
    watched = WatchedTransformer(case.build())
    push_all(watched, cut_stream(case.market, 50))
    return unchanged_verdict(
        watched.changed, "copy what you change: other tasks read the same arrays"
    )


def _purity(case: TransformerCase) -> Verdict:
    case.rows(cut_stream(case.market, 50))  # compiles and imports what it will
    watched = WatchedTransformer(case.build())
    push_all(watched, cut_stream(case.market, 50))
    return purity_verdict(watched.found, "calls of push()")


def _copies(case: TransformerCase) -> Verdict:
    """A copy made in mid-stream goes on like the original, and leaves it alone."""
    batches = list(cut_stream(case.market, 20))
    half = len(batches) // 2
    original = case.build()
    rows = push_all(original, batches[:half])
    try:
        copies = [copy.deepcopy(original), pickle.loads(pickle.dumps(original))]
    except Exception as error:
        return untried(f"it cannot be copied ({type(error).__name__}: {error}), and need not be")
    for one in (*copies, original):
        rest = [one.push(batch).copy() for batch in batches[half:]]
        found = case.compare(np.concatenate([rows, *rest]))
        if found is not None:
            return broken(
                f"continued from a copy: {found}",
                "keep all that is remembered in self, as values that copying copies",
            )
    return held("copies made in mid-stream go on alike")


TRANSFORMER_RULES: Final[Rules] = {
    "options": options_rule,
    "building": building_rule("dtype", "push"),
    "bounds": bounds_rule,
    "rows": _rows,
    "random markets": _random_markets,
    "batch cuts": _batch_cuts,
    "causality": _causality,
    "instances": _instances,
    "fresh processes": fresh_rule,
    "inputs": _inputs,
    "purity": _purity,
    "copies": _copies,
}
"""Name of the rule -> how it is tried on a TransformerCase."""


def check_transformer(offer: TransformerOffer, config: Any, **settings: Any) -> list[Finding]:
    """Try every rule on a transformer.

    Args:
        offer: of the transformer.
        config: an object of its config class.
        settings: other fields of ``TransformerCase``.
    """
    return judge_all(TransformerCase(offer=offer, config=config, **settings), TRANSFORMER_RULES)
