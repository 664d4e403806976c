"""The six rows of Avellaneda and Stoikov's tables, through the engine, against exact and printed.

    python tests/bench/simulate.py [--paths N] [--processes N] [--seed N]

Runs ``mm simulate`` as whole processes and prints a Markdown table, how many standard errors the
worst statistic is from its exact value, and the time of each row. Asserts nothing.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
ROWS: Final = [
    (gamma, strategy) for gamma in (0.1, 0.01, 1.0) for strategy in ("inventory", "symmetric")
]
HEAD: Final = (
    "| γ | strategy | profit, mean | profit, sd | final q, mean | final q, sd | spread |",
    "|---|---|---|---|---|---|---|",
)
_DIGITS: Final = {
    "profit_mean": 1, "profit_sd": 1, "final_q_mean": 2, "final_q_sd": 1, "spread_mean": 2,
}  # fmt: skip
"""The statistics shown, with the digits that the paper prints."""


def row(content: Mapping[str, Any]) -> str:
    """Format what ``mm simulate --json`` printed: simulated ± standard error / exact / printed."""
    cells = [f"{content['gamma']:g}", content["strategy"]]
    for name, digits in _DIGITS.items():
        error = content[f"{name}_se"]
        give = f" ± {error:.2f}" if error > 1e-9 else ""
        exact = abs(content["exact"][name])  # an inventory of 0 comes out as minus nothing
        printed = f"{content['paper'][name]:.{digits}f}"
        cells.append(f"{content[name]:.2f}{give} / {exact:.2f} / {printed}")
    return "| " + " | ".join(cells) + " |"


def worst_z(content: Mapping[str, Any]) -> float:
    """Give the largest distance from the exact values, in standard errors."""
    distances: list[float] = [
        abs(content[name] - exact) / content[f"{name}_se"]
        for name, exact in content["exact"].items()
        if content[f"{name}_se"] > 1e-9
    ]
    return max(distances)


def arguments(gamma: float, strategy: str, paths: int) -> Sequence[str]:
    """Give the command line of a row, after ``mm``."""
    return (
        "simulate", "--config", str(ROOT / "config" / "as2008.toml"), "--json",
        "--gamma", str(gamma), "--strategy", strategy, "--paths", str(paths),
    )  # fmt: skip


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description="Simulate the paper's tables.")
    parser.add_argument("--paths", metavar="N", type=int, default=1000, help="paths a row")
    parser.add_argument("--processes", metavar="N", type=int, help="processes; else one a core")
    parser.add_argument("--seed", metavar="N", type=int, help="seed; else the run file's")
    args = parser.parse_args()
    more = [
        word
        for name in ("processes", "seed")
        if getattr(args, name) is not None
        for word in (f"--{name}", str(getattr(args, name)))
    ]
    print("\n".join(HEAD))
    notes = []
    for gamma, strategy in ROWS:
        started = time.perf_counter()
        command = arguments(gamma, strategy, args.paths)
        done = subprocess.run(
            [sys.executable, "-m", "mm", *command, *more],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
        wall_s = time.perf_counter() - started
        content = json.loads(done.stdout)
        print(row(content), flush=True)
        notes.append(
            f"{gamma:g} {strategy}: {wall_s:.1f} s, at most {worst_z(content):.2f} SE from exact"
        )
    print("\n" + "\n".join(notes))


if __name__ == "__main__":
    main()
