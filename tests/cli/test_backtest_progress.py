"""What is shown while a run goes: lines in a pipe, a bar on a terminal, nothing with --quiet."""

import io
import os
import pty
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio
from trio.testing import MockClock

from mm.cli.display import show_progress, summary_table
from mm.config import load_config
from mm.run.session import Plan, plan_run

COLOUR = re.compile(r"\x1b\[[0-9;]*(3[0-9]|4[0-9]|9[0-7])[0-9;]*m")
HIDE_CURSOR, SHOW_CURSOR, CLEAR_LINE = "\x1b[?25l", "\x1b[?25h", "\x1b[2K"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def plan(run_file: Path) -> Plan:
    return await plan_run(load_config(run_file))


async def watch(plan: Plan, seconds: float) -> None:
    """Show the progress of a run that reads a tenth of the data every 7 s."""
    progress = plan.parts.progress
    total = plan.survey.total_rows
    assert total is not None
    progress.ts = 1722470400000000
    with trio.move_on_after(seconds):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(show_progress, progress, plan)
            while True:
                await trio.sleep(7)
                progress.rows += total // 10
                progress.ts += 7_500_000
                progress.fills += 1
                progress.position += 2
                progress.equity -= 1.25e-6


async def test_in_a_pipe_a_line_comes_every_ten_seconds(
    backtest: Any, autojump_clock: MockClock, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared = await plan(backtest.run_file)
    await watch(prepared, 31)
    lines = capsys.readouterr().err.splitlines()
    rates = [line.partition(" read, ")[2].partition(",")[0] for line in lines]
    assert [line.replace(rate, "RATE") for line, rate in zip(lines, rates, strict=True)] == [
        "10% read, RATE, 2024-08-01 00:00:07, 1 fill, position 200, P&L -1.25e-06, 90 s left",
        "20% read, RATE, 2024-08-01 00:00:15, 2 fills, position 400, P&L -2.5e-06, 80 s left",
        "40% read, RATE, 2024-08-01 00:00:30, 4 fills, position 800, P&L -5e-06, 45 s left",
    ]
    assert all(rate.endswith("k rows/s") for rate in rates)


async def test_a_dumb_terminal_gets_lines_too(
    backtest: Any, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = await plan(backtest.run_file)
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "dumb")
    await watch(prepared, 21)
    assert len(screen.getvalue().splitlines()) == 2
    assert "\x1b" not in screen.getvalue()


async def test_a_terminal_gets_a_bar_that_goes_away(
    backtest: Any, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = await plan(backtest.run_file)
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    await watch(prepared, 31)
    text = screen.getvalue()
    assert HIDE_CURSOR in text
    assert " 40 % " in text
    assert "4 fills, position 800" in text
    assert text.rpartition(SHOW_CURSOR)[2].strip("\r") == "\x1b[1A" + CLEAR_LINE


async def test_a_cell_of_a_notebook_gets_one_line_that_is_written_over_and_goes_away(
    backtest: Any, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[str, str, bool]] = []

    def display(data: Any, *, raw: bool, display_id: str, update: bool) -> None:
        assert raw
        written.append((data["text/plain"], display_id, update))

    shell = SimpleNamespace(kernel="one", execution_count=7)
    monkeypatch.setitem(
        sys.modules, "IPython", cast("Any", SimpleNamespace(get_ipython=lambda: shell))
    )
    monkeypatch.setitem(
        sys.modules, "IPython.display", cast("Any", SimpleNamespace(display=display))
    )
    prepared = await plan(backtest.run_file)
    await watch(prepared, 31)
    shell.execution_count = 8
    await watch(prepared, 1)
    places = [f"mm-progress-{7 if n < 125 else 8}" for n in range(len(written))]
    assert [place for _, place, _ in written] == places
    assert [n for n, (_, _, update) in enumerate(written) if not update] == [0, 125]
    assert written[124][0] == written[-1][0] == ""
    assert written[100][0].startswith("30% read, ")
    assert written[100][0].endswith("k rows/s, 2024-08-01 00:00:22, 3 fills, position 600,"
                                    " P&L -3.75e-06, 58 s left")  # fmt: skip


def on_terminal(backtest: Any, *arguments: str, **environment: str) -> tuple[Any, str]:
    """Run with stderr on a pseudo-terminal; return how it ended and what the terminal got."""
    ours, theirs = pty.openpty()
    settings = {"TERM": "xterm-256color", "COLUMNS": "120", **environment}
    process = backtest.start(*arguments, environment=settings, stderr=theirs)
    os.close(theirs)
    screen = b""
    try:
        while piece := os.read(ours, 65536):
            screen += piece
    except OSError:  # Linux's way of saying that the other end is closed
        pass
    finally:
        os.close(ours)
    return backtest.finish(process), screen.decode()


def test_escape_sequences_go_to_the_terminal_and_not_to_the_pipe(backtest: Any) -> None:
    done, screen = on_terminal(backtest)
    assert done.code == 0
    assert "\x1b" not in done.out
    assert HIDE_CURSOR in screen
    assert COLOUR.search(screen)
    assert screen.rpartition(SHOW_CURSOR)[2].strip("\r") == "\x1b[1A" + CLEAR_LINE


def test_no_colour_is_used_where_it_is_not_wanted(backtest: Any) -> None:
    done, screen = on_terminal(backtest, NO_COLOR="1")
    assert done.code == 0
    assert HIDE_CURSOR in screen
    assert not COLOUR.search(screen)


def test_quiet_shows_nothing_on_a_terminal(backtest: Any) -> None:
    done, screen = on_terminal(backtest, "--quiet")
    assert (done.code, screen) == (0, "")


def test_an_error_is_the_last_thing_on_the_terminal(backtest: Any) -> None:
    done, screen = on_terminal(backtest, "--set", "instrument.tick_size=0.7")
    assert done.code == 4
    last = screen.splitlines()[-1]
    assert last.lstrip("\r").removeprefix("\x1b[1A" + CLEAR_LINE).startswith("mm: ")


def test_the_summary_says_how_whole_a_live_feed_was(backtest: Any) -> None:
    assert backtest("--quiet").code == 0
    summary = backtest.runs()[0].summary
    assert "feed" not in summary_table(summary)
    start, counters = summary["last_ts"] - 5_000_000, {"frames": 9, "gaps": 2, "unknown_id": 1}
    gaps = [{"start": start, "end": start + 500_000}, {"start": start + 4_000_000, "end": None}]
    lags = {"exchange_to_arrival": {"p50": 0.94, "p99": 50.5}, "arrival_to_engine": {}}
    live = {"connections": 2, "gaps": gaps, "counters": counters, "lag_ms": lags}
    summary["live"] = live
    table = summary_table(summary)
    assert "2 connections, 2 gaps of the book, 1.5 s\n" in table
    assert "1 unknown_id\n" in table
    assert "late, p50 and p99  exchange to arrival 0.9, 50.5 ms\n" in table
    assert "frames" not in table
    summary["rows"]["quotes"] = 0
    assert "1.5 s; no quote ever came\n" in summary_table(summary)


def test_the_summary_is_bold_on_a_terminal_only(
    backtest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert backtest("--quiet").code == 0
    summary = backtest.runs()[0].summary
    assert "\x1b" not in summary_table(summary)
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[1mstatus" in summary_table(summary)
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in summary_table(summary)
