"""A live run as lines on stderr, for people or, one JSON object a line, for programs.

Keys that every line has: ``ts`` (UTC, ISO 8601), ``level``, ``event``. ``event`` is a stable name.
"""

import math
from collections.abc import Iterable, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import structlog
import trio

from mm.api import News
from mm.cli.live_state import live_state
from mm.run.health import health_of
from mm.run.progress import Progress
from mm.run.session import Plan

_LOOK_S: Final = 0.25
_STATUS_S: Final = 10.0


class LiveLog:
    """Writes the lines."""

    def __init__(self, stream: TextIO, *, as_json: bool) -> None:
        """``as_json``: one object a line, in place of text."""
        render = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else _as_text
        self._log = structlog.wrap_logger(structlog.PrintLogger(stream), processors=[render])

    async def follow(self, progress: Progress, plan: Plan) -> None:
        """Log news as they come, fills, and the state every ten seconds, until cancelled."""
        next_status_s = trio.current_time() + _STATUS_S
        fills = progress.fills
        try:
            while True:
                await trio.sleep(_LOOK_S)
                fills = self._look(progress, plan, fills)
                if trio.current_time() >= next_status_s:
                    next_status_s += _STATUS_S
                    self._status(progress, plan)
        finally:
            self._look(progress, plan, fills)  # what came since the last look is told, too

    def _look(self, progress: Progress, plan: Plan, fills: int) -> int:
        """Log what is new, if there were ``fills`` at the last look; return how many there are."""
        health = health_of(plan.parts.connector)
        if health is not None:
            self.news(health.news)
        if progress.fills > fills:
            state = live_state(progress, health, plan.parts.instruments[0])
            self._write("fills", fills=progress.fills, position=state.position, equity=state.equity)
        return progress.fills

    def news(self, news: Iterable[News]) -> None:
        """Log what a connector tells."""
        for one in news:
            self._write(one.event, ts=one.ts, level=one.level, text=one.text)

    def note(self, text: str) -> None:
        """Log something that the user should know of the run."""
        self._write("note", text=text)

    def _status(self, progress: Progress, plan: Plan) -> None:
        health = health_of(plan.parts.connector)
        state = live_state(progress, health, plan.parts.instruments[0])
        if health is not None:
            self.news(health.news)
        lags = {} if health is None else {k: v.get("p99") for k, v in health.lags.items()}
        self._write(
            "status",
            state="" if health is None else health.state,
            bid=state.bid,
            ask=state.ask,
            our_bid=state.our_bid,
            our_ask=state.our_ask,
            position=state.position,
            equity=state.equity if math.isfinite(state.equity) else None,
            fills=state.fills,
            lag_p99_ms=lags,
        )

    def _write(self, event: str, ts: int | None = None, level: str = "info", **rest: Any) -> None:
        when = datetime.now(UTC) if ts is None else datetime.fromtimestamp(ts / 1e6, UTC)
        # One method for all levels: which there are, and what they are called, is news to it.
        self._log.msg(
            event, **{"ts": when.isoformat(timespec="milliseconds"), "level": level, **rest}
        )


def _as_text(_: Any, __: str, line: MutableMapping[str, Any]) -> str:
    """Write a line for people: time, level if it matters, event, then text or figures."""
    line = dict(line)
    ts, level, event = line.pop("ts"), line.pop("level"), line.pop("event")
    what = line.pop("text", None)
    figures = " ".join(f"{key}={value}" for key, value in line.items() if value not in ("", {}))
    mark = "" if level == "info" else f"{level}: "
    return f"{ts[11:23]} {mark}{event}: {what if what is not None else figures}"
