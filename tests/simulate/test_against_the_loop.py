"""The engine against thirty lines of numpy, path by path, on the same random numbers."""

from pathlib import Path

import pytest
from tests.simulate.loop import paper_path

from mm.config import load_config
from mm.simulate.runs import run_paths

CONFIG = Path(__file__).parents[2] / "config" / "as2008.toml"
PATHS = 20
TICK = 1e-6


@pytest.mark.parametrize("gamma", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("strategy", ["inventory", "symmetric"])
def test_every_path_ends_as_in_the_papers_loop(strategy: str, gamma: float) -> None:
    """Fills and inventories to the one; profits to the ticks that quotes are rounded by."""
    model = "symmetric" if strategy == "symmetric" else "avellaneda_stoikov"
    changes = [
        f"strategy.avellaneda.gamma={gamma}", f"strategy.avellaneda.model={model}",
        "engine.seed=11",
    ]  # fmt: skip
    found = run_paths(load_config(CONFIG, overrides=changes), 7, PATHS)
    for place in range(PATHS):
        profit, q, fills, nearest = paper_path(11, 7 + place, gamma, strategy)
        if nearest <= 2 * TICK:
            continue  # a print within the grid of a quote may go either way
        assert found.final_q[place] == q
        assert found.fills[place] == fills
        # Each fill and the last mid are off by a tick or less.
        assert found.profit[place] == pytest.approx(profit, abs=(fills + abs(q) + 1) * TICK)


def test_the_loop_itself_is_no_rare_exception() -> None:
    """A print lies within two ticks of a quote in few of the paths that are compared above."""
    near = sum(paper_path(11, path, 0.1, "inventory")[3] <= 2 * TICK for path in range(100))
    assert near <= 5
