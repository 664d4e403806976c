"""From the inbox to the engine: one batch in hand at a time, and the last one when it is over.

The watermark of a batch is the last stamp given, since whatever arrives next gets a later one.
Knows the inbox, the clock and the channel; knows no exchange.
"""

from typing import Final

import numpy as np
import trio

from mm.api import BUY, EVENT, LEVEL, MICRO, MarketBatch, Outlet, Rows
from mm_bitmex.audit_log import AuditLog
from mm_bitmex.clock import ArrivalClock
from mm_bitmex.inbox import Inbox, joined

GRACE_S: Final = 10.0
"""How long the engine may take to accept the last batch; it keeps a few waiting at most."""

_NONE: Final = np.zeros(0, EVENT)


class Stream:
    """Hands batches over. The socket's reader calls ``put``; ``run`` is a task of its own.

    Args:
        inbox: what waits.
        clock: the only one that gives stamps.
        audit log: told what was handed over.
        silence_s: longest time between two batches [s].
    """

    def __init__(
        self, inbox: Inbox, clock: ArrivalClock, audit_log: AuditLog, silence_s: float
    ) -> None:
        self._inbox, self._clock, self._audit_log = inbox, clock, audit_log
        self._silence_s = silence_s
        self._arrived = trio.Event()
        self._in_hand = _NONE
        self._watermark = -1
        self._has_begun = False

    def put(self, rows: Rows) -> None:
        """Take a message; returns at once."""
        if len(rows):
            self._has_begun = True
            self._inbox.put(rows)
            self._audit_log.arrived(rows)
            self._arrived.set()

    async def run(self, out: Outlet) -> None:
        """Hand over whatever comes, and a watermark when nothing does. Ends when cancelled."""
        while True:
            with trio.move_on_after(self._silence_s):
                await self._arrived.wait()
            self._arrived = trio.Event()
            self._in_hand = self._inbox.take()
            now_s = trio.current_time()
            if self._clock.last <= self._watermark or not len(self._in_hand):
                self._clock.stamp(now_s)
            await self._send(out, self._clock.last)

    async def finish(self, out: Outlet, drain_s: float) -> bool:
        """Hand over what is left, and a last watermark ``drain_s`` of data time later.

        The clock has given a stamp since the last batch: that of the stop. A simulated venue acts
        on commands when an event shows that their time has come, so half-way there is one more,
        which removes a level that is not there.

        Returns:
            False if the engine did not take it in time.
        """
        drain_us = round(drain_s * MICRO)
        parts = [self._in_hand, self._inbox.take()]
        if self._has_begun and drain_us >= 2:
            parts.append(_nothing_removed(self._clock.last + drain_us // 2))
        self._in_hand = joined(parts)
        # Shielded, since being stopped is when this matters most: the strategy learns here that
        # it has to withdraw its quotes. Bounded, since an engine that hangs must not hang us.
        with trio.move_on_after(GRACE_S, shield=True) as scope:
            await self._send(out, self._clock.last + drain_us)
        return not scope.cancelled_caught

    async def _send(self, out: Outlet, watermark: int) -> None:
        """Send what is in hand; if cancelled, it stays there."""
        rows = self._in_hand
        await out.send(MarketBatch(rows, watermark))
        self._in_hand, self._watermark = _NONE, watermark
        self._audit_log.handed_over(rows, self._clock.read(trio.current_time()))


def _nothing_removed(ts: int) -> Rows:
    """Make an event that changes nothing, at ``ts`` [µs]."""
    rows = np.zeros(1, EVENT)
    rows["ts_local"] = rows["ts_exchange"] = ts
    rows["kind"], rows["side"], rows["price"], rows["end"] = LEVEL, BUY, 1, 1
    return rows
