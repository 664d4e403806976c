"""Paths through the network: the same whoever runs with them, in one process or in three."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mm.api import MMError, PluginError, UsageError
from mm.config import LoadedConfig, load_config
from mm.simulate import processes
from mm.simulate.expected import expect
from mm.simulate.processes import GROUP, simulate
from mm.simulate.runs import check_simulated, run_paths
from mm.simulate.statistics import Outcomes, joined, statistics, z_score
from mm_avellaneda.strategy import AvellanedaStrategy

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config" / "as2008.toml"


@pytest.fixture(scope="module")
def loaded() -> LoadedConfig:
    return load_config(CONFIG)


@pytest.fixture(scope="module")
def outcomes(loaded: LoadedConfig) -> Outcomes:
    return simulate(loaded, 2 * GROUP + 1, processes=1)


def assert_same(found: Outcomes, wanted: Outcomes) -> None:
    for name in ("profit", "final_q", "spread", "quoted", "fills"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), strict=True)


def test_paths_come_out_the_same_in_any_company(loaded: LoadedConfig, outcomes: Outcomes) -> None:
    sizes = [1, 7, 13, 19, 1]
    firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).tolist()
    parts = [run_paths(loaded, first, size) for first, size in zip(firsts, sizes, strict=True)]
    assert_same(joined(parts), outcomes)


def test_any_number_of_processes_gives_the_same(loaded: LoadedConfig, outcomes: Outcomes) -> None:
    done: list[int] = []
    assert_same(simulate(loaded, 2 * GROUP + 1, processes=3, progress=done.append), outcomes)
    assert done[-1] == 2 * GROUP + 1


def test_decisions_one_by_one_give_the_same(outcomes: Outcomes) -> None:
    one_by_one = load_config(CONFIG, overrides=["strategy.max_block=1"])
    found = run_paths(one_by_one, 0, 3)
    np.testing.assert_array_equal(found.profit, outcomes.profit[:3])


def test_all_paths_of_a_step_are_decided_in_one_go(
    loaded: LoadedConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call a step, of which there are 200; two more for a block that met no fill."""
    calls = 0
    decide = AvellanedaStrategy.decide

    def counted(self: AvellanedaStrategy, *args: Any) -> Any:
        nonlocal calls
        calls += 1
        return decide(self, *args)

    monkeypatch.setattr(AvellanedaStrategy, "decide", counted)
    run_paths(loaded, 0, GROUP)
    assert calls <= 200


def test_another_seed_gives_other_paths(outcomes: Outcomes) -> None:
    other = run_paths(load_config(CONFIG, seed=1), 0, 5)
    assert not np.any(other.profit == outcomes.profit[:5])


def test_an_error_in_a_process_is_the_one_that_a_single_process_raises() -> None:
    low = load_config(CONFIG, overrides=["data.start_price=1.0", "data.sigma=30.0"])
    with pytest.raises(Exception, match=r"AS2008-\d+: the mid fell to zero") as caught:
        simulate(low, 2 * GROUP, processes=2)
    assert type(caught.value).__name__ == "DataError"


def test_a_run_file_without_paths_is_refused() -> None:
    avellaneda = load_config(ROOT / "config" / "avellaneda.toml")
    with pytest.raises(UsageError, match=r"connector 'tardis' has no paths.*config/as2008\.toml"):
        check_simulated(avellaneda)


def test_nothing_is_expected_of_a_run_that_the_theory_does_not_describe() -> None:
    for change in (
        "execution.fill_model=queue",
        "execution.latency_ms=1",
        "position.fee_rate=0.001",
        "strategy.avellaneda.sequencer.interval_ms=10",
        "strategy.avellaneda.horizon=2.0",
        "strategy.avellaneda.calibrated.A=",
        "risk.max_loss=10",
        "funding.rate=0.01",
    ):
        expected = expect(load_config(CONFIG, overrides=[change]))
        assert expected.exact is None, change
        assert expected.paper is None


@pytest.mark.parametrize(
    "change",
    [
        "data.A=100.0",
        "strategy.avellaneda.calibrated.sigma=3.0",
        "strategy.avellaneda.gamma=0.5",
        "strategy.avellaneda.delta=2.0",
    ],
)
def test_another_experiment_than_the_papers_is_compared_with_the_exact_values_alone(
    change: str,
) -> None:
    expected = expect(load_config(CONFIG, overrides=[change]))
    assert expected.exact is not None
    assert expected.paper is None


@pytest.mark.parametrize(
    "changes",
    [
        # Believes in more volatility than there is, quotes 5 contracts, stops at 2 quotes.
        ("calibrated.sigma=3.0", "quote_size=5", "max_position=10", "delta=2.0"),
        ("model=glft", "max_position=8"),
        ("model=cartea_jaimungal", "max_position=3", "terminal=0.2"),
        ("model=gueant_closed", "xi=0.1", "horizon=", "max_position=6"),
    ],
    ids=["wrong-sigma", "glft", "cartea_jaimungal", "gueant_closed"],
)
def test_the_exact_values_hold_for_any_model_and_belief(changes: tuple[str, ...]) -> None:
    """100 paths, a fixed seed: within 4 standard errors."""
    keys = [f"strategy.avellaneda.{change}" for change in changes]
    changed = load_config(CONFIG, overrides=keys)
    exact = expect(changed).exact
    assert exact is not None
    found = simulate(changed, 5 * GROUP, processes=1)
    for name, estimate in statistics(found).items():
        z = z_score(estimate, exact[name])
        assert z is None or abs(z) <= 4.0, name
    assert np.max(np.abs(found.final_q)) <= changed.config.parts.strategy.config.lots


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_all_processes_with_one_sentence(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "mm", "simulate", "--config", str(CONFIG)]
    process = subprocess.Popen(
        [*command, "--paths", "100000", "--processes", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    workers = wait_for_workers(process.pid)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "mm: interrupted"
    assert "Traceback" not in said
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def wait_for_workers(parent: int) -> list[int]:
    """Return the two workers once they have begun to work, as their processor time shows."""
    tasks = Path(f"/proc/{parent}/task/{parent}/children")
    if not tasks.parent.exists():
        pytest.skip("no /proc here to find the processes in")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        children = [int(pid) for pid in tasks.read_text().split()]
        busy = [pid for pid in children if ticks_of(pid) >= 60]
        if len(busy) == 2:
            return busy
        os.sched_yield()
    raise AssertionError("the processes did not start within a minute")


def ticks_of(pid: int) -> int:
    """Processor time of a process, in hundredths of a second."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def test_a_process_that_dies_is_reported_in_a_sentence(
    loaded: LoadedConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_run_group", dying)
    with pytest.raises(MMError, match=r"one of 2 processes ended before its paths were done"):
        simulate(loaded, 2 * GROUP, processes=2)


def dying(*_: object) -> None:
    """Stand in for a group, in a process that is killed."""
    os._exit(1)


def test_a_plugin_that_raises_is_blamed_once_and_briefly(
    loaded: LoadedConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: AvellanedaStrategy, *args: Any) -> Any:
        raise ValueError("no idea")

    monkeypatch.setattr(AvellanedaStrategy, "decide", broken)
    monkeypatch.delattr(AvellanedaStrategy, "compiled")
    blamed = r"strategy 'Avellaneda' \(mm-engine .*\) raised ValueError.*: no idea"
    with pytest.raises(PluginError, match=blamed):
        run_paths(loaded, 0, 2)
