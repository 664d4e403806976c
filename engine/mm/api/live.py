"""What a connector that listens to an exchange may tell beside its stream: how it is doing.

For people and summaries only. Nothing in here reaches a strategy, so nothing in here has to be the
same in a replay.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

import attrs

from mm.api.errors import MMError
from mm.api.parts import Connector


@attrs.frozen(kw_only=True)
class News:
    """Something that a live connector's user should know: a line of a log."""

    ts: int
    """µs, local time."""
    level: Literal["info", "warning", "error"]
    event: str
    """A stable name for programs, such as ``gap``."""
    text: str
    """A sentence for people."""


@attrs.frozen(kw_only=True)
class Gap:
    """A time in which the book was not known; at its start the stream says that it is empty."""

    start: int
    """µs, local time."""
    end: int | None
    """µs, local time; None = it has not ended."""
    reason: str


@attrs.frozen(kw_only=True)
class Health:
    """How a live connector is doing."""

    state: str
    """In a few words."""
    is_live: bool
    """The book in the stream is the exchange's."""
    touch: tuple[int, int, int, int]
    """Best bid [ticks], its size [lots], best ask, its size; a side of size 0 is empty."""
    rows: Mapping[str, int]
    """Rows handed over, by the names of ``Source``; a CLEAR is none. The summary counts those
    that a recording has."""
    counters: Mapping[str, int]
    """What happened how often, for the summary."""
    gaps: tuple[Gap, ...]
    """The latest, in order; ``counters["gaps"]`` counts all."""
    lags: Mapping[str, Mapping[str, float]]
    """What is late -> ``p50``, ``p90``, ``p99``, ``max`` [ms]."""
    news: tuple[News, ...]
    """Since the last call."""
    failure: MMError | None = None
    """Why the connector ended by itself: raised once all that it sent has been worked off."""
    markets: tuple["Health", ...] = ()
    """Each market's own, where this is of several; the touch is then the first one's."""


class LiveConnector(Connector, Protocol):
    """A connector that listens to an exchange, and what it may have beside ``survey`` and ``run``.

    Each of these (and of ``FrameSource``) is used if it is there. When such a connector is
    cancelled, or ends with a failure, it should first send what empties the book and a watermark
    a little later, so that the strategy withdraws its quotes.
    """

    def expect_grid(self) -> None:
        """Hear, before ``survey``, that tick and lot size are given: nobody need be asked."""
        ...

    def health(self) -> Health:
        """Say how it is doing. Called some times a second, also after ``run`` has ended."""
        ...
