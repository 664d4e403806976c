"""What a person sees of a run: a progress bar while it goes, a table when it is over."""

import io
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, Final, TextIO

import trio
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from mm.cli.notebook import in_notebook, write_line
from mm.cli.watch import Place, page_beside
from mm.health import lines
from mm.run.build import Options
from mm.run.health import Hearing
from mm.run.live_state import lag_text
from mm.run.printed import Tell, telling
from mm.run.progress import Progress
from mm.run.session import Plan, Result, run_plan
from mm.run.why import share_text
from mm.times import clock, exact_clock

_REFRESH_S: Final = 0.25
_CURRENCY: Final = {
    "Linear": "in the quote currency",
    "Inverse": "in the base currency, which settles inverse contracts",
    "Quanto": "in the settlement currency",
}

_USUAL: Final = ("batches", "frames", "gaps")
"""Counters of a live feed that say nothing of how whole it was."""

_MOST_HELD: Final = 4
"""Markets whose positions stand in a line."""
_LINE_EVERY_S: Final = 10.0


async def show_progress(progress: Progress, plan: Plan) -> None:
    """Show how far a run is, until cancelled: a bar on a terminal, one line in a notebook's cell,
    else a line every 10 s."""
    if can_draw(sys.stderr):
        await _show_bar(progress, plan)
    elif in_notebook():
        await _show_in_cell(progress, plan)
    else:
        await _show_lines(progress, plan)


def can_draw(stream: TextIO) -> bool:
    """Whether it is a terminal, and one that knows more than to print what it is sent."""
    return stream.isatty() and not Console(file=stream).is_dumb_terminal


async def _show_bar(progress: Progress, plan: Plan) -> None:
    columns = (
        TextColumn("{task.percentage:>3.0f} %"),
        BarColumn(bar_width=24),
        TextColumn("{task.description}"),
        TextColumn("ETA"),
        TimeRemainingColumn(compact=True),
    )
    console = Console(stderr=True)
    # What is printed to stdout has been taken already: see ``telling``.
    with Bar(
        *columns, console=console, transient=True, auto_refresh=False, redirect_stdout=False
    ) as bar:
        task = bar.add_task("", total=progress.total_rows)
        start_s = trio.current_time()
        while True:
            text = _state(progress, plan, trio.current_time() - start_s)
            bar.update(task, completed=progress.rows, description=text, refresh=True)
            await trio.sleep(_REFRESH_S)


async def _show_lines(progress: Progress, plan: Plan) -> None:
    start_s = trio.current_time()
    while True:
        await trio.sleep(_LINE_EVERY_S)
        print(_line(progress, plan, trio.current_time() - start_s), file=sys.stderr)


async def _show_in_cell(progress: Progress, plan: Plan) -> None:
    start_s = trio.current_time()
    try:
        while True:
            write_line(_line(progress, plan, trio.current_time() - start_s), progress.share)
            await trio.sleep(_REFRESH_S)
    finally:
        write_line("")


def _line(progress: Progress, plan: Plan, elapsed_s: float) -> str:
    share = progress.share
    left = f", {elapsed_s * (1 / share - 1):.0f} s left" if share else ""
    read = f"{share:.0%} read, " if share is not None else ""
    return f"{read}{_state(progress, plan, elapsed_s)}{left}"


def _state(progress: Progress, plan: Plan, elapsed_s: float) -> str:
    """Say in a few words where a run stands."""
    rate = progress.rows / elapsed_s if elapsed_s > 0 else 0.0
    return (
        f"{rate / 1e3:.0f}k rows/s, {clock(progress.ts)}, {_count(progress.fills, 'fill')},"
        f" {_held(progress, plan)}, P&L {progress.equity:+.6g}"
    )


def _held(progress: Progress, plan: Plan) -> str:
    """Say what is held of each market, as far as a line has room for them."""
    first, *others = plan.parts.instruments
    if not others:
        return f"position {first.size_text(progress.position)}"
    holdings = plan.parts.books.ledger.holdings
    each = [
        f"{instrument.symbol} {instrument.size_text(holding.lots)}"
        for instrument, holding in zip(plan.parts.instruments, holdings, strict=True)
    ]
    more = f" and {len(each) - _MOST_HELD} more" if len(each) > _MOST_HELD else ""
    return f"positions {', '.join(each[:_MOST_HELD])}{more}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


async def run_shown(
    plan: Plan,
    options: Options,
    reading: trio.CancelScope,
    *,
    shown: bool,
    place: Place | None = None,
) -> Result:
    """Carry a plan out, and show how far it is if that is wanted; at ``place`` on a page."""
    hear = Hearing(plan.parts.connector).listener()
    async with page_beside(place, plan, hear) as end, trio.open_nursery() as nursery:

        def watch(progress: Progress) -> None:
            if shown:
                nursery.start_soon(show_progress, progress, plan)

        # The debugger's own words are the terminal's.
        with nullcontext() if options.debug_at else telling(printer()):
            result = await run_plan(plan, options, reading, watch)
        end(result.status)
        nursery.cancel_scope.cancel()
    return result


def printer() -> Tell:
    """What prints a line of a plugin's: on stderr, above a bar, or in a notebook's cell."""
    cell = sys.stdout if in_notebook() else None

    def tell(text: str, ts: int | None, level: str) -> None:
        when = "" if ts is None else f"{exact_clock(ts)} "
        mark = "" if level == "info" else f"{level}: "
        print(f"{when}{mark}{text}", file=cell or sys.stderr)

    return tell


