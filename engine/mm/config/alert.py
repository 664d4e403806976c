"""The tables ``[[alert]]``: what is watched in a live run, and who is told.

Described here, done by ``mm.alerts``. An address that is a secret stays out of the file: only the
name of the variable, or of the file, that holds it stands there. Nothing here reads either.
"""

from collections.abc import Sequence
from typing import Any, Final

import attrs

from mm.alerts.address import address_fault
from mm.alerts.rules import Rule, parse_condition
from mm.api import option
from mm.config.validation import Fault, FaultsError

_TOLD: Final = ("webhook", "webhook_env", "webhook_file", "command")


@attrs.frozen(kw_only=True)
class AlertTable:
    """``[[alert]]``, as many as are wanted; ``mm live`` reads them"""

    when: str = option(
        help="A quantity of the table below, one of `>`, `>=`, `<` and `<=`, and a number in its"
        " unit: `silence_s > 30`.",
    )
    name: str = option(
        "", help="What the alert is called; empty = as `when` has it. No two have the same.",
        one_line=80,
    )  # fmt: skip
    for_s: float = option(
        0.0, help="How long it has to be so before the alert fires.", unit="s", ge=0, le=86_400
    )
    every_s: float = option(
        300.0,
        help="Told again that often while it lasts, and never sooner after the last time.",
        unit="s",
        ge=1,
        le=604_800,
    )
    webhook: str = option(
        "", help="Address that JSON is posted to; as it stands here it is in the run's folder, too."
    )
    webhook_env: str = option(
        "", help="Instead of `webhook`: the environment variable that holds the address."
    )
    webhook_file: str = option(
        "", help="Instead of `webhook`: the file that holds the address, and nothing else."
    )
    command: list[str] = option(
        factory=list,
        help="Instead of a webhook: a program and its arguments, run without a shell, with the"
        " JSON on its stdin.",
    )
    timeout_s: float = option(
        10.0, help="For an answer, or for the command to end.", unit="s", ge=0.1, le=300
    )
    tries: int = option(
        5,
        help="Most tries to tell one alert; 1 s after the first, each wait twice the last.",
        unit="tries",
        ge=1,
        le=20,
    )

    def __attrs_post_init__(self) -> None:
        faults = list(self._faults())
        if faults:
            raise FaultsError(*faults)

    def _faults(self) -> list[Fault]:
        faults: list[Fault] = []
        try:
            parse_condition(self.when)
        except ValueError as error:
            faults.append((("when",), str(error)))
        told = [key for key in _TOLD if getattr(self, key)]
        if len(told) != 1:
            said = " and ".join(told) if told else "none of them is there"
            faults.append(((), f"expected one of {', '.join(_TOLD)}; {said}"))
        if self.webhook:
            faults += [(("webhook",), text) for text in _address_faults(self.webhook)]
        if self.command and not self.command[0]:
            faults.append((("command",), "the first word is empty, expected a program"))
        return faults

    @property
    def rule(self) -> Rule:
        """When to alert."""
        condition = parse_condition(self.when)
        name = self.name or str(condition)
        return Rule(name=name, condition=condition, for_s=self.for_s, every_s=self.every_s)


def _address_faults(url: str) -> list[str]:
    """Never quotes the address."""
    fault = address_fault(url)
    if fault:
        return [f"the address {fault}"]
    if "@" in url or "?" in url:
        return [
            "the address holds what looks like a password or a key, which would stand in the run's"
            " folder; put it into an environment variable or a file, and name that in webhook_env"
            " or webhook_file"
        ]
    return []


def same_names(alerts: Sequence[AlertTable | None]) -> list[tuple[int, str]]:
    """Say which alerts are called as one before them."""
    seen: set[str] = set()
    faults = []
    for number, alert in enumerate(alerts):
        if alert is None:
            continue
        if alert.rule.name in seen:
            faults.append((number, f"a second alert is called {alert.rule.name!r}; set name"))
        seen.add(alert.rule.name)
    return faults


LISTS: Final[dict[str, type[Any]]] = {"alert": AlertTable}
"""Top-level tables of which there may be several, ``[[name]]`` -> class."""
