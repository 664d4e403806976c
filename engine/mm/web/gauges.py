"""``/metrics`` for Prometheus and ``/health`` for a supervisor, made of the latest state.

Money is in the settlement currency, times are seconds. What is not known is left out.
"""

import json
import math
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from mm.run.figures import FIGURES
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
        symbol = str(latest.texts["symbol"])
        for name, value in latest.numbers.items():
            if math.isnan(value):
                continue
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            family = kind(f"mm_{name}", FIGURES.get(name, name), labels=["symbol"])
            family.add_metric([symbol], value)
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
