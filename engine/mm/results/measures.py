"""The metrics of a run: its tables put into the functions of ``mm.metrics``.

Which column is what, at which steps of time, and by what names the figures go. Marks between two
rows of ``positions`` are the mids of decisions, where the run was valued at mids.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import MICRO
from mm.metrics import (
    HORIZONS_S,
    Fills,
    Floats,
    Mean,
    Times,
    drawdown,
    inventory,
    jackknife,
    markout,
    order_figures,
    presence,
    ratios,
    spreads,
)
from mm.results.table import Table

if TYPE_CHECKING:
    from mm.results.run import Run

BLOCKS: Final = 48
"""Half hours of a day; a number that cuts well into 2, 3, 4, 6, 8, 12 and 16."""

_QUOTED: Final = ("bid", "ask", "best_bid", "best_ask")


@attrs.frozen(kw_only=True)
class Account:
    """The account at each of some times."""

    ts: Times
    equity: Floats
    """Settlement currency, fees and funding in it; NaN before the first mark."""
    position: Floats
    """Contracts, of the run's first market."""
    fees: Floats


def account(run: "Run", step_us: int) -> Account:
    """Give the account at every multiple of ``step_us`` [µs] from the first row to the last."""
    rows = run.positions
    known = times(rows, "ts_known")
    if not len(known):
        none = np.zeros(0)
        return Account(ts=np.zeros(0, np.int64), equity=none, position=none, fees=none)
    until = max(int(known[-1]), int(times(run.quotes, "ts_decided")[-1]) if len(run.quotes) else 0)
    grid = np.arange(-(-int(known[0]) // step_us), -(-until // step_us) + 1) * step_us
    return account_at(run, grid)


def account_at(run: "Run", grid: Times) -> Account:
    """Give the account at each of ``grid`` [µs, shape (m,)], none before its first row."""
    rows = run.positions
    known = times(rows, "ts_known")
    at = np.searchsorted(known, grid, side="right") - 1
    equity = floats(rows, "equity")[at]
    first, symbols = run.parts[0], set(rows["symbol"].tolist())
    if first.config["position"]["mark"] == "mid" and len(symbols) == 1 and len(run.quotes):
        equity = _marked(run, grid, at)
    return Account(
        ts=grid,
        equity=equity,
        position=position_at(first, grid),
        fees=floats(rows, "fees")[at],
    )


def position_at(part: "Run", grid: Times) -> Floats:
    """Give what was held of a market at each of ``grid`` [contracts], flat before its first row."""
    held = np.append(0.0, floats(part.positions, "position"))
    return held[np.searchsorted(times(part.positions, "ts_known"), grid, side="right")]


def equity_blocks(run: "Run", count: int = BLOCKS) -> dict[str, Any]:
    """Say by how much equity changed in each of ``count`` equal blocks of the market's time.

    Runs over the same data have the same blocks, whatever they traded, so they can be compared
    block by block.

    Returns:
        ``start`` and ``end`` of the market's time [µs UTC], and ``equity``, the changes [settlement
        currency]. Their sum (``math.fsum``) is the run's equity, to its last digit. At an
        edge it is valued as in ``account_at``, at the end as the ledger says.
    """
    start, end = int(run.summary["first_ts"] or 0), int(run.summary["last_ts"] or 0)
    edges = start + (end - start) * np.arange(1, count, dtype=np.int64) // count
    known = times(run.positions, "ts_known")
    levels = np.zeros(len(edges))
    seen = edges >= known[0] if len(known) else np.zeros(len(edges), bool)
    if seen.any():
        levels[seen] = np.nan_to_num(account_at(run, edges[seen]).equity)
    changes = np.diff(levels, prepend=0.0).tolist()
    rest = math.fsum([float(run.summary["equity"] or 0.0), *(-change for change in changes)])
    return {"start": start, "end": end, "equity": [*changes, rest]}


def _marked(run: "Run", grid: Times, at: npt.NDArray[np.intp]) -> Floats:
    """Value what was held at the newest mid that a row or a decision tells."""
    rows, config = run.positions, run.parts[0].config
    held, entry = floats(rows, "position")[at], floats(rows, "avg_price")[at]
    booked = floats(rows, "equity") - np.nan_to_num(floats(rows, "unrealized_pnl"))
    mid_ts = np.concatenate([times(rows, "ts_known"), times(run.quotes, "ts_decided")])
    mids = np.concatenate([floats(rows, "mid"), floats(run.quotes, "mid")])
    order = np.argsort(mid_ts, kind="stable")
    order = order[~np.isnan(mids[order])]
    if not len(order):
        return floats(rows, "equity")[at]
    place = np.searchsorted(mid_ts[order], grid, side="right") - 1
    mid = np.where(place >= 0, mids[order][np.maximum(place, 0)], np.nan)
    multiplier = float(config["instrument"]["multiplier"])
    if config["position"]["contract_type"] == "Inverse":
        gain = held * multiplier * (1 / entry - 1 / mid)
    else:
        gain = held * multiplier * (mid - entry)
    open_profit = np.where(held == 0, 0.0, gain)
    # A rounded lot value is the ledger's own affair: its rows are believed where they are newer.
    exact = times(rows, "ts_known")[at] == grid
    value: Floats = np.where(exact, floats(rows, "equity")[at], booked[at] + open_profit)
    return value


def measure(run: "Run", step_us: int, days: float) -> dict[str, Any]:
    """Work out all figures; see ``Run.metrics``."""
    held = account(run, step_us)
    step_s = step_us / MICRO
    summary = run.summary
    markets = {
        str(part.summary["symbol"]): _measure_part(part, held.ts, step_s) for part in run.parts
    }
    fall = drawdown(held.ts, held.equity)
    turnover = float(summary["turnover"] or 0.0)
    equity = float(summary["equity"] or 0.0)
    events = run.order_events
    accepted = events["event"] == "accepted"
    return {
        "profit": {
            "equity": equity,
            **{k: _known(summary[k]) for k in ("spread_capture", "inventory_pnl", "funding")},
            "fees": float(summary["rebates_earned"]) - float(summary["fees_paid"]),
            "on_turnover": equity / turnover if turnover else float("nan"),
            "drawdown": fall.depth,
            "drawdown_s": fall.length_s,
        },
        "ratios": attrs.asdict(ratios(held.equity, step_s, days)),
        "orders": attrs.asdict(
            order_figures(
                floats(events, "order_id")[accepted].astype(np.int64),
                times(events, "ts_venue")[accepted],
                floats(run.trades, "order_id").astype(np.int64),
                times(run.trades, "ts_venue"),
                len(run.orders),
            )
        ),
        **next(iter(markets.values())),
        **({"markets": markets} if len(markets) > 1 else {}),
    }


def _measure_part(part: "Run", grid: Times, step_s: float) -> dict[str, Any]:
    """Work out what is told market by market."""
    fills, rules = fills_of(part)
    mid_ts, mids = times(part.quotes, "ts_decided"), floats(part.quotes, "mid")
    quoted = [floats(part.quotes, name) for name in _QUOTED]
    held = position_at(part, grid)
    return {
        "quoting": attrs.asdict(presence(mid_ts, *quoted)),
        "inventory": attrs.asdict(inventory(held, step_s, _limit(part.config))),
        "markouts": _markouts(fills, rules, mid_ts, mids),
        "spreads": {
            f"{horizon:g}": {
                name: attrs.asdict(mean)
                for name, mean in spreads(fills, horizon, mid_ts, mids).items()
            }
            for horizon in HORIZONS_S
        },
    }


def fills_of(run: "Run") -> tuple[Fills, npt.NDArray[np.object_]]:
    """The run's fills in order of time at the venue, and the rule that each was filled by."""
    trades = run.trades
    order = np.argsort(times(trades, "ts_venue"), kind="stable")
    fills = Fills(
        ts=times(trades, "ts_venue")[order],
        price=floats(trades, "price")[order],
        side=np.where(trades["side"] == "buy", 1, -1)[order],
        size=floats(trades, "size")[order],
        mid=floats(trades, "mid")[order],
    )
    return fills, trades["rule"][order]


def captured(run: "Run", fills: Fills) -> Floats:
    """What each fill was better than the mid [settlement currency], shape (n,); NaN = no mid."""
    config = run.parts[0].config
    multiplier = float(config["instrument"]["multiplier"])
    if config["position"]["contract_type"] == "Inverse":
        better = 1 / fills.price - 1 / fills.mid
    else:
        better = fills.mid - fills.price
    worth: Floats = multiplier * fills.side * fills.size * better
    return worth


def markouts_so_far(part: "Run") -> dict[float, Mean]:
    """Give the mean markout [price] of all fills of a market by horizon [s]."""
    fills, _ = fills_of(part)
    mid_ts, mids = times(part.quotes, "ts_decided"), floats(part.quotes, "mid")
    return {h: jackknife(markout(fills, h, mid_ts, mids), fills.size, fills.ts) for h in HORIZONS_S}


def _markouts(
    fills: Fills, rules: npt.NDArray[np.object_], mid_ts: Times, mids: Floats
) -> dict[str, Any]:
    """By side and by the rule that filled: horizon [s] -> mean markout [price] with its error."""
    groups = {"all": np.ones(len(rules), bool), "buy": fills.side == 1, "sell": fills.side == -1}
    groups |= {str(rule): rules == rule for rule in sorted(set(rules.tolist()))}

    def means(chosen: Fills) -> dict[str, dict[str, Any]]:
        found: dict[str, Mean] = {
            f"{h:g}": jackknife(markout(chosen, h, mid_ts, mids), chosen.size, chosen.ts)
            for h in HORIZONS_S
        }
        return {horizon: attrs.asdict(mean) for horizon, mean in found.items()}

    return {name: means(fills.where(chosen)) for name, chosen in groups.items()}


def _limit(config: Mapping[str, Any]) -> float:
    """The largest position that the strategy or the risk gate allows [contracts]; NaN = none."""
    table = config["strategy"].get(str(config["strategy"]["kind"]).lower(), {})
    limits = [table.get("max_position"), config["risk"]["max_position"]]
    given = [float(limit) for limit in limits if isinstance(limit, int | float) and limit > 0]
    return min(given, default=float("nan"))


def _known(figure: float | None) -> float:
    """NaN for what the summary does not tell: JSON has no such number."""
    return float("nan") if figure is None else figure


def times(table: Table, column: str) -> Times:
    """A column of times [µs]."""
    found: Times = table[column].astype(np.int64)
    return found


def floats(table: Table, column: str) -> Floats:
    """A column of numbers."""
    return np.asarray(table[column], np.float64)


def as_json(value: Any) -> Any:
    """Give figures as JSON has them: what cannot be told, or has no end, is null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    return value
