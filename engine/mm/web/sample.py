"""A running engine's state as the page has it. It only looks, and formats; it knows no viewer."""

import math
from typing import Final

from mm.api import BUY, RULE_NAMES, Health
from mm.core.ledger import Ledger
from mm.run.figures import Figures
from mm.run.health import Hear
from mm.run.live_state import LiveState, live_state
from mm.run.session import Plan
from mm.run.why import share_text
from mm.times import clock, time_of_day
from mm.web.board import Json, Snapshot
from mm.web.texts import money_rows

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
            point=self._point(health),
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
        average = f" @ {state.average_price:.10g}" if math.isfinite(state.average_price) else ""
        books = parts.books
        return {
            "symbol": parts.instruments[0].symbol,
            "state": f"{doing}, {minutes}:{seconds:02d} min",
            "time": clock(progress.ts),
            "market_bid": f"{state.bid_size} × {state.bid}" if state.bid else "no bid",
            "market_ask": f"{state.ask} × {state.ask_size}" if state.ask else "no ask",
            "bid": state.bid_why.text,
            "ask": state.ask_why.text,
            "bid_reason": state.bid_why.reason,
            "ask_reason": state.ask_why.reason,
            "position": f"{state.position}{average}",
            "equity": f"{state.equity:+.8f}",
            "fills": f"{state.fills:,}",
            "decisions": f"{state.decisions:,}",
            "orders": f"{books.orders:,}",
            "rows": f"{progress.rows:,}",
            "money": _money(books.ledger),
            "sides": [
                [f"our {side}", share_text(shares) or "–"]
                for side, shares in books.reasons.shares(progress.first_ts, progress.ts).items()
            ],
            "feed": [] if health is None else _feed(health),
        }

    def _point(self, health: Health | None) -> tuple[float | None, ...] | None:
        parts = self._plan.parts
        instrument, latest = parts.instruments[0], parts.books.reasons.latest[0]
        if health is not None:
            bid, bid_size, ask, ask_size = health.touch
            bid, ask = bid * (bid_size > 0), ask * (ask_size > 0)
        elif latest is not None:
            bid, ask = int(latest["bid"]), int(latest["ask"])
        else:
            return None
        ours = [0, 0] if latest is None else [int(latest["quote_bid"]), int(latest["quote_ask"])]
        if parts.progress.ts < 0:
            return None
        prices = (instrument.price(ticks) if ticks else None for ticks in (bid, ask, *ours))
        equity = parts.progress.equity
        held = instrument.contracts(parts.progress.position)
        return (*prices, held, equity if math.isfinite(equity) else None)

    def _fills(self) -> list[Json]:
        """Take the fills since the last look, as many as are kept."""
        instrument, kept = self._plan.parts.instruments[0], self._plan.parts.books.latest_trades
        found = []
        while kept:
            for row in kept.popleft():
                if row["instrument"] == 0:
                    found.append({
                        "t": int(row["ts_known"]) / 1e3,
                        "time": time_of_day(int(row["ts_known"])),
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
            return state.bid_why.text
        return f"nothing has come for {silence_s:.0f} s" if silence_s > SILENT_S else ""


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
