"""What a session remembers of itself for people: news, gaps, and how many rows went through.

Bounded, whoever reads it and however rarely. Knows no task, no socket and no clock.
"""

from collections import deque
from typing import Final, Literal

import attrs
import numpy as np

from mm.api import CLEAR, LEVEL, QUOTE, TICKER, TRADE, Gap, News, Rows
from mm_bitmex.lags import Lags

_KEPT: Final = 1000
"""News that wait for a reader, and gaps that the summary lists: the latest."""

_ROWS: Final = (
    ("trades", (TRADE,)),
    ("quotes", (QUOTE,)),
    ("book", (LEVEL,)),  # a CLEAR is no row of a file
    ("derivative_ticker", (TICKER,)),
)


class AuditLog:
    """Takes notes."""

    def __init__(self) -> None:
        """Start with none."""
        self.rows = {name: 0 for name, _ in _ROWS}
        """Handed over so far."""
        self.counts = {"batches": 0, "frames": 0, "gaps": 0, "unread_news": 0}
        self.gaps: deque[Gap] = deque(maxlen=_KEPT)
        self._news: deque[News] = deque(maxlen=_KEPT)
        self._feed_lags, self._our_lags = Lags(), Lags()

    def tell(
        self, ts: int, event: str, text: str, level: Literal["info", "warning", "error"] = "info"
    ) -> None:
        """Note something for the log."""
        self.counts["unread_news"] += len(self._news) == _KEPT
        self._news.append(News(ts=ts, level=level, event=event, text=text))

    def news(self) -> tuple[News, ...]:
        """Give the news since the last call."""
        news = tuple(self._news)
        self._news.clear()
        return news

    def opened_gap(self, ts: int, reason: str) -> None:
        """Note that the book is not known any more."""
        self.counts["gaps"] += 1
        self.gaps.append(Gap(start=ts, end=None, reason=reason))
        self.tell(ts, "gap", f"the book is not known any more: {reason}", "warning")

    def closed_gap(self, ts: int) -> None:
        """Note that the book is known again; the first time, there was no gap before."""
        if self.gaps and self.gaps[-1].end is None:
            gap = attrs.evolve(self.gaps.pop(), end=ts)
            self.gaps.append(gap)
            self.tell(ts, "book", f"the book is whole again after {(ts - gap.start) / 1e6:.1f} s")

    def arrived(self, rows: Rows) -> None:
        """Measure how long a message's rows were under way, if it is no snapshot."""
        # A snapshot's rows are as old as its levels.
        if np.any(rows["kind"] == CLEAR):
            return
        last = rows[-1]
        self._feed_lags.add(np.array([last["ts_local"] - last["ts_exchange"]], np.int64))

    def handed_over(self, rows: Rows, now: int) -> None:
        """Count rows that the engine has taken at ``now`` [µs]."""
        self.counts["batches"] += 1
        if not len(rows):
            return
        counts = np.bincount(rows["kind"], minlength=TICKER + 1)
        for name, kinds in _ROWS:
            self.rows[name] += int(counts[list(kinds)].sum())
        self._our_lags.add(np.maximum(now - rows["ts_local"], 0))

    def lags(self) -> dict[str, dict[str, float]]:
        """Say how late rows were [ms]: at our socket, and then at the engine."""
        return {
            "exchange_to_arrival": self._feed_lags.figures(),
            "arrival_to_engine": self._our_lags.figures(),
        }
