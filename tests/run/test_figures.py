"""Figures that a single look cannot tell: what has lasted how long, and how many of late."""

import math
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from tests.short_market import write_run_file

from mm.api import Gap, Health
from mm.config import load_config
from mm.run.disk import Disk
from mm.run.figures import FIGURES, Figures, follow_disk
from mm.run.live_state import live_state
from mm.run.session import Plan, plan_run


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return trio.run(plan_run, load_config(write_run_file(tmp_path)))


def health(*, live: bool) -> Health:
    gaps = () if live else (Gap(start=0, end=None, reason="gone"),)
    lags = {"arrival_to_engine": {"p50": 1.0, "p90": 2.0, "p99": 250.0, "max": 300.0}}
    return Health(
        state="live", is_live=live, touch=(0, 0, 0, 0), rows={}, counters={"gaps": 1}, gaps=gaps,
        lags=lags, news=(),
    )  # fmt: skip


def look(figures: Figures, plan: Plan, now_s: float, one: Health | None = None) -> dict[str, float]:
    return figures.look(live_state(plan.parts, one), one, now_s)


def test_silence_is_the_time_without_rows_though_time_itself_goes_on(plan: Plan) -> None:
    figures, progress = Figures(plan.parts, 100.0), plan.parts.progress
    assert look(figures, plan, 103.0)["silence_seconds"] == 3.0
    progress.rows, progress.ts = 5, 1_000_000
    assert look(figures, plan, 104.0)["silence_seconds"] == 0.0
    progress.ts = 9_000_000  # a connector's watermark: it lives, and has nothing to say
    assert look(figures, plan, 112.0)["silence_seconds"] == 8.0


def test_the_book_is_unknown_since_it_was_first_seen_so(plan: Plan) -> None:
    figures = Figures(plan.parts, 0.0)
    seen = [
        look(figures, plan, now_s, health(live=live))["book_unknown_seconds"]
        for now_s, live in ((0.0, True), (1.0, False), (4.0, False), (5.0, True), (6.0, False))
    ]
    assert seen == [0.0, 0.0, 3.0, 0.0, 0.0]
    assert "book_unknown_seconds" not in look(figures, plan, 7.0)


def test_a_disk_that_refuses_is_timed_until_it_accepts(plan: Plan) -> None:
    disk = Disk(lambda: 0.0)
    parts = attrs.evolve(plan.parts, disk=disk)
    figures, plan = Figures(parts, 0.0), attrs.evolve(plan, parts=parts)
    assert look(figures, plan, 1.0)["disk_refused_seconds"] == 0.0
    disk.refuse("recording", "full")
    seen = [look(figures, plan, now_s)["disk_refused_seconds"] for now_s in (2.0, 5.5)]
    with disk.trying("recording"):
        pass
    assert [*seen, look(figures, plan, 6.0)["disk_refused_seconds"]] == [0.0, 3.5, 0.0]


def test_refusals_are_counted_over_the_last_minute(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures, now = Figures(plan.parts, 0.0), {"refused": 0}
    known = plan.parts.venue.statistics()
    monkeypatch.setattr(type(plan.parts.venue), "statistics", lambda _: attrs.evolve(known, **now))
    seen: list[Any] = []
    for now_s, refused in ((1.0, 0), (10.0, 4), (50.0, 9), (69.0, 9), (71.0, 9), (111.0, 10)):
        now["refused"] = refused
        seen.append(look(figures, plan, now_s)["orders_refused_last_minute"])
    assert seen == [0, 4, 9, 9, 5, 1]


def test_every_figure_is_described(plan: Plan) -> None:
    found = look(Figures(plan.parts, 0.0), plan, 1.0, health(live=True))
    assert set(found) <= set(FIGURES)
    assert found["arrival_to_engine_lag_p99_seconds"] == 0.25


def test_free_space_is_that_of_the_nearest_folder_that_is_there(plan: Plan, tmp_path: Path) -> None:
    figures = Figures(plan.parts, 0.0)
    assert math.isnan(figures.disk_free)

    async def ask() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(follow_disk, figures, [tmp_path / "not" / "yet", tmp_path])
            for _ in range(500):
                await trio.sleep(0.01)
                if figures.disk_free > 0:
                    break
            nursery.cancel_scope.cancel()

    trio.run(ask)
    assert figures.disk_free > 0
