"""A live run as lines on stderr, for people or, one JSON object a line, for programs.

Keys that every line has: ``ts`` (UTC, ISO 8601), ``level``, ``event``. ``event`` is a stable name.
"""

import math
from collections import defaultdict, deque
from collections.abc import Iterable, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import attrs
import structlog
import trio

from mm.api import Health, News
from mm.run.disk import PASSING
from mm.run.health import Hear
from mm.run.live_state import LiveState, MarketState, live_state
from mm.run.progress import Progress
from mm.run.session import Plan
from mm.run.why import Why

_LOOK_S: Final = 0.25
_STATUS_S: Final = 10.0
_WHYS: Final = 3
_WHYS_S: Final = 15.0
"""So many changes of a side are told in so long [s]; then the latest, and how many there were."""


@attrs.define
class _Side:
    """What was told of a side."""

    seen: str = ""
    """Its reason at the last look."""
    told: str = ""
    told_s: deque[float] = attrs.field(factory=lambda: deque(maxlen=_WHYS))
    changes: int = 0
    """Since it was told."""


class LiveLog:
    """Writes the lines."""

    def __init__(self, stream: TextIO, *, as_json: bool) -> None:
        """``as_json``: one object a line, in place of text."""
        render = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else _as_text
        self._log = structlog.wrap_logger(structlog.PrintLogger(stream), processors=[render])
        self._sides: dict[tuple[str, str], _Side] = defaultdict(_Side)

    async def follow(self, progress: Progress, plan: Plan, hear: Hear) -> None:
        """Log news as they come, fills, and the state every ten seconds, until cancelled."""
        next_status_s = trio.current_time() + _STATUS_S
        fills = progress.fills
        try:
            while True:
                await trio.sleep(_LOOK_S)
                fills = self._look(progress, plan, hear(), fills)
                if trio.current_time() >= next_status_s:
                    next_status_s += _STATUS_S
                    self._status(plan, hear())
        finally:
            self._look(progress, plan, hear(), fills)  # what came since the last look is told, too

    def _look(self, progress: Progress, plan: Plan, health: Health | None, fills: int) -> int:
        """Log what is new, if there were ``fills`` at the last look; return how many there are."""
        if health is not None:
            self.news(health.news)
        state = live_state(plan.parts, health)
        self._tell_why(state)
        if progress.fills > fills:
            held = {one.symbol: one.position for one in state.markets}
            position = state.markets[0].position if len(held) == 1 else held
            self._write("fills", fills=progress.fills, position=position, equity=state.equity)
        return progress.fills

    def _tell_why(self, state: LiveState) -> None:
        """Log what each side has become, where that is another reason than the one told last."""
        now_s = trio.current_time()
        several = len(state.markets) > 1
        for one in state.markets:
            for name, why in (("bid", one.bid_why), ("ask", one.ask_why)):
                self._tell_side(one.symbol, name, why, now_s, several=several)

    def _tell_side(self, symbol: str, name: str, why: Why, now_s: float, *, several: bool) -> None:
        side = self._sides[symbol, name]
        side.changes += why.reason != side.seen
        side.seen = why.reason
        too_often = len(side.told_s) == _WHYS and now_s < side.told_s[0] + _WHYS_S
        if why.reason == side.told or too_often:
            return
        more: dict[str, Any] = {"changes": side.changes} if side.changes > 1 else {}
        text = why.text + (f" ({side.changes} changes since)" if more else "")
        if several:
            more, text = {"symbol": symbol, **more}, f"{symbol}: {text}"
        self._write("our_" + name, reason=why.reason, text=text, **more)
        side.told, side.changes = why.reason, 0
        side.told_s.append(now_s)

    def news(self, news: Iterable[News]) -> None:
        """Log what a connector tells."""
        for one in news:
            self._write(one.event, ts=one.ts, level=one.level, text=one.text)

    def note(self, text: str) -> None:
        """Log something that the user should know of the run."""
        self._write("note", text=text)

    def printed(self, text: str, ts: int | None, level: str) -> None:
        """Log what a plugin printed or logged, at the data time it was said at."""
        self._write("printed", ts=ts, level=level, text=text)

    def _status(self, plan: Plan, health: Health | None) -> None:
        state = live_state(plan.parts, health)
        if health is not None:
            self.news(health.news)
        lags = {} if health is None else {k: v.get("p99") for k, v in health.lags.items()}
        self._write(
            "status",
            state="" if health is None else health.state,
            **(_told(state.markets[0]) if len(state.markets) == 1 else {}),
            equity=state.equity if math.isfinite(state.equity) else None,
            fills=state.fills,
            lag_p99_ms=lags,
        )
        if len(state.markets) > 1:
            for one in state.markets:
                self._write("market", symbol=one.symbol, **_told(one), fills=one.fills)

    def _write(self, event: str, ts: int | None = None, level: str = "info", **rest: Any) -> None:
        when = datetime.now(UTC) if ts is None else datetime.fromtimestamp(ts / 1e6, UTC)
        try:
            # One method for all levels: which there are, and what they are called, is news to it.
            self._log.msg(
                event, **{"ts": when.isoformat(timespec="milliseconds"), "level": level, **rest}
            )
        except OSError as error:  # a log on a full disk: the session does not end by that
            if error.errno not in PASSING:
                raise


def _told(one: MarketState) -> dict[str, Any]:
    """What a line of the state says of a market."""
    return {
        "bid": one.bid, "ask": one.ask, "our_bid": one.our_bid, "our_ask": one.our_ask,
        "bid_why": one.bid_why.text, "ask_why": one.ask_why.text, "position": one.position,
    }  # fmt: skip


def _as_text(_: Any, __: str, line: MutableMapping[str, Any]) -> str:
    """Write a line for people: time, level if it matters, event, then text or figures."""
    line = dict(line)
    ts, level, event = line.pop("ts"), line.pop("level"), line.pop("event")
    what = line.pop("text", None)
    figures = " ".join(f"{key}={value}" for key, value in line.items() if value not in ("", {}))
    mark = "" if level == "info" else f"{level}: "
    return f"{ts[11:23]} {mark}{event}: {what if what is not None else figures}"
