"""What a strategy of ten lines costs: compiled, in plain Python, and in tasks of its own.

    python tests/bench/own.py [--data DIR]

Decides at every quote. Prints engine time and time a decision of each form; the digests must be
equal, or it says so and ends with 1. ``README.md`` has what it printed.
"""

import argparse
from pathlib import Path
from typing import Any

import mm
from mm.api import BUY, SELL, RowStrategy

ROOT = Path(__file__).parents[2]


class Compiled(RowStrategy, compiled=True):
    """Joins the touch on both sides."""

    lots = 100

    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        orders.quote(BUY, row["bid"], self.lots if row["bid_size"] else 0)
        orders.quote(SELL, row["ask"], self.lots if row["ask_size"] else 0)


class Plain(Compiled, compiled=False):
    """The same in Python."""


class Leans(RowStrategy, compiled=True):
    """Joins the side with more lots in five levels."""

    lots = 100

    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        up = row["bid_sizes"].sum() > row["ask_sizes"].sum()
        orders.quote(BUY, row["bid"], self.lots if up and row["bid_size"] else 0)
        orders.quote(SELL, row["ask"], self.lots if not up and row["ask_size"] else 0)


class Looks(RowStrategy, compiled=True):
    """Does nothing."""

    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        pass


QUOTES = {"strategy.preprocessing": "NoDataTransform"}
TIMED = {"strategy.preprocessing": "Touch", "strategy.when.quotes": True}
WOKEN = {**TIMED, "strategy.when.own_reports": True}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure a strategy of one's own.")
    data = ROOT.parent / "shared" / "data" / "binance-futures_ETHUSDT_2024-08-08"
    parser.add_argument("--data", metavar="DIR", default=str(data), help="the ETHUSDT files")
    args = parser.parse_args()
    digests = set()
    for name, strategy, closed, keys in (
        ("compiled, first", Compiled, True, QUOTES), ("compiled", Compiled, True, QUOTES),
        ("plain, one task", Plain, True, QUOTES), ("plain, three tasks", Plain, False, QUOTES),
        ("does nothing, first", Looks, True, TIMED), ("does nothing", Looks, True, TIMED),
        ("five levels, own reports, first", Leans, True, {**WOKEN, "strategy.depth": 5}),
        ("five levels, own reports", Leans, True, {**WOKEN, "strategy.depth": 5}),
    ):  # fmt: skip
        keys = {**keys, "data.tardis_root": args.data, "engine.closed_loop": closed}
        run = mm.backtest(ROOT / "config/ethusdt.toml", keys, strategy=strategy, run_dir=None)
        engine_s, decisions = run.summary["engine_s"], run.summary["decisions"]
        print(f"| {name} | {engine_s:.2f} s | {decisions} | {engine_s / decisions * 1e6:.1f} µs |")
        if strategy in (Compiled, Plain):
            digests.add(run.digest)
    print(f"digest of the first four: {', '.join(sorted(digests))}")
    return len(digests) - 1


if __name__ == "__main__":
    raise SystemExit(main())
