"""Rules that hold for a part of any kind: its options, its building, and fresh processes."""

from typing import Any, Protocol

from mm.api import MMError
from mm.testing.kit.findings import Rule, Verdict, broken, held, told, untried
from mm.testing.kit.fresh import NotMovableError, fresh_digests
from mm.testing.kit.options import explained, extremes
from mm.testing.kit.purity import Impurity


class PartCase(Protocol):
    """What the rules here ask of a case."""

    offer: Any
    config: Any

    def build(self, config: Any = None) -> Any:
        """Build the part, with another configuration if one is given."""
        ...

    def digest(self) -> str:
        """Say in one hash what the part does."""
        ...


def options_rule(case: PartCase) -> Verdict:
    """Each option is explained, and each default allowed."""
    return explained(case.offer.config)


def building_rule(*methods: str) -> Rule:
    """Return the rule that a part can be built and has these attributes."""

    def rule(case: PartCase) -> Verdict:
        try:
            part = case.build()
        except MMError as error:
            return untried(f"it refuses its configuration: {told(error)}; set what it needs")
        except Exception as error:
            return broken(
                f"build() raised {type(error).__name__}: {error}",
                "take what mm.api.offers says; refuse a configuration with ConfigError",
            )
        missing = [name for name in methods if not hasattr(part, name)]
        if missing:
            text = f"what build() returns has no {', '.join(missing)}"
            return broken(text, f"give {type(part).__name__} all that mm.api.parts asks for")
        return held(f"builds a {type(part).__name__}")

    return rule


def bounds_rule(case: PartCase) -> Verdict:
    """At the bounds of its options a part is built, or refused with a ConfigError."""
    tried = 0
    for name, bound, config in extremes(case.config):
        try:
            case.build(config)
        except MMError:
            pass
        except Exception as error:
            return broken(
                f"with {name} = {bound}, which its bounds allow, build() raised"
                f" {type(error).__name__}: {error}",
                "narrow the option's bounds, or raise ConfigError with a sentence for the user",
            )
        tried += 1
    return held(f"{tried} values at bounds are built or refused in words")


def fresh_rule(case: PartCase) -> Verdict:
    """Other processes with other hash seeds say the same."""
    expected = case.digest()
    try:
        found = fresh_digests(case)
    except NotMovableError as error:
        return untried(str(error))
    if any(digest != expected for digest in found):
        return broken(
            "another process with another PYTHONHASHSEED gives something else",
            "do not iterate over sets, use hash() or id(), or depend on the process; sort first",
        )
    return held(f"{len(found)} processes with other hash seeds give the same")


def purity_verdict(found: list[tuple[str, Impurity]], calls: str) -> Verdict:
    """Tell what a watched part did."""
    if not found:
        return held(f"{calls} read no clock, draw no chance, open nothing, start nothing")
    told_already: dict[str, str] = {}
    for method, one in found:
        told_already.setdefault(f"{method}() {one.what}", one.change)
    return broken("; ".join(told_already), "; ".join(dict.fromkeys(told_already.values())))


def unchanged_verdict(changed: list[str], change: str) -> Verdict:
    """Tell which inputs were written to."""
    if changed:
        return broken(changed[0], change)
    return held("inputs are left as they were")
