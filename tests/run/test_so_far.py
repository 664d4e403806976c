"""Markouts while a run goes on are those that its results have, as far as they are known."""

from pathlib import Path

import numpy as np
import pytest
import trio
from tests.short_market import write_run_file

from mm.api import DECISION, EXECUTION
from mm.config import load_config
from mm.metrics import HORIZONS_S
from mm.results import open_run
from mm.run import so_far
from mm.run.build import Options
from mm.run.session import Plan, plan_run, run_plan
from mm.run.so_far import MarkoutsSoFar

S = 1_000_000


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    text = [
        f"output.csv_path={tmp_path / 'runs'}",
        "strategy.max_block=1",
        "engine.closed_loop=false",
    ]
    return trio.run(plan_run, load_config(write_run_file(tmp_path), None, text))


def test_at_the_end_they_are_those_of_the_results(plan: Plan) -> None:
    parts = plan.parts
    followed, seen = MarkoutsSoFar(parts.instruments), []
    parts.books.followers.append(followed.take)
    parts.books.followers.append(
        lambda *_: seen.append({h: one.count for h, one in followed.look(0).items()})
    )
    result = trio.run(run_plan, plan, Options(), trio.CancelScope())
    expected = open_run(result.directory).metrics["markouts"]["all"]
    found = followed.look(0)
    assert found[1.0].count > 3
    for horizon in HORIZONS_S:
        mean = expected[f"{horizon:g}"]
        assert found[horizon].count == mean["count"]
        assert found[horizon].value == pytest.approx(mean["value"], rel=1e-9, nan_ok=True)
        assert found[horizon].error == pytest.approx(mean["error"], rel=1e-9, nan_ok=True)
        counts = [one[horizon] for one in seen]
        assert counts == sorted(counts)  # known once, a markout stays known
    assert any(0 < one[1.0] < found[1.0].count for one in seen)


def decisions(times: list[int]) -> np.ndarray:
    rows = np.zeros(len(times), DECISION)
    rows["ts"] = times
    rows["mid"] = 1000.0 + np.array(times) / S
    return rows


def fills(times: list[int], instrument: int = 0) -> np.ndarray:
    rows = np.zeros(len(times), EXECUTION)
    rows["ts_venue"], rows["price"], rows["size"], rows["side"] = times, 9999, 1, 1
    rows["instrument"] = instrument
    return rows


NOTHING = decisions([]), fills([])


def test_memory_is_bounded_and_what_could_be_known_is_kept(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(so_far, "MOST_FILLS", 50)
    monkeypatch.setattr(so_far, "_MOST_MIDS", 300)
    followed = MarkoutsSoFar(plan.parts.instruments)
    for second in range(1000):
        times = [second * S + n * 100_000 for n in range(10)]
        followed.take(decisions(times), fills(times[:1] if second % 3 == 0 else []))
        market = followed._markets[0]
        assert len(market.fills.ts) <= 50
        assert sum(len(ts) for ts, _ in market.mids) <= 310
    found = followed.look(0)
    assert found[1.0].count == 49  # the last mid is too early for the last fill
    assert found[0.1].value == pytest.approx(np.mean(
        [1000.1 + ts / S - 999.9 for ts in market.fills.ts.tolist()]))  # fmt: skip
    assert found[60.0].count == 30  # of 50 fills, three seconds apart


def test_each_market_has_its_own(plan: Plan) -> None:
    followed = MarkoutsSoFar(plan.parts.instruments * 2)
    other = decisions([0, S, 2 * S])
    other["instrument"], other["mid"] = 1, 2000.0
    followed.take(decisions([0, S, 2 * S]), fills([S // 2]))
    followed.take(other, fills([S // 2], instrument=1))
    first, second = (followed.look(number) for number in (0, 1))
    assert first[1.0].value == pytest.approx(1001.0 - 999.9)
    assert second[1.0].value == pytest.approx(2000.0 - 999.9)
    assert (first[5.0].count, second[5.0].count) == (0, 0)


def test_nothing_is_known_of_nothing(plan: Plan) -> None:
    followed = MarkoutsSoFar(plan.parts.instruments)
    followed.take(*NOTHING)
    assert {one.count for one in followed.look(0).values()} == {0}
    followed.take(NOTHING[0], fills([S]))
    assert {one.count for one in followed.look(0).values()} == {0}
