"""A run's figures at a moment, by name: for the page, ``/metrics`` and alerts alike.

Money is in the settlement currency, times are seconds. It only looks; it knows no viewer and no
alert. Free space is asked for in a thread, since a disk may hang.
"""

import math
import os
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import trio

from mm.api import MICRO, Health
from mm.run.live_state import LiveState, MarketState
from mm.run.network import Parts

FIGURES: Final = {
    "position_contracts": "Position [contracts], long positive; of several markets the largest.",
    "equity": "Equity [settlement currency].",
    "realized_pnl": "Realised profit before fees [settlement currency].",
    "max_drawdown": "Largest fall of equity below an earlier peak [settlement currency].",
    "fees_paid": "Fees paid [settlement currency].",
    "rebates_earned": "Rebates earned [settlement currency].",
    "fills_total": "Fills.",
    "decisions_total": "Decisions of the strategy.",
    "orders_total": "Commands sent: new, replace, cancel.",
    "orders_refused_total": "Orders refused by our own risk gate.",
    "orders_refused_last_minute": "Of these, those within the last minute.",
    "rows_total": "Rows of market data read.",
    "bid_quoting": "1 while our bid is wanted in the market, in every one of several.",
    "ask_quoting": "1 while our ask is wanted in the market, in every one of several.",
    "data_time_seconds": "Time of the latest market data [s since 1970].",
    "silence_seconds": "Time since the latest market data came [s].",
    "alerts_firing": "Alerts of the run file that fire.",
    "disk_free_bytes": "Free space where the run, or its recording, is written [bytes].",
    "disk_refused_seconds": "For how long what the run writes has been refused [s]; 0 if not.",
    "book_trusted": "1 while the book in the stream is the exchange's.",
    "book_unknown_seconds": "For how long it has not been [s]; 0 while it is.",
    "gaps_total": "Times in which the book was not known.",
    "connections_total": "Connections made to the exchange.",
    "rows_left_out_total": "Rows left out since the engine was behind.",
    "exchange_to_arrival_lag_p99_seconds": "From exchange to us, 99th percentile [s].",
    "arrival_to_engine_lag_p99_seconds": "From us to the engine, 99th percentile [s].",
}
"""Name -> what it is."""

OWN: Final = {
    "position_contracts": "Position [contracts], long positive.",
    "market_equity": "Equity [settlement currency of the market].",
    "fills_total": "Fills.",
    "bid_quoting": "1 while our bid is wanted in the market.",
    "ask_quoting": "1 while our ask is wanted in the market.",
    "book_trusted": "1 while the book in the stream is the exchange's.",
    "gaps_total": "Times in which the book was not known.",
    "exchange_to_arrival_lag_p99_seconds": "From exchange to us, 99th percentile [s].",
    "arrival_to_engine_lag_p99_seconds": "From us to the engine, 99th percentile [s].",
}
"""Those that each of several markets has of its own."""

_QUOTING: Final = ("quoting", "held_back")
_MINUTE_S: Final = 60.0
_MOST_COUNTS: Final = 4096
"""Looks in a minute that are remembered; ten a second are 600."""
_DISK_S: Final = 10.0


