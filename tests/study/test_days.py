"""Sets over several data sets: pruned by Optuna's rule, whoever is quick."""

import json
import random
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.short_market import write_run_file

import mm
from mm.api import UsageError
from mm.registry import load_registry
from mm.study import Base, Design, Objective, axes_of
from mm.study.days import OverDays, is_pruned
from mm.study.source import Asked

RUN = Path(__file__).parents[2] / "example" / "backtest.toml"
GAMMA, LATENCY = "strategy.avellaneda.gamma", "execution.latency_ms"
DAYS = [1, 2, 3, 4]
AXES = axes_of({GAMMA: "loguniform(0.01, 10)", LATENCY: DAYS})


def design(**more: Any) -> Design:
    given: dict[str, Any] = {
        "axes": AXES, "sampler": "tpe", "runs": 30, "objectives": [Objective("equity")],
        "each": LATENCY, "prune": True,
    } | more  # fmt: skip
    return Design(**given)


def row(asked: Asked) -> dict[str, Any]:
    """A hill with its top at gamma = 1, each day a little other."""
    if asked.pruned:
        return {"key": "k", "status": "pruned", "digest": None, "error": None, "summary": {},
                "metrics": {}, "why": asked.pruned}  # fmt: skip
    values = asked.one.values
    height = -abs(float(values[GAMMA]) - 1) - (float(values[GAMMA]) * 7919 * values[LATENCY]) % 0.3
    return {"key": "k", "status": "complete", "digest": "d", "error": None, "metrics": {},
            "summary": {"equity": height}}  # fmt: skip


def carried_out(source: OverDays, at_once: int, chance: random.Random) -> list[tuple[Any, str]]:
    """Have sets run in any order: of each its values, and why it was pruned."""
    found: dict[int, tuple[Any, str]] = {}
    running: list[Asked] = []
    while len(found) < source.total:
        while len(running) < at_once and (asked := source.ask()) is not None:
            running.append(asked)
        done = running.pop(chance.randrange(len(running)))
        found[done.number] = done.one.values, done.pruned
        source.tell(done.number, row(done))
    assert source.ask() is None
    return [found[number] for number in range(source.total)]


def made(**more: Any) -> OverDays:
    return OverDays(design(**more), Base(RUN, load_registry()))


def test_which_process_is_quick_prunes_no_other_set() -> None:
    alone = carried_out(made(), 1, random.Random(1))
    for seed in (2, 3):
        assert carried_out(made(), 5, random.Random(seed)) == alone
    cut = [number for number, (_, why) in enumerate(alone) if why]
    assert cut
    assert all(number // 4 >= 13 and number % 4 for number in cut)  # 5 known, 8 ahead; a day run
    assert all(alone[number + 1][1] for number in cut if number % 4 < 3)  # to the last day
    assert [values[LATENCY] for values, _ in alone] == DAYS * 30
    assert not any(why for _, why in carried_out(made(prune=False), 2, random.Random(1)))


def test_a_pruned_set_is_no_better_than_those_that_were_kept() -> None:
    found = carried_out(made(runs=60), 3, random.Random(1))
    kept = [abs(float(found[n][0][GAMMA]) - 1) for n in range(52, 240, 4) if not found[n + 3][1]]
    cut = [abs(float(found[n][0][GAMMA]) - 1) for n in range(52, 240, 4) if found[n + 3][1]]
    assert sum(cut) / len(cut) > sum(kept) / len(kept)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(-9, 9), min_size=3, max_size=3), max_size=9),
    st.lists(st.integers(-9, 9), min_size=1, max_size=3),
    st.booleans(),
)
def test_the_rule_is_that_of_optunas_median_pruner(
    known: list[list[float]], steps: list[float], lowest: bool
) -> None:
    study = optuna.create_study(
        direction="minimize" if lowest else "maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=0),
    )
    for one in known:
        trial = optuna.trial.create_trial(value=one[-1], intermediate_values=dict(enumerate(one)))
        study.add_trial(trial)
    asked = study.ask()
    for step, value in enumerate(steps):
        asked.report(value, step)
    assert asked.should_prune() == (is_pruned(steps, known, lowest=lowest) is not None)


def test_a_study_goes_on_and_tells_what_was_pruned(tmp_path: Path) -> None:
    run_file = write_run_file(tmp_path)
    vary: Any = {GAMMA: "loguniform(0.05, 0.5)", LATENCY: [1, 9]}
    given: dict[str, Any] = {
        "sampler": "tpe", "runs": 24, "maximize": "equity", "each": LATENCY, "prune": True,
        "minimize": (), "output": tmp_path / "study", "progress": False,
    }  # fmt: skip
    found = mm.sweep(run_file, vary, **given)
    statuses = [one["status"] for one in found.rows]
    assert len(found) == 48
    assert set(statuses) == {"complete", "pruned"}
    cut = found[statuses.index("pruned")]
    assert cut["why"].startswith("pruned after 1 of 2: equity was ")
    assert (cut["digest"], cut["error"]) == (None, None)
    lines = (tmp_path / "study" / "results.jsonl").read_bytes()
    assert mm.sweep(run_file, vary, **given, processes=1).rows == found.rows
    assert (tmp_path / "study" / "results.jsonl").read_bytes() == lines
    place = f"sqlite:///{tmp_path / 'study' / 'optuna.db'}"
    (name,) = optuna.get_all_study_names(place)
    trials = optuna.load_study(study_name=name, storage=place).trials
    states = [trial.state.name for trial in trials]
    assert states.count("PRUNED") == statuses.count("pruned")
    assert states.count("COMPLETE") == 24 - statuses.count("pruned")
    assert trials[0].value == pytest.approx(
        (found[0]["summary"]["equity"] + found[1]["summary"]["equity"]) / 2
    )
    ran = [json.loads(line)["status"] for line in lines.splitlines()]
    assert sorted(ran) == sorted(statuses)
    alone = mm.sweep(run_file, {key: [one] for key, one in cut["set"].items()},
                     output=tmp_path / "study", progress=False)  # fmt: skip
    assert alone[0]["status"] == "complete"  # asked for by name, it is run


def test_drawn_sets_are_run_over_all_data_sets() -> None:
    base = Base(RUN, load_registry())
    drawn = design(sampler="random", runs=3, objectives=[], prune=False).sets(base)
    assert [one.values[LATENCY] for one in drawn] == DAYS * 3
    assert len({one.values[GAMMA] for one in drawn}) == 3


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"each": "data.day"}, "each: data.day is no axis with a list of values"),
        ({"each": GAMMA}, f"each: {GAMMA} is no axis with a list of values"),
        ({"each": None}, "prune: is for the sampler tpe with an axis each"),
        ({"axes": AXES[1:]}, "is the only axis; expected another"),
    ],
)
def test_what_does_not_go_together_is_told(more: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        design(**more).check()
