"""What the protocol answers to one input: events, frames to send, sentences, and whether it ends.

Values only; carrying them out is the shell's.
"""

from typing import Final

import attrs
import numpy as np

from mm.api import CLEAR, EVENT, LEVEL, MMError, Rows
from mm_bitmex.normalise import Event, to_rows

_NO_EVENTS: Final = np.zeros(0, EVENT)


@attrs.frozen(kw_only=True)
class Step:
    """The answer to one input."""

    events: Rows
    """dtype EVENT, shape (n,), n >= 0; all with the ``ts_local`` that came with the input."""
    send: tuple[str, ...] = ()
    """Text frames to send, in order."""
    notes: tuple[str, ...] = ()
    """Sentences for the log."""
    close: bool = False
    """The connection is over: close it, wait until ``wake_at``, open the next."""
    fatal: MMError | None = None
    """Why the session is over for good; raise it once the events are handed on."""


@attrs.define
class Reply:
    """A step that is being put together."""

    now: float
    """When the input came [s]."""
    events: list[Event] = attrs.field(factory=list)
    send: list[str] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    close: bool = False
    fatal: MMError | None = None

    def step(self) -> Step:
        """Finish: events of one time in order of kind, where levels and clears are one kind."""
        kinds = [LEVEL if event[8] == CLEAR else event[8] for event in self.events]
        if kinds != sorted(kinds):
            self.events.sort(key=lambda event: LEVEL if event[8] == CLEAR else event[8])
        return Step(
            events=to_rows(self.events) if self.events else _NO_EVENTS,
            send=tuple(self.send),
            notes=tuple(self.notes),
            close=self.close,
            fatal=self.fatal,
        )
