"""When faults happen: keyed draws, so that the same seed gives the same faults.

A draw is keyed by the fault's name, the connection's number and the message's; it does not matter
what else was drawn, or when. Knows chances and limits, not what a fault does.
"""

from typing import Final

import attrs

from mm.api.draws import uniform
from mm_bitmex.mock.faults import NAMES, Faults

_PURPOSES: Final = {name: 1000 + place for place, name in enumerate(NAMES)}
HEAL_S: Final = 2.0
"""From the last fault to the fresh partials that end what clients could not see."""


@attrs.frozen
class InjectedFault:
    """A fault that happened."""

    name: str
    connection: int
    number: int
    """Of the market's message, of the connection's partial or topic, or of the HTTP request."""


class Plan:
    """The faults of one exchange, for all its connections."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self.injected_faults: list[InjectedFault] = []
        """What happened, in order."""
        self._seed = seed
        self._began_s: float | None = None

    def begin(self, now_s: float) -> None:
        """A connection came; the first one starts the time that ``for`` limits."""
        if self._began_s is None:
            self._began_s = now_s

    def hits(self, name: str, connection: int, number: int, now_s: float) -> bool:
        """Decide whether a fault strikes here; note it if it does."""
        share = self.faults.share(name)
        if not share or self.over(now_s):
            return False
        if uniform(self._seed, _PURPOSES[name], connection, number) >= share:
            return False
        self.injected_faults.append(InjectedFault(name, connection, number))
        return True

    def over(self, now_s: float) -> bool:
        """True once no fault can happen any more."""
        faults = self.faults
        if faults.count is not None and len(self.injected_faults) >= faults.count:
            return True
        late = faults.for_s is not None and self._began_s is not None
        return late and now_s >= (self._began_s or 0.0) + (faults.for_s or 0.0)

    def heal_s(self, now_s: float) -> float | None:
        """When what clients could not see should be mended; None = not in sight."""
        if self.over(now_s):
            return now_s + HEAL_S
        if self.faults.for_s is not None and self._began_s is not None:
            return self._began_s + self.faults.for_s + HEAL_S
        return None
