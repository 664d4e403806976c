"""A run's folder as the page has it, whoever writes there: finished, killed or still going on.

It reads; it locks and writes nothing, and it knows no engine.
"""

import math
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np

from mm.api import MICRO
from mm.metrics import Floats, Times
from mm.results import Run, open_run
from mm.results.measures import markouts_so_far, position_at
from mm.run.why import WORDS, share_text
from mm.times import clock, time_of_day
from mm.web.board import MOST_FILLS, MOST_POINTS, Json, Snapshot
from mm.web.texts import UNIT, markout_rows, money_rows, money_text

_CLAMPS: Final = {"passive": "held_back"}
"""Words of ``quotes`` that the page's reasons have other names for."""


@attrs.frozen
class Reading:
    """What a folder says at a moment."""

    snapshot: Snapshot
    points: list[list[float | None]]
    is_over: bool
    """Nothing more will come."""


def read_folder(path: Path) -> Reading:
    """Read a run's folder.

    Raises:
        DataError: it is not the folder of a run.
    """
    run = open_run(path)
    running = run.status == "running"
    points = _points(run)
    last_ts = run.summary["last_ts"] or 0
    snapshot = Snapshot(
        ts=last_ts,
        texts=_texts(run, running),
        numbers=_numbers(run),
        own=_own(run),
        point=None,
        fills=_fills(run),
        log=[{"t": "", "level": "info", "text": note} for note in run.summary["notes"]],
        trouble=""
        if running or run.status.startswith("complete")
        else f"the run is over: {run.status}",
    )
    return Reading(snapshot=snapshot, points=points, is_over=not running)


def _texts(run: Run, running: bool) -> Json:
    s = run.summary
    markets = [_market(run, part, running) for part in run.parts]
    return {
        **markets[0],
        "markets": markets,
        "symbol": ", ".join(one["name"] for one in markets),
        "unit": s.get("currency") or UNIT,
        "state": f"{run.status}, read from disk",
        "time": clock(s["last_ts"]),
        "equity": money_text(s["equity"]),
        "fills": f"{s['fills']:,}",
        "decisions": f"{s['decisions']:,}",
        "orders": f"{s['orders']:,}",
        "rows": "–" if s["rows_read"] is None else f"{s['rows_read']:,}",
        "money": money_rows(
            s["realized_pnl"], s["unrealized_pnl"], s["spread_capture"], s["inventory_pnl"],
            s["fees_paid"] - s["rebates_earned"], s["funding"], s["max_drawdown"],
        ),
        "feed": _feed(s),
    }  # fmt: skip


def _market(run: Run, part: Run, running: bool) -> Json:
    """What is told of a market; ``part`` is the run as it was there."""
    s, quotes = part.summary, part.quotes
    last = len(quotes) - 1
    bid, ask = (quotes[name][last] if last >= 0 else math.nan for name in ("best_bid", "best_ask"))
    average = "" if s["avg_price"] is None else f" @ {s['avg_price']:.10g}"
    sides: dict[str, dict[str, float]] = s.get("sides") or {}
    bid_why, ask_why = (_why(part, side, running) for side in ("bid", "ask"))
    return {
        "name": str(s["symbol"]),
        "market_bid": "no bid" if math.isnan(bid) else f"{bid:.10g}",
        "market_ask": "no ask" if math.isnan(ask) else f"{ask:.10g}",
        "bid": bid_why[1], "ask": ask_why[1],
        "bid_reason": bid_why[0], "ask_reason": ask_why[0],
        "position": f"{s['position']:g}{average}",
        "own_fills": f"{len(part.trades):,}",
        "sides": [[f"our {side}", share_text(shares) or "–"] for side, shares in sides.items()],
        "markouts": markout_rows(markouts_so_far(part)),
    }  # fmt: skip