def summary_table(summary: Mapping[str, Any]) -> str:
    """Lay the summary out for a person."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    for label, text in _rows(summary):
        table.add_row(label, text)
    out = io.StringIO()
    Console(file=out, width=100, force_terminal=can_draw(sys.stdout)).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _rows(s: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = ", ".join(f"{count:,} {name}" for name, count in s["rows"].items())
    read = "" if s["status"].startswith("complete") else f"; {s['rows_read']:,} of them read"
    return [
        ("status", s["status"]),
        *([("label", s["label"])] if s["label"] else []),
        *_data(s),
        ("", f"{clock(s['first_ts'])} – {clock(s['last_ts'])} UTC"),
        ("rows", rows + read),
        ("decisions", f"{s['decisions']:,}"),
        *_sides(s),
        ("orders", f"{s['orders']:,} commands"),
        ("fills", f"{s['fills']:,} ({s['maker_fills']:,} maker), {s['filled_qty']:g} contracts"),
        *_positions(s),
        ("money", f"in {s['currency']}" if s["currency"] else _CURRENCY[s["contract_type"]]),
        ("realised P&L", _money(s["realized_pnl"])),
        ("unrealised P&L", _money(s["unrealized_pnl"])),
        ("fees", f"{_sum(s['fees_paid'])} paid, {_sum(s['rebates_earned'])} rebates earned"),
        *([("funding", _money(s["funding"]))] if s["funding"] else []),
        (
            "earned by",
            f"{_money(s['spread_capture'])} spread, {_money(s['inventory_pnl'])} inventory",
        ),
        ("equity", f"{_money(s['equity'])}, drawdown {_sum(s['max_drawdown'])}"),
        *_bracket(s),
        *_risk(s),
        ("crossed book", f"{s['crossed_book_messages']:,} messages"),
        *_health(s),
        *_feed(s),
        ("time", f"{s['engine_s']:.2f} s engine, {s['wall_s']:.2f} s in all"),
        ("speed", f"{s['events_per_s'] or 0:,} rows/s, peak memory {s['peak_rss_mb']:.0f} MiB"),
        ("digest", s["digest"]),
    ]


def _data(s: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name what was traded, market by market."""
    each = [
        f"{m['symbol']}, tick {m['tick_size']}, lot {m['lot_size']}" for m in s["markets"] or [s]
    ]
    return [("" if n else "data", text) for n, text in enumerate(each)]


def _sides(s: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say why each side stood or not, market by market: some may never be meant to be quoted."""
    return [
        (f"our {side}", f"{m['symbol']}: {text}" if s["markets"] else text)
        for m in s["markets"] or [s]
        for side, shares in m["sides"].items()
        if (text := share_text(shares))
    ]


def _positions(s: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Show the position; of several markets what each has come to."""
    if not s["markets"]:
        return [("position", _position(s))]
    return [
        (
            m["symbol"],
            f"{m['fills']:,} fills, position {_position(m)},"
            f" equity {_money(m['equity'])} {m['currency']}",
        )
        for m in s["markets"]
    ]


def _position(s: Mapping[str, Any]) -> str:
    average = "" if s["avg_price"] is None else f" @ {s['avg_price']:.10g}"
    return f"{s['position']:g}{average} (largest {s['max_position']:g})"


def _bracket(s: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Show the same orders under the other fill models."""
    return [
        (name, f"equity {_money(other['equity'])}, {other['fills']:,} fills")
        for name, other in (s["bracket"] or {}).items()
        if name != "chosen"
    ]


def _risk(s: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Show what the risk gate did, if it did anything."""
    risk = s["risk"]
    if not risk["refused"] and risk["killed_ts"] is None:
        return []
    killed = "" if risk["killed_ts"] is None else f"; loss limit at {clock(risk['killed_ts'])} UTC"
    return [("risk gate", f"{risk['refused']:,} orders refused{killed}")]


def _health(s: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Show what is wrong with the data, or that nothing is."""
    return [("health" if at == 0 else "", text) for at, text in enumerate(lines(s["health"]))]


def _feed(s: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Show how whole a live feed was; nothing for a replay."""
    live = s.get("live")
    if live is None:
        return []
    ends = [(gap["start"], gap["end"] or s["last_ts"]) for gap in live["gaps"]]
    text = f"{_count(live['connections'], 'connection')}, {_count(len(ends), 'gap')} of the book"
    if ends:
        text += f", {sum(end - start for start, end in ends) / 1e6:.1f} s"
    if s["rows"].get("quotes") == 0:
        text += "; no quote ever came"
    odd = [f"{n:,} {name}" for name, n in live["counters"].items() if n and name not in _USUAL]
    late = lag_text(live["lag_ms"])
    rows = [("feed", text), ("", ", ".join(odd)), ("late, p50 and p99", late)]
    return [(label, text) for label, text in rows if text]


def _money(value: float | None) -> str:
    return "–" if value is None else f"{value + 0.0:+,.8f}"  # + 0.0 makes of -0 a 0


def _sum(value: float | None) -> str:
    return "–" if value is None else f"{value:,.8f}"
