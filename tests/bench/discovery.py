"""How long it takes to find and check plugins, with fifty others installed.

    python tests/bench/discovery.py [--plugins N] [--runs N]

Prints a Markdown table of medians; asserts nothing. Importing a plugin's module takes as long as
its author makes it take, so that is done, and timed, before. ``README.md`` explains the rows.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import mm.api  # noqa: F401 - not part of what is timed

SOURCE: Final = """
import attrs
from mm.api import StrategyOffer, hookimpl, option

MM_API = (0, 1)

@attrs.frozen
class Config:
    size: float = option(1.0, help="Size of a quote.", unit="contracts", gt=0.0)
    depth: int = option(3, help="How deep.", unit="ticks", ge=1)

@hookimpl
def mm_strategies():
    return [StrategyOffer(name="{name}", config=Config, build=print)]
"""


def lay_down(folder: Path, plugins: int) -> None:
    """Lay down distributions with a plugin each, as an installer leaves them."""
    for number in range(plugins):
        name = f"fake{number}"
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (folder / f"{name}.py").write_text(SOURCE.format(name=name))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[mm_engine.plugins]\n{name} = {name}\n")


def medians(job: Callable[[], object], runs: int) -> str:
    """Time a job; give the median and the range [ms]."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        job()
        times.append((time.perf_counter() - start) * 1e3)
    return f"{statistics.median(times):.1f} ms | {min(times):.1f}–{max(times):.1f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time the discovery of plugins.")
    parser.add_argument("--plugins", type=int, default=50)
    parser.add_argument("--runs", type=int, default=21)
    args = parser.parse_args()
    from importlib.metadata import distributions

    from mm.discovery import find_plugins
    from mm.registry import load_registry

    with tempfile.TemporaryDirectory() as folder:
        lay_down(Path(folder), args.plugins)
        sys.path.insert(0, folder)
        found = find_plugins()
        start = time.perf_counter()
        for one in found:
            one.load()
        imports = (time.perf_counter() - start) * 1e3
        registry = load_registry()
        assert len(registry.plugins) >= args.plugins, "the fake plugins were not found"
        assert registry.failures == ()
        print(f"{len(found)} plugins in {len(list(distributions()))} distributions, ", end="")
        print(f"medians of {args.runs} runs\n")
        print("| what | median | range | wanted |")
        print("|---|---|---|---|")
        print(f"| entry points | {medians(find_plugins, args.runs)} |  |")
        print(f"| entry points, hooks and checks | {medians(load_registry, args.runs)} | ≤ 50 ms |")
        print(f"| importing them, once | {imports:.1f} ms |  |  |")


if __name__ == "__main__":
    main()
