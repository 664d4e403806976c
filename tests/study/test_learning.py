"""Samplers that learn: better than chance, and the same study however it was carried out."""

import random
from pathlib import Path
from typing import Any

import attrs
import optuna
import pytest

from mm.api import ConfigError, UsageError
from mm.registry import load_registry
from mm.study import Base, Design, Objective, axes_of
from mm.study.constraints import parse_constraint
from mm.study.learning import AHEAD, Learning
from mm.study.source import Asked

RUN = Path(__file__).parents[2] / "example" / "backtest.toml"
GAMMA = "strategy.avellaneda.gamma"
XI = "strategy.avellaneda.xi"
AXES = axes_of({GAMMA: "loguniform(0.01, 10)", XI: [100, 200, 400]})


def study(sampler: str = "tpe", runs: int = 40, **more: Any) -> Learning:
    figures = ["equity"] if sampler == "tpe" else ["equity", "metrics.some.figure"]
    objectives = [Objective(figure) for figure in figures]
    given: dict[str, Any] = {"axes": AXES, "sampler": sampler, "runs": runs}
    given |= {"objectives": objectives} | more
    return Learning(Design(**given), Base(RUN, load_registry()))


def row(values: dict[str, Any]) -> dict[str, Any]:
    """A hill with its top at gamma = 1, xi = 200."""
    height = -abs(float(values[GAMMA]) - 1) - abs(values[XI] - 200) / 100
    metrics = {"some": {"figure": -height if height < -3 else None}}
    return {
        "key": f"{values}", "digest": "d", "error": None, "status": "complete",
        "summary": {"equity": height}, "metrics": metrics,
    }  # fmt: skip


def carried_out(source: Learning, at_once: int, chance: random.Random) -> list[dict[str, Any]]:
    """Have sets run in any order, ``at_once`` at a time."""
    found: dict[int, dict[str, Any]] = {}
    running: list[Asked] = []
    while len(found) < source.total:
        while len(running) < at_once and (asked := source.ask()) is not None:
            assert asked.checked is not None
            running.append(asked)
        done = running.pop(chance.randrange(len(running)))
        found[done.number] = done.one.values
        source.tell(done.number, row(done.one.values))
    return [found[number] for number in range(source.total)]


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_which_process_is_quick_bears_on_no_set(sampler: str) -> None:
    chance = random.Random(3)
    alone = carried_out(study(sampler), 1, chance)
    assert carried_out(study(sampler), 3, chance) == alone
    assert carried_out(study(sampler), 20, chance) == alone
    assert carried_out(study(sampler, seed=1), 1, chance) != alone


def test_more_runs_extend_a_study() -> None:
    chance = random.Random(3)
    assert carried_out(study(runs=50), 2, chance)[:20] == carried_out(study(runs=20), 2, chance)


def test_it_finds_the_top_of_a_hill() -> None:
    found = carried_out(study(runs=60), 2, random.Random(3))
    late = found[-20:]
    assert sum(one[XI] == 200 for one in late) > 12
    assert sum(0.3 < one[GAMMA] < 3 for one in late) > 12
    assert sum(0.3 < one[GAMMA] < 3 for one in found[:10]) < 8


def test_it_waits_for_results_that_it_needs() -> None:
    source = study()
    asked = [source.ask() for _ in range(AHEAD)]
    assert None not in asked
    assert source.ask() is None
    assert source.asked == AHEAD
    first = asked[0]
    assert first is not None
    source.tell(1, row(first.one.values))
    assert source.ask() is None
    source.tell(0, row(first.one.values))
    assert source.ask() is not None


def test_a_failed_set_and_a_constraint_are_taken_as_they_come() -> None:
    source = study(constraints=[parse_constraint(f"{GAMMA} < 1", "here")], runs=20)
    for number in range(20):
        asked = source.ask()
        assert asked is not None
        assert asked.one.values[GAMMA] < 1
        failed = {"status": "failed", "summary": {}, "metrics": {}}
        source.tell(number, failed if number % 3 else row(asked.one.values))
    with pytest.raises(UsageError, match="none of 200 draws satisfies"):
        study(constraints=[parse_constraint(f"{GAMMA} > 100", "here")]).ask()


def test_an_objective_that_no_run_has_is_told_by_the_first(tmp_path: Path) -> None:
    source = study(objectives=[Objective("equty")])
    asked = source.ask()
    assert asked is not None
    with pytest.raises(UsageError, match=r"^objective equty: runs have no such .* 'equity'"):
        source.tell(0, row(asked.one.values))


def test_the_ends_of_every_span_are_checked_beforehand() -> None:
    with pytest.raises(ConfigError, match=rf"vary {GAMMA}"):
        study(axes=axes_of({GAMMA: "uniform(-1, 1)"}))


def test_optunas_own_tools_find_every_trial(tmp_path: Path) -> None:
    def trials() -> list[optuna.trial.FrozenTrial]:
        (name,) = optuna.get_all_study_names(f"sqlite:///{tmp_path / 'optuna.db'}")
        storage = f"sqlite:///{tmp_path / 'optuna.db'}"
        return optuna.load_study(study_name=name, storage=storage).trials

    design = Design(axes=AXES, sampler="tpe", runs=14, objectives=[Objective("equity")])
    base = Base(RUN, load_registry())
    cut = Learning(design, base, tmp_path)
    for number in range(11):  # the last three are never heard of
        asked = cut.ask()
        assert asked is not None
        cut.tell(number, row(asked.one.values))
    assert len(trials()) == 11 - AHEAD
    found = carried_out(Learning(design, base, tmp_path), 2, random.Random(1))
    kept = trials()
    assert [trial.params for trial in kept] == [
        {GAMMA: float(one[GAMMA]), XI: one[XI]} for one in found
    ]
    assert [trial.value for trial in kept] == [
        pytest.approx(row(one)["summary"]["equity"]) for one in found
    ]
    (tmp_path / "optuna.db").write_text("mine")
    with pytest.raises(UsageError, match=r"optuna\.db: cannot be written"):
        carried_out(Learning(design, base, tmp_path), 2, random.Random(1))


def test_trials_go_to_the_database_that_is_named_and_no_password_is_told(tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    design = Design(
        axes=AXES, sampler="tpe", runs=9, objectives=[Objective("equity")], storage=place
    )
    carried_out(Learning(design, Base(RUN, load_registry()), tmp_path), 2, random.Random(1))
    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere.db"]
    assert len(optuna.get_all_study_names(place)) == 1
    secret = "nosuch://user:pa%40ss@host/trials?token=abc"
    hidden = attrs.evolve(design, storage=secret)
    assert secret not in repr(hidden)
    with pytest.raises(
        UsageError, match=r"storage nosuch://host/trials: cannot be written"
    ) as told:
        carried_out(Learning(hidden, Base(RUN, load_registry()), tmp_path), 2, random.Random(1))
    assert not any(word in str(told.value) for word in ("user", "pa%40ss", "pa@ss", "abc"))
    with pytest.raises(UsageError, match="keeps no trials, so it needs no storage"):
        Design(axes=AXES, storage=place).check()
