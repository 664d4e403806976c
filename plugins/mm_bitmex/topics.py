"""One subscription: sent, acknowledged, imaged, live; and asked for again when it is not.

A topic is live from its image (``partial``) on; whatever comes before is dropped. After a topic
was unsubscribed and subscribed anew, an image still under way belongs to the old subscription and
must not count: only one that follows the acknowledgement of the last request does.
Knows times and acknowledgements; knows no rows.
"""

import json
import math
from collections.abc import Iterable

import attrs

NEVER = math.inf

_STRIKES = 3
"""Requests for an image without an answer, or in a row, before the connection is given up."""


@attrs.define
class Topic:
    """The state of one subscription on one connection."""

    table: str
    symbol: str
    required: bool
    """False: without it the session goes on."""
    live: bool = False
    given_up: bool = False
    """The exchange does not have it."""
    pool: str = ""
    """Liquidity pool that the acknowledgement named."""
    unanswered: int = 0
    """Requests to subscribe that were not acknowledged yet."""
    requests: int = 0
    failures: int = 0
    deadline: float = NEVER
    """When the image must have come [s]."""
    retry_at: float = NEVER
    """When to ask again after the exchange said to wait [s]."""
    live_from: float = NEVER

    @property
    def name(self) -> str:
        """As it stands in requests."""
        return f"{self.table}:{self.symbol}"

    @property
    def wake_at(self) -> float:
        """The next time at which something is due [s]."""
        return min(self.deadline, self.retry_at)

    @property
    def worn_out(self) -> bool:
        """True if asking once more is pointless on this connection."""
        return self.failures >= _STRIKES

    def reset(self) -> None:
        """Forget everything that belonged to the connection."""
        self.live, self.pool = False, ""
        self.unanswered = self.requests = self.failures = 0
        self.deadline = self.retry_at = self.live_from = NEVER

    def asked(self, now: float, budget_s: float) -> None:
        """Note that a request was sent."""
        self.unanswered += 1
        self.requests += 1
        self.live, self.live_from = False, NEVER
        self.deadline, self.retry_at = now + budget_s, NEVER

    def answered(self) -> None:
        """Note an acknowledgement, or a refusal."""
        self.unanswered = max(self.unanswered - 1, 0)

    def takes_image(self) -> bool:
        """Say whether an image that comes now is the one that was asked for last."""
        return self.requests == 1 or (self.requests > 1 and self.unanswered == 0)

    def imaged(self, now: float) -> None:
        """Go live."""
        if not self.live:
            self.live_from = now
        self.live, self.deadline, self.retry_at = True, NEVER, NEVER

    def lost(self, now: float, good_s: float, counts: bool) -> None:
        """Stop being live; a long good time wipes out earlier strikes.

        Args:
            now: [s].
            good_s: how long is long [s].
            strike: count it.
        """
        if self.live and now - self.live_from >= good_s:
            self.failures = 0
        self.failures += counts
        self.live, self.live_from = False, NEVER

    def wait(self, until: float) -> None:
        """Ask again at ``until`` [s]."""
        self.live, self.live_from = False, NEVER
        self.deadline, self.retry_at = NEVER, until


def request(op: str, topics: Iterable[Topic]) -> str:
    """Write a command; ``op`` is ``subscribe`` or ``unsubscribe``."""
    return json.dumps({"op": op, "args": [topic.name for topic in topics]}, separators=(",", ":"))