def _why(run: Run, side: str, running: bool) -> tuple[str, str]:
    """Give the reason and the sentence of a side, as the last decision has it."""
    if not running:
        return "over", f"the run is over: {run.status}"
    quotes = run.quotes
    if not len(quotes):
        return "warming_up", "no decision yet"
    price, clamp = quotes[side][-1], str(quotes[f"{side}_clamp"][-1] or "")
    reason = _CLAMPS.get(clamp, clamp)
    if not math.isnan(price):
        held = f", {WORDS[reason]}" if reason else ""
        return reason or "quoting", f"wanted at {price:.10g}{held}"
    return reason or "not_wanted", f"no quote: {WORDS[reason or 'not_wanted']}"


def _points(run: Run) -> list[list[float | None]]:
    """The past on a grid of at most ``MOST_POINTS`` times, each as the newest decision has it."""
    ts = run.quotes["ts_decided"].astype(np.int64)
    if not len(ts):
        return []
    step_us = max(int(ts[-1] - ts[0]) // MOST_POINTS, MICRO) // 1000 * 1000
    held = run.equity(f"{step_us // 1000}ms")
    times = held["ts_known"].astype(np.int64)
    first, *others = (_columns(part, times) for part in run.parts)
    columns = [times / 1000, *first, held["equity"], *(one for own in others for one in own)]
    return [
        [float(value) if math.isfinite(value) else None for value in row]
        for row in zip(*columns, strict=True)
    ]


def _columns(part: Run, times: Times) -> list[Floats]:
    """Of a market: bid, ask, our bid, our ask [price] and position [contracts], at each time."""
    quotes = part.quotes
    names = ("best_bid", "best_ask", "bid", "ask")
    place = np.searchsorted(quotes["ts_decided"].astype(np.int64), times, side="right") - 1
    if not len(quotes):
        prices = [np.full(len(times), np.nan)] * len(names)
    else:
        prices = [np.where(place < 0, np.nan, quotes[name][np.maximum(place, 0)]) for name in names]
    return [*prices, position_at(part, times)]


def _fills(run: Run) -> list[Json]:
    trades: Any = run.trades
    numbers = {str(part.summary["symbol"]): number for number, part in enumerate(run.parts)}
    symbols = trades["symbol"].tolist()
    found = []
    for at in [n for n, symbol in enumerate(symbols) if symbol in numbers][-MOST_FILLS:]:
        ts = int(trades["ts_known"][at].astype(np.int64))
        found.append({
            "t": ts / 1e3,
            "time": time_of_day(ts),
            "market": numbers[symbols[at]],
            "side": str(trades["side"][at]),
            "price": f"{trades['price'][at]:.10g}",
            "size": f"{trades['size'][at]:g}",
            "rule": str(trades["rule"][at]).replace("_", " "),
        })  # fmt: skip
    return found


def _numbers(run: Run) -> dict[str, float]:
    s = run.summary
    names = {
        "position_contracts": "position", "equity": "equity", "realized_pnl": "realized_pnl",
        "max_drawdown": "max_drawdown", "fees_paid": "fees_paid",
        "rebates_earned": "rebates_earned", "fills_total": "fills",
        "decisions_total": "decisions", "orders_total": "orders", "rows_total": "rows_read",
    }  # fmt: skip
    return {name: math.nan if s[key] is None else float(s[key]) for name, key in names.items()}


def _own(run: Run) -> tuple[tuple[str, dict[str, float]], ...]:
    """Each of several markets' own figures; of one market nothing."""
    if len(run.parts) == 1:
        return ()
    names = {"position_contracts": "position", "market_equity": "equity", "fills_total": "fills"}
    return tuple(
        (str(s["symbol"]),
         {name: math.nan if s[key] is None else float(s[key]) for name, key in names.items()})
        for s in (part.summary for part in run.parts)
    )  # fmt: skip


def _feed(summary: Any) -> list[list[str]]:
    live = summary.get("live")
    if live is None:
        return []
    return [["connections", f"{live['connections']:,}"], ["gaps", f"{len(live['gaps']):,}"]]
