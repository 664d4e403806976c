"""The judgement of a study in plain words: what may be concluded, and what must not be.

Knows the numbers of ``mm.judge``; nothing of charts or of HTML.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from mm.api import MICRO
from mm.judge import FALLS_AWAY, Fold, Judgement, efficiency
from mm.results.report.tables import number, share
from mm.study.report.content import Content, SetResult

Mood = Literal["good", "warn", "bad"]
Sentence = tuple[Mood, str]

ENOUGH: Final = 0.95
"""Deflated Sharpe ratio from which a set is believed to be worth something (the paper's level)."""
OVERFIT: Final = 0.05
"""Probability of overfitting above which the papers' authors reject a choice."""
_NOTABLE: Final = 0.005
"""Probabilities this close are said once."""
_ASSUMED: Final = ("execution.", "position.", "instrument.", "funding.")
"""Keys that say how the venue is taken to be, not what the strategy does."""
_DAY_S: Final = 86_400
_DAYS: Final = 20
"""Fewer days than this are said to be few."""


def verdict(content: Content, found: Judgement | None) -> list[Sentence]:
    """Say what the study shows, the most important first."""
    if found is None:
        return [*_nothing(content), *_kept_out(content)]
    return [
        *_loss(content),
        *_neighbours(content, found),
        *_assumed(content),
        *_deflated(content, found),
        *_overfitting(found),
        *_forward(content, found),
        *_folds(content),
        *_likeness(content, found),
        *_span(content),
        *_kept_out(content),
    ]


def spoken(values: Mapping[str, Any]) -> str:
    """Name a set by its values, with the last words of the keys."""
    names = short(list(values))
    return ", ".join(f"{names[key]} = {value_text(value)}" for key, value in values.items())


def value_text(value: Any) -> str:
    """Write a value of a key; a number with the digits that tell it from others."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def short(keys: list[str] | tuple[str, ...]) -> dict[str, str]:
    """Shorten keys to their last word, where that is of one key alone."""
    last = [key.rpartition(".")[2] for key in keys]
    return {
        key: word if last.count(word) == 1 else key for key, word in zip(keys, last, strict=True)
    }


def varied(content: Content, one: SetResult) -> str:
    """Name a set by the parameters that take more than one value."""
    return spoken({key: one.values[key] for key in content.keys} or one.values)


def _nothing(content: Content) -> Iterator[Sentence]:
    if not content.sets:
        yield "bad", "No set can be judged."
        return
    text = (
        "One set alone cannot be judged: there is nothing to hold it against. Vary a key over"
        " several values."
    )
    yield "warn", text


def _loss(content: Content) -> Iterator[Sentence]:
    best = content.sets[0]
    if best.equity < 0:
        yield "warn", f"Even the best set lost: its equity is {number(best.equity, 4)}."


def _neighbours(content: Content, found: Judgement) -> Iterator[Sentence]:
    near, apart = len(found.neighbours), len(found.apart)
    best = varied(content, content.sets[0])
    within = (
        f"{found.alike:,} of the {len(content.sets) - 1:,} other sets are within one standard error"
        " of it, or above it."
    )
    if found.distinct:
        text = (
            f"The best set ({best}) earned more than each of its {near} neighbours by over"
            f" {found.needed:.2g} standard errors; chance does that in at most one study of twenty."
        )
        yield "good", f"{text} {within}"
        return
    nearest = min(
        (n for n in found.neighbours if n not in found.apart),
        key=lambda n: float(found.lead.total[n]),
    )
    lead, error = float(found.lead.total[nearest]), float(found.lead.error[nearest])
    text = (
        f"The best set ({best}) cannot be told from its neighbours: {near - apart} of {near} are"
        f" less than {found.needed:.2g} standard errors behind it, the nearest"
        f" ({varied(content, content.sets[nearest])}) by {number(lead, 3)} ± {number(error, 2)}."
        " Its values are one choice among several that these data do not tell apart."
    )
    yield "warn", f"{text} {within}"


def _assumed(content: Content) -> Iterator[Sentence]:
    keys = [key for key in content.keys if key.startswith(_ASSUMED)]
    if keys:
        are = "is an assumption" if len(keys) == 1 else "are assumptions"
        text = (
            f"{' and '.join(keys)} {are} about the venue, not a choice: the best of all sets is"
            " partly the kindest assumption. Compare strategies at the values that you believe."
        )
        yield "warn", text
    if "engine.seed" in content.keys:
        yield "warn", "engine.seed is luck: the best of its values is the luckiest one."


def _deflated(content: Content, found: Judgement) -> Iterator[Sentence]:
    s = found.sharpe
    if math.isnan(s.probability):
        yield "warn", "The best set's equity never varied, so it has no Sharpe ratio to deflate."
        return
    text = (
        f"Deflated Sharpe ratio {s.probability:.3f}: with {s.trials:,} sets tried, the probability"
        " that the best one is worth more than nothing; had it been the only one,"
        f" {s.alone:.3f}."
    )
    if s.by_luck > s.probability + _NOTABLE:
        text += (
            " That takes all that differs between sets for luck, also what parameters truly do;"
            f" with no more luck than {len(content.blocks)} blocks allow it is {s.by_luck:.3f}."
        )
    if s.by_luck >= ENOUGH:
        yield "good", text
    else:
        luck = f" Below {ENOUGH:g}, luck explains it well enough." if s.sharpe > 0 else ""
        yield "warn", f"{text}{luck}"


def _overfitting(found: Judgement) -> Iterator[Sentence]:
    o = found.overfitting
    text = (
        f"Probability of overfitting {o.probability:.3f}: of {len(o.logits):,} ways to halve the"
        f" time, in {share(o.probability)} the set that was best on one half was no better than"
        " the middle one on the other (a coin: 50 %)."
    )
    if o.probability > OVERFIT:
        yield "warn", f"{text} Above {OVERFIT:g}, being the best says little about what follows."
    else:
        yield "good", text


def _forward(content: Content, found: Judgement) -> Iterator[Sentence]:
    step = found.split
    text = (
        "The best set of the first half of the time"
        f" ({varied(content, content.sets[step.chosen])}) earned {number(step.earned, 4)} in the"
        f" second, where all sets earned {number(step.average, 4)} on average; it was better there"
        f" than {share(step.better)} of the others."
    )
    yield "good" if step.earned > 0 and step.better > 0.5 else "warn", text


def fold_words(fold: Fold) -> str:
    """Say what is left of a fold's figure out of sample."""
    if math.isnan(fold.outside):
        return "not known: the set has no such figure there"
    if not fold.falls_away:
        return "holds"
    return "falls away: a loss" if fold.outside < 0 else "falls away"


def _folds(content: Content) -> Iterator[Sentence]:
    folds = content.folds
    if not folds or content.split is None:
        return
    inside = math.fsum(one.inside for one in folds) / len(folds)
    outside = math.fsum(one.outside for one in folds) / len(folds)
    fallen = sum(one.falls_away for one in folds)
    ahead = sum(one.outside > one.average for one in folds)
    ratio = efficiency(folds)
    left = "" if math.isnan(ratio) else f", {ratio:.2f} of it"
    text = (
        f"Walk-forward over {content.cut}, {content.split.train} to choose on and"
        f" {content.split.test} to judge by: the chosen sets had a mean {content.cut_by} of"
        f" {number(inside, 4)} in sample and {number(outside, 4)} out of sample{left}; they were"
        f" better there than the average set in {ahead} of {len(folds)} folds."
    )
    if ratio >= FALLS_AWAY and 2 * fallen <= len(folds):
        yield "good", text
        return
    yield (
        "warn",
        (
            f"{text} What was found in sample falls away out of sample in {fallen} of {len(folds)}"
            " folds: do not expect of the best set what it shows here."
        ),
    )


def _likeness(content: Content, found: Judgement) -> Iterator[Sentence]:
    if found.likeness > 2 / math.sqrt(len(content.blocks)):
        text = (
            f"Neighbouring blocks of the best set are alike (correlation {found.likeness:.2f}), so"
            " errors are larger than shown, and probabilities less certain."
        )
        yield "warn", text


def _span(content: Content) -> Iterator[Sentence]:
    days = sum(end - start for start, end in content.spans) / MICRO / _DAY_S
    if days >= _DAYS:
        return
    units = (("days", days), ("hours", 24 * days), ("minutes", 24 * 60 * days))
    long = next((f"{much:.3g} {unit}" for unit, much in units if much >= 2), "2 minutes or less")
    text = (
        f"All this is of {long} of market. What differs from day to day is not in it, and no figure"
        " here can know it: errors and probabilities hold for more of the same market."
    )
    yield "warn", text


def _kept_out(content: Content) -> Iterator[Sentence]:
    if content.others:
        count = len(content.others) + len(content.sets)
        text = f"{len(content.others):,} of {count:,} sets are not judged: the last table says why."
        yield "bad", text
    if content.left_out:
        text = (
            f"{content.left_out:,} rows in the folder are of another study (other keys were"
            " varied, or other values set) or were made anew, and are left out."
        )
        yield "warn", text
