"""``/metrics`` for Prometheus and ``/health`` for a supervisor, made of the latest state.

Money is in the settlement currency, times are seconds. What is not known is left out.
"""

import json
import math
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from mm.web.board import Board

_HELP: Final = {
    "position_contracts": "Position [contracts], long positive.",
    "equity": "Equity [settlement currency].",
    "realized_pnl": "Realised profit before fees [settlement currency].",
    "max_drawdown": "Largest fall of equity below an earlier peak [settlement currency].",
    "fees_paid": "Fees paid [settlement currency].",
    "rebates_earned": "Rebates earned [settlement currency].",
    "fills_total": "Fills.",
    "decisions_total": "Decisions of the strategy.",
    "orders_total": "Commands sent: new, replace, cancel.",
    "orders_refused_total": "Orders refused by our own risk gate.",
    "rows_total": "Rows of market data read.",
    "bid_quoting": "1 while our bid is wanted in the market.",
    "ask_quoting": "1 while our ask is wanted in the market.",
    "data_time_seconds": "Time of the latest market data [s since 1970].",
    "silence_seconds": "Time since the latest market data came [s].",
    "book_trusted": "1 while the book in the stream is the exchange's.",
    "gaps_total": "Times in which the book was not known.",
    "connections_total": "Connections made to the exchange.",
    "rows_left_out_total": "Rows left out since the engine was behind.",
    "exchange_to_arrival_lag_p99_seconds": "From exchange to us, 99th percentile [s].",
    "arrival_to_engine_lag_p99_seconds": "From us to the engine, 99th percentile [s].",
}


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
            family = kind(f"mm_{name}", _HELP.get(name, name), labels=["symbol"])
            family.add_metric([symbol], value)
            yield family


def metrics_text(board: Board) -> bytes:
    """Write the figures as Prometheus reads them (text format 0.0.4)."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(board))
    return generate_latest(registry)


def health_text(board: Board) -> tuple[int, bytes]:
    """Say whether all is well: an HTTP status, 200 or 503, and a JSON object that says why."""
    latest = board.latest
    trouble = "the run has not begun" if latest is None else latest.trouble
    content = {
        "ok": not trouble,
        "trouble": trouble,
        "state": "" if latest is None else latest.texts["state"],
        "data_time_us": None if latest is None else latest.ts,
    }
    return 503 if trouble else 200, json.dumps(content).encode()
