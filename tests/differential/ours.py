"""Runs scripted orders through our engine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import trio

from mm.run.session import Result
from mm.testing import run_config

from .orders import ScriptedOrder, independent, write_script
from .outcome import UNFILLED, Outcome, of_our_run

RUN_FILE: Final = """
[strategy]
kind = "Scripted"
preprocessing = "Scripted"
symbol = "ETHUSDT"
[strategy.scripted]
path = "{script}"
[data]
tardis_root = "{data}"
trades_csv = "trades.csv.gz"
quotes_csv = "quotes.csv.gz"
book_csv = "book.csv.gz"
"""


def run_ours(
    orders: list[ScriptedOrder], data: Path, folder: Path, latency_us: int, *options: str
) -> dict[int, Outcome]:
    """Give every order's outcome, by number, each as if it were alone in its side of the market.

    Args:
        orders: to run.
        data: folder of the recording.
        folder: an empty one to work in.
        latency_us: from us to the venue, and back.
        options: settings of the run file, as after ``--set``.
    """
    found: dict[int, Outcome] = {}
    for number, group in enumerate(independent(orders)):
        own = folder / f"group{number}"
        own.mkdir(parents=True)
        found |= of_our_run(_run(group, data, own, latency_us, options).directory)
    return {order.number: found.get(order.number, UNFILLED) for order in orders}


def _run(
    orders: list[ScriptedOrder], data: Path, folder: Path, latency_us: int, options: Sequence[str]
) -> Result:
    script, run_file = folder / "script.csv", folder / "run.toml"
    write_script(script, orders)
    run_file.write_text(RUN_FILE.format(script=script, data=data), encoding="utf-8")
    latency_ms = latency_us / 1000
    settings = [
        f"execution.latency_ms={latency_ms}",
        f"execution.response_latency_ms={latency_ms}",
        *options,
    ]

    async def main() -> Result:
        return await run_config(run_file, settings, output=folder / "runs")

    result = trio.run(main)
    if result.error is not None:
        raise result.error
    return result
