"""Thousands of quick sets: what the planning process keeps of each, and the table of all."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

from mm.registry import load_registry
from mm.study import Base, Rows, Sweep, axes_of, sets_of

RUN = Path(__file__).parents[2] / "example" / "backtest.toml"
METRICS = {f"m{n}": {f"k{m}": n + m / 7 for m in range(10)} | {"none": None} for n in range(15)}


def row(number: int) -> dict[str, Any]:
    return {
        "key": f"{number:064d}", "set": {"a": number / 10}, "status": "complete", "digest": "d",
        "error": None, "summary": {"equity": -float(number), "fills": number}, "metrics": METRICS,
    }  # fmt: skip


def test_of_a_row_only_its_place_stays_in_memory(tmp_path: Path) -> None:
    with Rows(tmp_path) as rows:
        rows.add(row(0))
        tracemalloc.start()
        for number in range(1, 500):
            rows.add(row(number))
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert grown / 499 < 500 < len(json.dumps(row(1)))
        assert rows.row(row(250)["key"]) == row(250)
        rows.add({**row(250), "status": "failed"})
        assert rows.status(row(250)["key"]) == "failed"
    with Rows(tmp_path) as rows:
        assert len(rows) == 500
        assert rows.status(row(250)["key"]) == "failed"
        assert rows.row(row(499)["key"]) == row(499)


def test_a_table_of_many_has_every_figure() -> None:
    made = [row(number) for number in range(300)]
    made[7] = {**row(7), "status": "failed", "summary": {}, "metrics": {}}
    found = Sweep([json.dumps(one) for one in made], 300)
    table = found.table
    assert len(table) == 300
    assert len(table.columns) == 1 + 3 + 2 + 15 * 11
    assert table["a"].tolist() == [number / 10 for number in range(300)]
    assert table["metrics.m3.k4"][6] == METRICS["m3"]["k4"]
    frame = found.to_pandas()
    assert frame["equity"].isna().sum() == frame["metrics.m14.k9"].isna().sum() == 1
    assert frame["metrics.m0.none"].isna().all()
    assert found.best("equity")["set"] == {"a": 0.0}


def test_what_is_kept_of_a_set_that_passed_is_small() -> None:
    base = Base(RUN, load_registry())
    sets = sets_of(axes_of({"strategy.avellaneda.gamma": [n / 1000 for n in range(1, 201)]}))
    base.check_all(sets[:1])
    tracemalloc.start()
    checked = base.check_all(sets)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len({one.fingerprint for one in checked}) == 200
    assert len(base.markets) == 1
    assert grown / 200 < 10_000
