"""``/metrics`` for Prometheus and ``/health`` for a supervisor, made of the latest state.

Money is in the settlement currency, times are seconds. What is not known is left out. Of several
markets, what each has of its own is told by its symbol, and the rest has none.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from mm.run.figures import FIGURES, OWN
from mm.web.board import Board


class _Collector:
    """Gives what the board shows, in Prometheus' terms."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        """Each figure that is known."""
        latest = self._board.latest
        if latest is None:
            return
        if not latest.own:
            yield from _families([(str(latest.texts["symbol"]), latest.numbers)], FIGURES)
            return
        # An empty label is none: the figure is of the whole run. One that markets have of their
        # own stands there alone, so that a sum over symbols counts nothing twice.
        whole = {name: value for name, value in latest.numbers.items() if name not in OWN}
        yield from _families([("", whole)], FIGURES)
        yield from _families(latest.own, OWN)


def _families(
    each: Sequence[tuple[str, Mapping[str, float]]], about: Mapping[str, str]
) -> Iterator[Metric]:
    """Give the figures that are known, of each symbol."""
    for name in dict.fromkeys(name for _, figures in each for name in figures):
        kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
        family = kind(f"mm_{name}", about.get(name, name), labels=["symbol"])
        for symbol, figures in each:
            if not math.isnan(figures.get(name, math.nan)):
                family.add_metric([symbol], figures[name])
        if family.samples:
            yield family


def metrics_text(board: Board) -> bytes:
    """Write the figures as Prometheus reads them (text format 0.0.4)."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(board))
    return generate_latest(registry)


def health_text(board: Board) -> tuple[int, bytes]:
    """Say whether all is well: an HTTP status, 200 or 503, and a JSON object that says why.

    Alerts that fire are named, and are no reason for 503: a supervisor would start the run anew
    for a position that is large.
    """
    latest = board.latest
    trouble = "the run has not begun" if latest is None else latest.trouble
    content = {
        "ok": not trouble,
        "trouble": trouble,
        "alerts": [] if latest is None else list(latest.alerts),
        "state": "" if latest is None else latest.texts["state"],
        "data_time_us": None if latest is None else latest.ts,
    }
    return 503 if trouble else 200, json.dumps(content).encode()
