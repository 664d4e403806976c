"""What fill, latency, fee and quoting models must keep to: pure functions with sane answers."""

import os
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from mm.api import FeeModelOffer, FillModelOffer, LatencyModelOffer, QuoteModelOffer
from mm.api.addresses import RULE
from mm.api.jit import compiled_function
from mm.testing.kit.findings import Finding, Rules, Verdict, broken, held, judge_all, told, untried
from mm.testing.kit.model_case import (
    DEPTHS,
    FILLS,
    INVENTORIES,
    PRINTS,
    QUOTED,
    FeeModelCase,
    FillModelCase,
    LatencyModelCase,
    ModelCase,
    QuoteModelCase,
    ask_rules,
    fill_named,
    quotes_of,
)
from mm.testing.kit.network import Way, first_difference
from mm.testing.kit.parts import (
    bounds_rule,
    building_rule,
    fresh_rule,
    options_rule,
    purity_verdict,
)
from mm.testing.kit.purity import watching

_PURE: Final = (
    "compute the answer from the arguments alone: keep no count, read no clock, draw nothing"
)


def _print_answers(case: FillModelCase) -> Verdict:
    """A print cannot push us back, nor reach us with more than its size."""
    model = case.build()
    for question in PRINTS:
        ahead, level, size, draw = question
        answer = model.on_print(*question, *model.parameters)
        if not -size <= answer <= ahead:
            return broken(
                f"on_print(ahead={ahead:g}, level={level:g}, size={size:g}, draw={draw:g}) is"
                f" {answer:g}, expected within [{-size:g}, {ahead:g}]",
                "answer the lots still ahead, or minus the lots that reached us",
            )
    for question in DEPTHS:
        ahead, before, after, printed = question
        answer = model.on_depth(*question, *model.parameters)
        if not answer <= ahead:
            return broken(
                f"on_depth(ahead={ahead:g}, before={before:g}, after={after:g},"
                f" printed={printed:g}) is {answer:g}, expected at most {ahead:g}",
                "answer the lots still ahead: nobody gets in before us, and NaN is no size",
            )
    return held(f"{len(PRINTS)} prints and {len(DEPTHS)} changes of depth have sane answers")


def _draws(case: FillModelCase) -> Verdict:
    """A model that does not say so must not use its draw."""
    model = case.build()
    for ahead, level, size, draw in PRINTS:
        low = model.on_print(ahead, level, size, 0.0, *model.parameters)
        if not model.draws and low != model.on_print(ahead, level, size, draw, *model.parameters):
            return broken(
                "on_print uses its draw, and the model does not say so",
                "build the FillModel with draws=True",
            )
    return held("uses its draw" if model.draws else "uses no draw")


