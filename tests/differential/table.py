"""What the fill models and the latency do to the same orders, as a Markdown table.

    python -m tests.differential.table

Each order is alone on its side of the market, so its neighbours don't count.
"""

import os
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .compare import COUNT, DATA
from .orders import ScriptedOrder, make_orders
from .ours import run_ours
from .outcome import Outcome

MODELS: Final = (
    "pessimistic", "fifo", "prob_power_2", "prob_power", "prob_power_3", "prob_log_2", "prob_log",
    "probabilistic", "optimistic",
)  # fmt: skip
LATENCIES_MS: Final = (0, 1, 10, 50, 250)
BASE_MS: Final = 10


def share_filled(orders: list[ScriptedOrder], outcomes: Mapping[int, Outcome]) -> float:
    """Filled contracts of all that were ordered."""
    wanted = sum(order.size for order in orders)
    return float(sum(outcome.filled for outcome in outcomes.values()) / wanted)


def row(label: str, orders: list[ScriptedOrder], outcomes: Mapping[int, Outcome]) -> str:
    """Describe a run: orders with a fill, those resting, contracts, time, partial, takers."""
    met = [order for order in orders if outcomes[order.number].fills]
    partly = [order for order in met if outcomes[order.number].filled < order.size]
    took = [order for order in met if outcomes[order.number].taker]
    times_s = [(outcomes[order.number].first_us - order.ts) / 1e6 for order in met]
    return (
        f"| {label} | {len(met) / len(orders):.1%} | {(len(met) - len(took)) / len(orders):.1%}"
        f" | {share_filled(orders, outcomes):.1%}"
        f" | {statistics.median(times_s):.2f} s | {len(partly) / len(orders):.1%}"
        f" | {len(took) / len(orders):.1%} |"
    )


def main() -> None:
    """Print both tables."""
    data = Path(os.environ.get("MM_DATA", DATA))
    orders = make_orders(data / "quotes.csv.gz", COUNT)
    with tempfile.TemporaryDirectory() as name:
        for title, runs in (
            (f"fill model, at {BASE_MS} ms", [(model, BASE_MS) for model in MODELS]),
            ("latency, `fifo`", [("fifo", latency_ms) for latency_ms in LATENCIES_MS]),
            ("latency, `fifo`, at the touch", [("fifo", ms) for ms in LATENCIES_MS]),
        ):
            touch = title.endswith("touch")
            chosen = [order for order in orders if order.distance == 0] if touch else orders
            print(
                f"\n| {title} | orders met | resting | size filled | time to fill | partly | took |"
            )
            print("|---|---|---|---|---|---|---|")
            for model, latency_ms in runs:
                folder = Path(name) / title.replace(" ", "_") / f"{model}{latency_ms}"
                setting = f"execution.fill_model={model}"
                found = run_ours(chosen, data, folder, latency_ms * 1000, setting)
                label = model if title.startswith("fill model") else f"{latency_ms} ms"
                print(row(label, chosen, found))


if __name__ == "__main__":
    main()
