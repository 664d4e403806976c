"""What fires when: conditions are read and judged here, with time as an argument. No I/O.

A rule fires once its condition has held for ``for_s``, is told again every ``every_s`` while it
holds, and clears at the first look at which it does not. Between two tellings that it fires at
least ``every_s`` pass, also if it cleared in between; that it cleared is told at once, if it was
told that it fired. A quantity that is not known changes nothing.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import attrs

from mm.alerts.quantities import QUANTITIES, value_of
from mm.suggest import did_you_mean

_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_FORM: Final = re.compile(r"\s*(\w+)\s*(>=|<=|>|<)\s*(\S+)\s*")
_NUMBER: Final = re.compile(r"[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@attrs.frozen
class Condition:
    """A quantity on one side of a limit."""

    quantity: str
    """A name of ``QUANTITIES``."""
    sign: str
    """One of ``>``, ``>=``, ``<``, ``<=``."""
    limit: float
    """In the quantity's unit."""

    def holds(self, value: float) -> bool:
        """Whether it is so."""
        return _OPERATORS[self.sign](value, self.limit)

    def __str__(self) -> str:
        return f"{self.quantity} {self.sign} {self.limit:.12g}"


def parse_condition(text: str) -> Condition:
    """Read a condition such as ``silence_s > 30``.

    Raises:
        ValueError: it is none; the text is for the user.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no condition, expected one such as 'silence_s > 30'")
    name, sign, number = match.groups()
    if name not in QUANTITIES:
        near = did_you_mean(name, QUANTITIES)
        raise ValueError(
            f"unknown quantity {name!r}{near or ','} expected one of: {', '.join(QUANTITIES)}"
        )
    limit = float(number) if _NUMBER.fullmatch(number) else math.nan
    if not math.isfinite(limit):
        raise ValueError(f"the limit {number!r} is no finite number, expected one such as 30")
    return Condition(name, sign, limit)


@attrs.frozen(kw_only=True)
class Rule:
    """When to alert, and how often."""

    name: str
    """For people and programs; no two rules of a run have the same."""
    condition: Condition
    for_s: float
    """How long the condition has to hold before it fires."""
    every_s: float
    """From one telling that it fires to the next, at least."""


Kind: TypeAlias = Literal["firing", "resolved", "ended", "test"]


@attrs.frozen(kw_only=True)
class Event:
    """Something to be told."""

    rule: Rule
    kind: Kind
    """``ended``: the run did, while the rule was firing."""
    value: float
    """Of the quantity; NaN = not known."""
    lasted_s: float
    """Since the condition began to hold."""


@attrs.define
class _State:
    since_s: float | None = None
    """Since when the condition holds; None = it does not."""
    told: bool = False
    """That it fires."""
    not_before_s: float = -math.inf
    value: float = math.nan


class Rules:
    """Follows all rules of a run."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Start with none firing."""
        self._states = [(rule, _State()) for rule in rules]

    def step(self, now_s: float, figures: Mapping[str, float]) -> list[Event]:
        """Judge every rule at ``now_s``, which never runs backwards; return what is to be told."""
        events = (self._judge(rule, state, now_s, figures) for rule, state in self._states)
        return [event for event in events if event is not None]

    def end(self, now_s: float) -> list[Event]:
        """Tell, of each rule that was told to fire, that nobody looks any more."""
        return [_event("ended", rule, state, now_s) for rule, state in self._states if state.told]

    @property
    def firing(self) -> tuple[str, ...]:
        """The rules of which it was told that they fire and not that they cleared."""
        return tuple(rule.name for rule, state in self._states if state.told)

    def _judge(
        self, rule: Rule, state: _State, now_s: float, figures: Mapping[str, float]
    ) -> Event | None:
        value = value_of(rule.condition.quantity, figures)
        if not math.isfinite(value):
            return None
        state.value = value
        if not rule.condition.holds(value):
            event = _event("resolved", rule, state, now_s) if state.told else None
            state.since_s, state.told = None, False
            return event
        state.since_s = now_s if state.since_s is None else state.since_s
        if now_s - state.since_s < rule.for_s or now_s < state.not_before_s:
            return None
        state.told, state.not_before_s = True, now_s + rule.every_s
        return _event("firing", rule, state, now_s)


def _event(kind: Kind, rule: Rule, state: _State, now_s: float) -> Event:
    lasted_s = 0.0 if state.since_s is None else now_s - state.since_s
    return Event(rule=rule, kind=kind, value=state.value, lasted_s=lasted_s)
