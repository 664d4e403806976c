"""What a check of a plugin's part comes to: findings, one a rule, each with what to change.

A *case* is one part with all that it takes to try it; a *rule* is a function of a case. Some rules
come first (the gate): a part that cannot be built, does not run, or is far too slow is not tried
further, and the other rules say so. Knows no kind of part.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias

import attrs

from mm.api import MMError


@attrs.frozen(kw_only=True)
class Finding:
    """What one rule found."""

    rule: str
    ok: bool
    message: str
    """What was found."""
    change: str = ""
    """What to change in the plugin; empty if nothing."""
    checked: bool = True
    """False: the rule could not be tried here, ``message`` says why, and ``ok`` is True."""


@attrs.frozen
class Verdict:
    """A rule's answer, before it is known under which name the rule was asked."""

    ok: bool
    message: str
    change: str = ""
    checked: bool = True


def held(message: str) -> Verdict:
    """Say that the rule holds."""
    return Verdict(True, message)


def broken(message: str, change: str) -> Verdict:
    """Say that the rule is broken, and what to do about it."""
    return Verdict(False, message, change)


def untried(message: str) -> Verdict:
    """Say why the rule could not be tried."""
    return Verdict(True, f"not checked: {message}", checked=False)


class Case(Protocol):
    """One part, with all that it takes to try it."""

    gate: tuple[str, ...]
    """Names of the rules that come first."""
    judged: dict[str, Finding]
    """What the gate's rules found, so that each is tried once."""


_NEEDS_NO_PART: Final = ("options",)
"""Rules that can be tried whatever the gate finds."""

BLOCKED: Final = "comes first"
"""How the message of a rule ends that waits for one of the gate."""

Rule: TypeAlias = Callable[[Any], Verdict]
Rules: TypeAlias = Mapping[str, Rule]


def judge(case: Case, rules: Rules, name: str) -> Finding:
    """Try one rule on a case, after those of the gate."""
    for first in () if name in _NEEDS_NO_PART else case.gate:
        if first not in case.judged:
            case.judged[first] = _try(case, rules[first], first)
        if first == name:
            return case.judged[first]
        if not (case.judged[first].ok and case.judged[first].checked):
            return _named(name, untried(f"the rule {first!r} {BLOCKED}"))
    return _try(case, rules[name], name)


def judge_all(case: Case, rules: Rules) -> list[Finding]:
    """Try every rule on a case, in order."""
    return [judge(case, rules, name) for name in rules]


def _try(case: Case, rule: Rule, name: str) -> Finding:
    try:
        return _named(name, rule(case))
    except Exception as error:  # whatever a stranger's part raises
        return _named(name, broken(told(error), raised_change(error)))


def _named(name: str, verdict: Verdict) -> Finding:
    return Finding(
        rule=name,
        ok=verdict.ok,
        message=verdict.message,
        change=verdict.change,
        checked=verdict.checked,
    )


def told(error: BaseException) -> str:
    """Write an error in one line, with its class unless it is one of mm's."""
    text = " ".join(str(error).split())
    if isinstance(error, MMError) and text:
        return text
    return f"it raised {type(error).__name__}: {text}".removesuffix(": ")


def raised_change(error: BaseException) -> str:
    """Say what to do about an error that a part raised where it must not."""
    if isinstance(error, MMError) and error.__cause__ is None:
        return "give what the interface says (mm.api.parts), or set a configuration that works"
    return "handle this input: an error here ends the user's run"
