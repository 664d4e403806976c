"""What a market more costs: the run of ``config/ethusdt.toml`` with its market 1, 2 and 10 times.

    python tests/bench/markets.py [--rounds N]

Each number of markets is run in a process of its own, once a round; the lowest times count.
``README.md`` has what it printed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNTS = (1, 2, 10)


def run_file(markets: int) -> str:
    """Write the shipped run file with so many markets of the same data."""
    text = (ROOT / "config" / "ethusdt.toml").read_text()
    text = text.replace('symbol = "ETHUSDT"\n', "")
    text = text.replace("\n[data]\n", '\n[account]\ncurrency = "USDT"\n\n[data]\n')
    tables = (f'\n[[market]]\nsymbol = "ETHUSDT"\nexchange = "m{n}"\n' for n in range(markets))
    return text + "".join(tables)


def measure(markets: int, folder: Path) -> tuple[float, float, float]:
    """Run once: engine [s], whole [s], peak memory [MiB]."""
    path = folder / f"{markets}.toml"
    path.write_text(run_file(markets))
    command = [
        sys.executable, "-m", "mm", "backtest", "--config", str(path), "--json", "--quiet",
        "--set", f"output.csv_path={folder}",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    summary = json.loads(done.stdout)
    return summary["engine_s"], summary["wall_s"], summary["peak_rss_mb"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure runs of several markets.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        found = [[measure(n, Path(name)) for n in COUNTS] for _ in range(rounds)]
    lowest = [
        [min(one[at][what] for one in found) for what in range(3)] for at in range(len(COUNTS))
    ]
    print("markets   engine        whole         memory")
    for count, (engine, whole, memory) in zip(COUNTS, lowest, strict=True):
        engines, wholes = engine / lowest[0][0], whole / lowest[0][1]
        times = f"{engine:6.2f} s {engines:4.1f} x {whole:6.2f} s {wholes:4.1f} x"
        print(f"{count:7} {times} {memory:6.0f} MiB")


if __name__ == "__main__":
    main()
