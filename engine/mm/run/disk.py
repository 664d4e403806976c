"""Whether what a live run writes can be written, since when not, and what to say of it.

Who writes does so within ``trying``. A fault that may pass (no room, a removed folder, a disk that
fails, or takes longer than ``SLOW_S``) is kept here until the same writer has succeeded; meanwhile
the engine is given no market (``mm.record.hold``), and health, log and page say why. Any other
fault, and all of them in a backtest, ends the run. Knows neither files nor what stands in them.
"""

import errno
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal

import attrs

from mm.api import MICRO, Gap, Health, MMError, News
from mm.times import time_of_day

PASSING: Final = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ENOENT, errno.ESTALE)
)
"""What may be put right while we wait: room, the disk, a folder."""

SLOW_S: Final = 5.0
"""Longer than a healthy disk ever takes for half a second of rows."""

RECORDING: Final = "recording"
"""Who writes the recording; a sink goes by its owner."""

_KEPT: Final = 1000


class Disk:
    """Written by the tasks that write; read by who hands the market on, and by displays."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: real time [s]; a disk knows no other."""
        self._clock = clock
        self._troubles: dict[str, tuple[str, str]] = {}  # writer -> the whole text, and its cause
        self._begun: dict[str, float] = {}  # writer -> when its try began [s]
        self._since = 0
        self._gaps: deque[Gap] = deque(maxlen=_KEPT)
        self._news: deque[News] = deque(maxlen=_KEPT)  # where nobody listens, too
        self.gaps = 0
        """Times that the market was withheld."""
        self.ts = 0
        """Local time of the stream [µs]."""

    @property
    def refuses(self) -> bool:
        """Something cannot be written."""
        return bool(self._troubles)

    @property
    def sentence(self) -> str:
        """Since when nothing can be written, and why; empty = all can."""
        _, cause = next(iter(self._troubles.values()), ("", ""))
        return f"nothing can be written since {time_of_day(self._since)}: {cause}" if cause else ""

    def has_refused(self, writer: str) -> bool:
        """Whether this writer's last try failed."""
        return writer in self._troubles

    @contextmanager
    def trying(self, writer: str) -> Iterator[None]:
        """Write something; a fault that may pass is kept, not raised."""
        began = self._begun[writer] = self._clock()
        try:
            yield
        except MMError as error:
            cause = error.__cause__
            if not isinstance(cause, OSError) or cause.errno not in PASSING:
                raise
            self.refuse(writer, cause.strerror or str(cause), str(error).partition(";")[0])
            return
        finally:
            del self._begun[writer]
        took = self._clock() - began
        if took > SLOW_S:
            self.refuse(writer, f"the disk took {took:.0f} s")
        else:
            self._troubles.pop(writer, None)

    def look(self) -> None:
        """Look for tries that have begun and do not end."""
        for writer, began in self._begun.items():
            if self._clock() - began > SLOW_S:
                self.refuse(writer, f"the disk has not answered for {SLOW_S:g} s")

    def refuse(self, writer: str, cause: str, text: str = "") -> None:
        """Say that a writer cannot write.

        Args:
            writer: who.
            cause: why, in a few words.
            text: the same with what it is that cannot be written.
        """
        text = text or f"{writer}: {cause}"
        if not self._troubles:
            self._since = self.ts
        if self._troubles.get(writer) != (text, cause):
            self._troubles[writer] = text, cause
            more = "orders are withdrawn, and it is tried again until it can be"
            self._tell("warning", "disk", f"{text}; {more}")

    def lost(self, ts: int) -> None:
        """Hear that the market is withheld from ``ts`` [µs] on."""
        text, _ = next(iter(self._troubles.values()))
        self._gaps.append(Gap(start=ts, end=None, reason=text))
        self.gaps += 1

    def is_back(self, ts: int, left_out: int, frames: int) -> None:
        """Hear that it is handed on again.

        Args:
            ts: from when on [µs].
            left_out: rows that were not handed on.
            frames: raw frames that were not kept, so far in this session.
        """
        gap = self._gaps[-1]
        self._gaps[-1] = attrs.evolve(gap, end=ts)
        raw = f"; {frames:,} raw frames so far were not kept" if frames else ""
        self._tell(
            "info",
            "disk",
            f"everything is written again, after {(ts - gap.start) / MICRO:.1f} s; {left_out:,}"
            f" rows of the market were left out: a gap in the book, also in the recording{raw}",
        )

    def add_to(self, health: Health | None) -> Health | None:
        """Give a connector's health with what is to be said of the disk; its news once."""
        if health is None:
            return None
        news = tuple(self._news)
        self._news.clear()
        return attrs.evolve(
            self._withheld(health),
            news=(*health.news, *news),
            markets=tuple(self._withheld(one) for one in health.markets),  # none is shown more
        )

    def _withheld(self, health: Health) -> Health:
        return attrs.evolve(
            health,
            is_live=health.is_live and not self._troubles,
            gaps=tuple(sorted((*health.gaps, *self._gaps), key=lambda gap: gap.start)),
            counters={**health.counters, "gaps": health.counters.get("gaps", 0) + self.gaps},
        )

    def _tell(self, level: Literal["info", "warning"], event: str, text: str) -> None:
        self._news.append(News(ts=self.ts, level=level, event=event, text=text))
