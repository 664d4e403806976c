"""A live run on a terminal: one calm picture, drawn anew four times a second.

As wide as the terminal, between 60 and 200 columns; sentences that do not fit go on below.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

import trio
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mm.api import Health, News
from mm.run.health import Hear
from mm.run.live_state import LiveState, MarketState, lag_text, live_state
from mm.run.progress import Progress
from mm.run.session import Plan
from mm.times import time_of_day

_LOOK_S: Final = 0.25
_NARROWEST: Final = 60
_WIDEST: Final = 200
_LABEL: Final = 9
_SIDE: Final = 28
"""Columns of a side of the market, and of ours: enough for any price and size of an exchange."""
_NEWS: Final = 5
"""Lines of news at the bottom."""

_STYLES: Final = {"info": "dim", "warning": "yellow", "error": "red"}


async def show_view(
    progress: Progress, plan: Plan, hear: Hear, console: Console | None = None
) -> None:
    """Show the run until cancelled."""
    console = console or Console(stderr=True)
    news: deque[News] = deque(maxlen=_NEWS)
    start_s = trio.current_time()
    # Never redrawn but by us; transient, since the summary follows.
    # What is printed to stdout has been taken already: see ``mm.run.printed``.
    with Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False) as live:
        while True:
            health = hear()
            if health is not None:
                news.extend(health.news)
            state = live_state(plan.parts, health)
            elapsed_s = trio.current_time() - start_s
            width = console.width
            live.update(picture(plan, state, health, news, elapsed_s, width), refresh=True)
            await trio.sleep(_LOOK_S)


def picture(
    plan: Plan,
    state: LiveState,
    health: Health | None,
    news: Iterable[News],
    elapsed_s: float,
    columns: int,
) -> Group:
    """Draw the state, ``columns`` wide if that is within what it fits."""
    width = min(max(columns, _NARROWEST), _WIDEST)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", width=_LABEL)
    table.add_column(width=width - _LABEL - 2, overflow="fold")
    for label, text in _rows(plan, state, health, elapsed_s, width):
        table.add_row(label, text)
    lines = [
        Text(
            f"{time_of_day(one.ts)} {one.text}",
            style=_STYLES[one.level],
            no_wrap=True,
            overflow="ellipsis",
        )
        for one in news
    ]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Group(table, *lines)


def _rows(
    plan: Plan, state: LiveState, health: Health | None, elapsed_s: float, width: int
) -> list[tuple[str, str]]:
    minutes, seconds = divmod(int(elapsed_s), 60)
    status = "listening" if health is None else health.state
    lag = lag_text(health.lags) if health is not None else ""
    odd = "" if health is None else _oddities(health)
    side = min(_SIDE, (width - _LABEL - 5) // 2)
    doing = f"{status}, {minutes}:{seconds:02d} min, paper trading"
    several = len(state.markets) > 1
    first = (f"{len(state.markets)} mkts" if several else state.markets[0].symbol, doing)
    return [
        first,
        *(row for one in state.markets for row in _market(one, side, several=several)),
        ("P&L", f"{state.equity:+.8f}, {state.fills:,} fills, {state.decisions:,} decisions"),
        ("lag", lag or "–"),
        ("link", odd or "–"),
    ]


def _market(one: MarketState, side: int, *, several: bool) -> list[tuple[str, str]]:
    """The rows of a market, below its name if there are others."""
    return [
        *([("", ""), ("symbol", one.symbol)] if several else []),
        ("market", _two_sides(one.bid_size, one.bid, one.ask, one.ask_size, side)),
        ("our bid", one.bid_why.text),
        ("our ask", one.ask_why.text),
        ("position", one.holding),
    ]


def _two_sides(bid_size: str, bid: str, ask: str, ask_size: str, columns: int) -> str:
    left = " × ".join(filter(None, (bid_size, bid))) if bid else "no bid"
    right = " × ".join(filter(None, (ask, ask_size))) if ask else "no ask"
    return f"{left:>{columns}} │ {right}"


def _oddities(health: Health) -> str:
    counters = health.counters
    shown = [
        (counters.get("connections", 0), "connections"),
        (counters.get("gaps", 0), "gaps"),
        (counters.get("resubscriptions", 0), "resubscriptions"),
        (counters.get("rows_left_out", 0), "rows left out"),
    ]
    return ", ".join(f"{count:,} {name}" for count, name in shown)