class Figures:
    """Follows what a single look cannot tell: since when, and how many of late."""

    def __init__(self, parts: Parts, start_s: float) -> None:
        """Watch a run that starts at ``start_s`` of the clock that is handed in."""
        self._parts = parts
        self._rows, self._moved_s = 0, start_s
        self._since_s: dict[str, float] = {}
        self._refused: deque[tuple[float, int]] = deque(maxlen=_MOST_COUNTS)
        self.disk_free = math.nan
        """Bytes, as ``follow_disk`` found; NaN = nobody has asked."""
        self.firing: tuple[str, ...] = ()
        """Alerts that fire, by name."""

    def look(self, state: LiveState, health: Health | None, now_s: float) -> dict[str, float]:
        """Give the figures that there are; NaN = not known.

        Args:
            state: of the same moment.
            health: of the connector; None = it does not say.
            now_s: never before that of the last call.
        """
        parts = self._parts
        progress, totals = parts.progress, parts.books.ledger.totals
        if progress.rows != self._rows:  # time moves on without any: a connector says that it lives
            self._rows, self._moved_s = progress.rows, now_s
        refused = parts.venue.statistics().refused
        found = {
            "position_contracts": max((one.contracts for one in state.markets), key=abs),
            "equity": state.equity,
            "realized_pnl": totals.realized,
            "max_drawdown": totals.max_drawdown,
            "fees_paid": totals.fees_paid,
            "rebates_earned": totals.rebates,
            "fills_total": state.fills,
            "decisions_total": state.decisions,
            "orders_total": parts.books.orders,
            "orders_refused_total": refused,
            "orders_refused_last_minute": self._of_late(refused, now_s),
            "rows_total": progress.rows,
            "bid_quoting": all(one.bid_why.reason in _QUOTING for one in state.markets),
            "ask_quoting": all(one.ask_why.reason in _QUOTING for one in state.markets),
            "data_time_seconds": max(progress.ts, 0) / MICRO,
            "silence_seconds": now_s - self._moved_s,
            "alerts_firing": len(self.firing),
            "disk_free_bytes": self.disk_free,
            "disk_refused_seconds": self._lasted(
                "disk", parts.disk is not None and parts.disk.refuses, now_s
            ),
        }
        if health is not None:
            found |= self._feed(health, now_s)
        return {name: float(value) for name, value in found.items()}

    def _lasted(self, what: str, holds: bool, now_s: float) -> float:
        """Say for how long something has held at every look [s]; 0 = it does not."""
        if not holds:
            self._since_s.pop(what, None)
            return 0.0
        return now_s - self._since_s.setdefault(what, now_s)

    def look_at_each(
        self, state: LiveState, health: Health | None
    ) -> tuple[tuple[str, dict[str, float]], ...]:
        """Give each of several markets' own figures, by the names of ``OWN``; of one, nothing."""
        if len(state.markets) == 1:
            return ()
        return tuple(
            (one.symbol, self._own(number, one, health)) for number, one in enumerate(state.markets)
        )

    def _own(self, number: int, one: MarketState, health: Health | None) -> dict[str, float]:
        found: dict[str, float] = {
            "position_contracts": one.contracts,
            "market_equity": self._parts.books.ledger.equity_of(number),
            "fills_total": one.fills,
            "bid_quoting": one.bid_why.reason in _QUOTING,
            "ask_quoting": one.ask_why.reason in _QUOTING,
        }
        if health is not None and health.markets:
            own = health.markets[number]
            found["book_trusted"] = own.is_live
            found["gaps_total"] = own.counters.get("gaps", 0)
            found |= _lags((own,))
        return {name: float(value) for name, value in found.items()}

    def _of_late(self, count: int, now_s: float) -> int:
        """Say by how much a count has grown within the last minute."""
        seen = self._refused
        while len(seen) > 1 and seen[1][0] <= now_s - _MINUTE_S:
            seen.popleft()
        if not seen or seen[-1][0] < now_s:
            seen.append((now_s, count))
        return count - (seen[0][1] if seen[0][0] <= now_s - _MINUTE_S else 0)

    def _feed(self, health: Health, now_s: float) -> dict[str, float]:
        found = {
            "book_trusted": float(health.is_live),
            "book_unknown_seconds": self._lasted("book", not health.is_live, now_s),
        }
        counters: Mapping[str, int] = health.counters
        for name in ("gaps", "connections", "rows_left_out"):
            found[f"{name}_total"] = counters.get(name, 0)
        return found | _lags(health.markets or (health,))


def _lags(each: Iterable[Health]) -> dict[str, float]:
    """Give the lags by name; of several connectors the longest."""
    found: dict[str, float] = {}
    for health in each:
        for what, figures in health.lags.items():
            if figures:
                name = f"{what}_lag_p99_seconds"
                found[name] = max(figures["p99"] / 1e3, found.get(name, 0.0))
    return found


async def follow_disk(figures: Figures, folders: Iterable[Path]) -> None:
    """Keep the free space where ``folders`` are or will be, until cancelled."""
    asked = list(folders)
    while True:
        figures.disk_free = await trio.to_thread.run_sync(
            _least_free, asked, abandon_on_cancel=True
        )
        await trio.sleep(_DISK_S)


def _least_free(folders: list[Path]) -> float:
    """Ask for the free bytes where each folder, or the nearest that is there, lies; the fewest."""
    found = [math.nan]
    for folder in folders:
        place = folder.absolute()
        while not place.exists() and place != place.parent:
            place = place.parent
        try:
            status = os.statvfs(place)
        except OSError:
            continue
        found.append(float(status.f_bavail * status.f_frsize))
    return min(found[1:], default=math.nan)
