"""A run that never ended: it was killed, or is still going. What it wrote so far, as a ``Run``.

Without a summary, which a run writes last; what there can be of one is added up from the rows. The
rows are whole ones: whatever follows the last line break of a file is left out.
"""

from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from mm.api import DataError
from mm.metrics import drawdown
from mm.results.measures import account, captured, fills_of, floats, times
from mm.results.run import Run, open_run, read_config
from mm.results.table import Table, read_table

STATUS: Final = "unfinished"
_STEP_US: Final = 1_000_000


def open_any(path: str | Path) -> Run:
    """Open a run on disk, also one that never ended.

    Such a run has the status ``unfinished`` and no digest; nothing is said of the health of its
    data, and its summary has fewer keys.

    Raises:
        DataError: it is not the directory of a run.
    """
    path = Path(path)
    begun = (path / "config.toml").is_file() and (path / "trades.csv").is_file()
    if (path / "summary.json").exists():
        return open_run(path)
    if not begun:
        raise DataError(
            f"{path}: is not the directory of a run: it holds no summary.json, and no config.toml"
            " beside trades.csv; name one that mm backtest or mm live made"
        )
    summary: dict[str, Any] = {"status": STATUS, "digest": "", "error": None}
    try:
        run = Run(path, summary, read_config(path), partial(_read, path))
        symbols = run.positions["symbol"].tolist()  # of several instruments the first comes first
        summary["symbol"] = symbols[0] if symbols else run.config["strategy"]["symbol"]
        summary |= _account(run)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path / 'config.toml'}: is not what a run writes: {error}") from error
    return run


def _read(path: Path, name: str) -> Table:
    return read_table(path / f"{name}.csv", cut=True)


def _account(run: Run) -> dict[str, Any]:
    """Add up what the rows tell."""
    config, trades = run.config, run.trades
    fills, _ = fills_of(run)
    seen = np.concatenate([times(run.quotes, "ts"), times(run.positions, "timestamp")])
    size = float(config["instrument"]["multiplier"]) * fills.size
    inverse = config["position"]["contract_type"] == "Inverse"
    value = size / fills.price if inverse else size * fills.price
    fee = floats(trades, "fee")
    last = _last_row(run.positions)
    spread = float(captured(run, fills).sum())
    held = account(run, _STEP_US)
    return {
        "contract_type": config["position"]["contract_type"],
        "first_ts": int(seen.min()) if len(seen) else None,
        "last_ts": int(seen.max()) if len(seen) else None,
        "decisions": len(run.quotes),
        "clamps": _clamps(run.quotes),
        "orders": len(run.orders),
        "fills": len(trades),
        "maker_fills": int((trades["liquidity"] == "maker").sum()),
        "filled_qty": float(fills.size.sum()),
        "turnover": float(value.sum()),
        **last,
        "spread_capture": spread,
        "inventory_pnl": last["equity"] - spread + last["fees"] - last["funding"],
        "fees_paid": float(np.maximum(fee, 0.0).sum()),
        "rebates_earned": float(np.maximum(-fee, 0.0).sum()),
        "max_drawdown": drawdown(held.ts, held.equity).depth,
        "notes": [],
        "health": [],
    }


def _last_row(rows: Table) -> dict[str, float]:
    names = ("position", "realized_pnl", "unrealized_pnl", "equity", "fees", "funding")
    if not len(rows):
        return dict.fromkeys(names, 0.0)
    last = {name: float(floats(rows, name)[-1]) for name in names}
    first = rows["symbol"] == rows["symbol"][0]
    return {**last, "position": float(floats(rows, "position")[first][-1])}


def _clamps(quotes: Table) -> dict[str, int]:
    """Sides of decisions that were not as the model said, by reason."""
    reasons = [*quotes["bid_clamp"].tolist(), *quotes["ask_clamp"].tolist()]
    found = sorted({reason for reason in reasons if reason})
    return {reason: reasons.count(reason) for reason in found}