def _compiled(case: FillModelCase) -> Verdict:
    """What the venue runs is the compiled rule."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return untried("NUMBA_DISABLE_JIT is set")
    model = case.build()
    try:
        rules = [compiled_function(rule, RULE).ctypes for rule in (model.on_print, model.on_depth)]
    except Exception as error:
        return broken(
            f"its rules do not compile: {told(error)}",
            "use numbers, math and conditions only; define the rules at the top of a module",
        )
    if not np.array_equal(ask_rules(model, *rules), case.expected, equal_nan=True):
        text = "compiled, the rules answer otherwise than as plain Python"
        return broken(text, "read no globals that change; avoid integer overflow and // on floats")
    return held("compiled and plain Python answer the same")


def _latencies(case: LatencyModelCase) -> Verdict:
    model = case.build()
    change = "give float64 tables of shape (n, 2): times ascending [µs], latencies [µs] >= 0"
    for name in ("entry", "response"):
        table = getattr(model, name)
        shape = getattr(table, "shape", None)
        if shape is None or len(shape) != 2 or shape[0] < 1 or shape[1] != 2:
            return broken(f"{name} has the shape {shape}", change)
        if table.dtype != np.float64 or not np.all(np.isfinite(table)):
            return broken(f"{name} holds {table.dtype}, or numbers that are not finite", change)
        if np.any(np.diff(table[:, 0]) < 0) or np.any(table[:, 1] < 0):
            return broken(f"{name} has times that go back, or latencies below 0", change)
    numbers = {n: getattr(model, n) for n in ("entry_multiple", "response_multiple", "jitter")}
    for name, value in numbers.items():
        if not 0 <= value < np.inf:
            return broken(f"{name} is {value}, expected a finite number >= 0", change)
    return held(f"{len(model.entry)} and {len(model.response)} points, jitter {model.jitter:g}")


def _fees(case: FeeModelCase) -> Verdict:
    model = case.build()
    for fill in FILLS:
        fee = model.fee(**fill_named(fill))
        if not isinstance(fee, int | float) or not abs(fee) < np.inf:
            return broken(
                f"the fee of {fill_named(fill)} is {fee!r}, expected a finite number",
                "return settlement currency as a float, for every value and volume above 0",
            )
    return held(f"{len(FILLS)} fills have finite fees")


def _quotes(case: QuoteModelCase) -> Verdict:
    answered = 0
    for name in ("quotes", "closed"):
        for inputs, tau in QUOTED:
            pair = quotes_of(getattr(case.offer, name), inputs, tau)
            shape = (1 if tau is None else len(tau), len(INVENTORIES))
            for side in pair or ():
                if side.shape != shape or side.dtype != np.float64:
                    return broken(
                        f"{name} gave {side.dtype} of shape {side.shape}, expected float64 of"
                        f" {shape}",
                        "answer two arrays of shape (times, inventories); (1, n) without tau",
                    )
                if np.any(np.isinf(side)):
                    return broken(f"{name} gave an infinite distance", "say NaN for no quote")
            answered += pair is not None
    return held(f"{answered} of {2 * len(QUOTED)} questions have answers of the right shape")


def _repeatable(case: ModelCase) -> Verdict:
    """The same model asked again, and a second one, say the same."""
    model = case.build()
    for one, who in ((model, "built anew"), (model, "asked again"), (case.build(), "a second")):
        if not np.array_equal(case.answers(one), case.expected, equal_nan=True):
            return broken(f"{who}, it answers otherwise", _PURE)
    return held("asked again, it answers the same")


def _order(case: FeeModelCase) -> Verdict:
    half = len(FILLS)
    if not np.array_equal(case.expected[:half], case.expected[half:][::-1]):
        text = "a fill's fee depends on which fills were asked about before"
        return broken(text, "use ``traded`` for volume; keep nothing between calls")
    return held("a fill's fee does not depend on the fills before it")


def _runs(case: ModelCase) -> Verdict:
    """At work in the network, it does not show how the run was cut."""
    whole = case.run()
    for way in (Way(rows=1, capacity=0, schedule=1), Way(longest_block=1, schedule=2)):
        found = first_difference(whole, case.run(way))
        if found is not None:
            return broken(f"at work under {way}: {found}", _PURE)
    return held(f"{len(whole['trades'])} fills are the same under any cut and schedule")


def _purity(case: ModelCase) -> Verdict:
    model = case.build()
    case.answers(model)  # imports what it will
    with watching() as found:
        case.answers(model)
    return purity_verdict([("the model", one) for one in found], "its functions")


def _rules(answers: Callable[[Any], Verdict], *attributes: str, **more: Any) -> Rules:
    """Put the rules of a kind together."""
    return {
        "options": options_rule,
        "building": building_rule(*attributes),
        "answers": answers,
        "bounds": bounds_rule,
        "repeatable": _repeatable,
        **{name.replace("_", " "): rule for name, rule in more.items()},
        "fresh processes": fresh_rule,
        "purity": _purity,
    }


FILL_MODEL_RULES: Final = _rules(
    _print_answers, "on_print", "on_depth", "parameters", draws=_draws, compiled=_compiled,
    runs=_runs,
)  # fmt: skip
LATENCY_MODEL_RULES: Final = _rules(
    _latencies, "entry", "response", "entry_multiple", "response_multiple", "jitter", runs=_runs
)
FEE_MODEL_RULES: Final = _rules(_fees, "fee", order=_order, runs=_runs)
QUOTE_MODEL_RULES: Final = _rules(_quotes, "quotes", "closed")


def check_fill_model(offer: FillModelOffer, config: Any, **settings: Any) -> list[Finding]:
    """Try every rule on a fill model; ``settings`` are other fields of ``FillModelCase``."""
    return judge_all(FillModelCase(offer=offer, config=config, **settings), FILL_MODEL_RULES)


def check_latency_model(offer: LatencyModelOffer, config: Any, **settings: Any) -> list[Finding]:
    """Try every rule on a latency model; ``settings`` are other fields of ``LatencyModelCase``."""
    return judge_all(LatencyModelCase(offer=offer, config=config, **settings), LATENCY_MODEL_RULES)


def check_fee_model(offer: FeeModelOffer, config: Any, **settings: Any) -> list[Finding]:
    """Try every rule on a fee model; ``settings`` are other fields of ``FeeModelCase``."""
    return judge_all(FeeModelCase(offer=offer, config=config, **settings), FEE_MODEL_RULES)


def check_quote_model(offer: QuoteModelOffer, config: Any = None) -> list[Finding]:
    """Try every rule on a quoting model."""
    return judge_all(QuoteModelCase(offer=offer, config=config), QUOTE_MODEL_RULES)
