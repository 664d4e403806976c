"""A running engine's state as the page has it. It only looks, and formats; it knows no viewer."""

import math
from typing import Final

from mm.api import BUY, RULE_NAMES, Health
from mm.core.ledger import Ledger
from mm.run.figures import Figures
from mm.run.health import Hear
from mm.run.live_state import LiveState, MarketState, live_state, names
from mm.run.session import Plan
from mm.run.so_far import MarkoutsSoFar
from mm.run.why import share_text
from mm.times import clock, time_of_day
from mm.web.board import Json, Snapshot
from mm.web.texts import UNIT, markout_rows, money_rows

_GAPS: Final = 5
SILENT_S: Final = 30.0
"""After so long without a row from an exchange something is wrong: it sends many a second."""


class EngineView:
    """Looks at a run."""

    def __init__(
        self, plan: Plan, hear: Hear, start_s: float, figures: Figures | None = None
    ) -> None:
        """Watch ``plan``'s run, which starts now: at ``start_s`` of the clock that is handed in.

        ``figures``: those that somebody else follows, too; None = nobody does.
        """
        self._plan, self._hear, self._start_s = plan, hear, start_s
        self._figures = figures or Figures(plan.parts, start_s)
        self._markouts = MarkoutsSoFar(plan.parts.instruments)
        plan.parts.books.followers.append(self._markouts.take)
        self.ended = ""
        """How the run ended; empty = it goes on. Set by who runs it."""

    def look(self, now_s: float) -> Snapshot:
        """Say how it is at ``now_s``."""
        parts, health = self._plan.parts, self._hear()
        state, progress = live_state(parts, health), parts.progress
        numbers = self._figures.look(state, health, now_s)
        return Snapshot(
            ts=max(progress.ts, 0),
            texts=self._texts(state, health, now_s),
            numbers=numbers,
            own=self._figures.look_at_each(state, health),
            point=self._point(state, health),
            fills=self._fills(),
            log=[] if health is None else [
                {"t": time_of_day(one.ts), "level": one.level, "text": one.text}
                for one in health.news
            ],
            alerts=self._figures.firing,
            trouble=self._trouble(state, health, numbers["silence_seconds"]),
        )  # fmt: skip

    def _texts(self, state: LiveState, health: Health | None, now_s: float) -> Json:
        parts, progress = self._plan.parts, self._plan.parts.progress
        minutes, seconds = divmod(int(now_s - self._start_s), 60)
        share = progress.share
        doing = f"{health.state}, paper trading" if health is not None else "replaying"
        if self.ended:
            doing = self.ended
        elif share is not None:
            doing = f"{doing}, {share:.0%} read"
        books = parts.books
        markets = [self._market(number, one) for number, one in enumerate(state.markets)]
        return {
            **markets[0],
            "markets": markets,
            "symbol": names(parts),
            "unit": self._plan.loaded.config.account.currency or UNIT,
            "state": f"{doing}, {minutes}:{seconds:02d} min",
            "time": clock(progress.ts),
            "equity": f"{state.equity:+.8f}",
            "fills": f"{state.fills:,}",
            "decisions": f"{state.decisions:,}",
            "orders": f"{books.orders:,}",
            "rows": f"{progress.rows:,}",
            "money": _money(books.ledger),
            "feed": [] if health is None else _feed(health),
        }

    def _market(self, number: int, one: MarketState) -> Json:
        """What is told of a market."""
        progress, reasons = self._plan.parts.progress, self._plan.parts.books.reasons
        shares = reasons.shares(progress.first_ts, progress.ts, number)
        return {
            "name": one.symbol,
            "market_bid": _level(one.bid_size, one.bid) if one.bid else "no bid",
            "market_ask": _level(one.ask, one.ask_size) if one.ask else "no ask",
            "bid": one.bid_why.text,
            "ask": one.ask_why.text,
            "bid_reason": one.bid_why.reason,
            "ask_reason": one.ask_why.reason,
            "position": one.holding,
            "own_fills": f"{one.fills:,}",
            "sides": [[f"our {side}", share_text(own) or "–"] for side, own in shares.items()],
            "markouts": markout_rows(self._markouts.look(number)),
        }

    def _point(self, state: LiveState, health: Health | None) -> tuple[float | None, ...] | None:
        parts = self._plan.parts
        seen = (one is not None for one in parts.books.reasons.latest)
        if parts.progress.ts < 0 or (health is None and not any(seen)):
            return None
        each = [self._prices(number, one) for number, one in enumerate(state.markets)]
        equity = parts.progress.equity
        more = (value for own in each[1:] for value in own)
        return (*each[0], equity if math.isfinite(equity) else None, *more)

    def _prices(self, number: int, one: MarketState) -> list[float | None]:
        instrument = self._plan.parts.instruments[number]
        latest = self._plan.parts.books.reasons.latest[number]
        ours = (0, 0) if latest is None else (latest["quote_bid"], latest["quote_ask"])
        touch = [float(text) if text else None for text in (one.bid, one.ask)]
        quoted = [instrument.price(int(ticks)) if ticks else None for ticks in ours]
        return [*touch, *quoted, one.contracts]

    def _fills(self) -> list[Json]:
        """Take the fills since the last look, as many as are kept."""
        instruments, kept = self._plan.parts.instruments, self._plan.parts.books.latest_trades
        found = []
        while kept:
            for row in kept.popleft():
                instrument = instruments[row["instrument"]]
                found.append({
                    "t": int(row["ts_known"]) / 1e3,
                    "time": time_of_day(int(row["ts_known"])),
                    "market": int(row["instrument"]),
                    "side": "buy" if row["side"] == BUY else "sell",
                    "price": instrument.price_text(int(row["price"])),
                    "size": instrument.size_text(int(row["size"])),
                    "rule": RULE_NAMES[row["rule"]].replace("_", " "),
                })  # fmt: skip
        return found

    def _trouble(self, state: LiveState, health: Health | None, silence_s: float) -> str:
        if health is None or self.ended:
            return ""
        if health.failure is not None:
            return str(health.failure)
        if not health.is_live:
            doubted = [one for one in state.markets if one.bid_why.reason == "untrusted"]
            return "; ".join(
                one.bid_why.text if len(state.markets) == 1 else f"{one.symbol}: {one.bid_why.text}"
                for one in doubted
            )
        return f"nothing has come for {silence_s:.0f} s" if silence_s > SILENT_S else ""


def _level(first: str, second: str) -> str:
    """Write a price and a size, in the order of the page; a size that is not known is left out."""
    return " × ".join(text for text in (first, second) if text)


def _money(ledger: Ledger) -> list[list[str]]:
    totals = ledger.totals
    return money_rows(
        totals.realized, ledger.unrealized, totals.spread_capture, totals.revaluation,
        ledger.fees, totals.funding, totals.max_drawdown,
    )  # fmt: skip


def _feed(health: Health) -> list[list[str]]:
    counters = health.counters
    rows = [
        [name.replace("_", " "), f"{counters.get(name, 0):,}"]
        for name in ("connections", "gaps", "resubscriptions", "rows_left_out")
    ]
    for name, figures in health.lags.items():
        if figures:
            text = ", ".join(f"{key} {figures[key]:.1f}" for key in ("p50", "p99", "max"))
            rows.append([f"{name.replace('_', ' ')}, ms", text])
    for gap in health.gaps[-_GAPS:]:
        end = "now" if gap.end is None else time_of_day(gap.end)
        rows.append(["book not known", f"{time_of_day(gap.start)} – {end}: {gap.reason}"])
    return rows
