"""The same orders through both simulators, and where they part.

    MM_HFTBACKTEST_PYTHON=… python -m tests.differential.compare

Prints the table of README.md: a row for each size, latency, and way of treating a crossed book.
"""

import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .orders import ScriptedOrder, make_orders, of_one_lot, write_script
from .ours import run_ours
from .outcome import Outcome, of_their_run

DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "binance-futures_ETHUSDT_2024-08-08"
COUNT: Final = 500
CLOSE_US: Final = 50_000
"""Fills no further apart than this are the same fill; see README.md for what moves them."""

SAME: Final = "same"
CROSSED: Final = "execution.queue.fills_when_crossed=true"
NOT_CROSSED: Final = "execution.queue.fills_when_crossed=false"
BOOK_ALONE: Final = "data.quotes_csv="
"""Theirs is given the book and the prints; ours would believe a newer quote before the book."""


def difference(ours: Outcome, theirs: Outcome) -> str:
    """Say in a word or two how two outcomes differ; ``SAME`` if they don't."""
    if not ours.fills and not theirs.fills:
        return SAME
    if not theirs.fills:
        return "filled here alone"
    if not ours.fills:
        return "filled there alone"
    if ours.taker != theirs.taker:
        return "maker or taker"
    if ours.filled != theirs.filled:
        return "quantity"
    if abs(ours.last_us - theirs.last_us) > CLOSE_US:
        return "time"
    return SAME


def differences(ours: Mapping[int, Outcome], theirs: Mapping[int, Outcome]) -> dict[int, str]:
    """Give the difference of every order, by number, where there is one."""
    found = {number: difference(ours[number], theirs[number]) for number in ours}
    return {number: kind for number, kind in found.items() if kind != SAME}


def to_the_microsecond(ours: Mapping[int, Outcome], theirs: Mapping[int, Outcome]) -> int:
    """Count the orders whose first fills bear the very same time at the exchange."""
    pairs = [(ours[number], theirs[number]) for number in ours]
    return sum(a.fills > 0 and b.fills > 0 and a.first_us == b.first_us for a, b in pairs)


def run_theirs(
    python: str, orders: list[ScriptedOrder], folder: Path, latency_us: int, exchange: str
) -> dict[int, Outcome]:
    """Run the orders through hftbacktest.

    Args:
        python: of an environment with hftbacktest 2.4.4.
        orders: to run.
        folder: to work in.
        latency_us: from us to the venue, and back.
        exchange: ``partial`` or ``whole``, see theirs.py.
    """
    script, output = folder / "script.csv", folder / "outcomes.csv"
    folder.mkdir(parents=True)
    write_script(script, orders)
    program = Path(__file__).with_name("theirs.py")
    arguments = (script, DATA, str(latency_us), exchange, output)
    # Without our own paths, which would hide the other environment's packages.
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([python, program, *arguments], check=True, env=environment, capture_output=True)
    return of_their_run(output)


def main() -> None:
    """Print the table."""
    python = os.environ["MM_HFTBACKTEST_PYTHON"]
    orders = make_orders(DATA / "quotes.csv.gz", COUNT)
    print("| orders | latency | crossed book fills | same | first fill to the µs | differ |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for size, exchange in (("one lot", "whole"), ("0.02 to 2", "partial")):
            chosen = of_one_lot(orders) if size == "one lot" else orders
            for latency_us in (1_000, 10_000, 50_000):
                folder = Path(name) / f"{exchange}{latency_us}"
                theirs = run_theirs(python, chosen, folder / "theirs", latency_us, exchange)
                for option in (CROSSED, NOT_CROSSED):
                    ours = run_ours(chosen, DATA, folder / option, latency_us, option, BOOK_ALONE)
                    print(_row(size, latency_us, option, ours, theirs))


def _row(
    size: str,
    latency_us: int,
    option: str,
    ours: Mapping[int, Outcome],
    theirs: Mapping[int, Outcome],
) -> str:
    kinds = differences(ours, theirs)
    counts = Counter(kinds.values())
    listed = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "none"
    filled = sum(outcome.fills > 0 for outcome in theirs.values())
    exact = to_the_microsecond(ours, theirs)
    crossed = "yes" if option == CROSSED else "no"
    return (
        f"| {size} | {latency_us // 1000} ms | {crossed} | {len(ours) - len(kinds)} of {len(ours)}"
        f" | {exact} of {filled} | {listed} |"
    )


if __name__ == "__main__":
    main()
