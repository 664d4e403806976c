"""What a run comes to, as one JSON object: counts, money, oddities. Sizes are contracts."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import attrs

from mm.api import Defect, Health, Instrument, Status, Survey
from mm.core.bracket import outcome
from mm.core.entries import Totals
from mm.health import entries
from mm.run.network import Parts


def summarize(
    survey: Survey,
    notes: Sequence[str],
    defects: Sequence[Defect],
    parts: Parts,
    status: Status | Literal["running"],
    error: BaseException | None,
    health: Health | None = None,
    *,
    currency: str = "",
    settled: Sequence[str] = (),
) -> dict[str, Any]:
    """Sum a run up.

    Args:
        survey: of the data.
        notes: sentences for the user.
        defects: of the data.
        parts: of the run.
        status: how it ended.
        error: why it failed, if it did.
        health: of a live connector.
        currency: that money is summed in, by name; empty = the one settlement currency there is.
        settled: of several markets, in which currency each settles, empty = in the first.

    Of several markets, positions and the grid are those of the first; ``markets`` has them all.
    """
    books = parts.books
    ledger, totals = books.ledger, books.ledger.totals
    instrument, holding = parts.instruments[0], ledger.holdings[0]
    odd = parts.venue.statistics()
    return {
        "status": status,
        "error": None if error is None else f"{type(error).__name__}: {error}",
        **_contract(instrument),
        "rows": _rows(survey) if health is None else _rows_live(parts, health),
        "rows_read": parts.progress.rows,
        "first_ts": survey.first_ts if health is None else _time(parts.progress.first_ts),
        "last_ts": _time(parts.progress.ts),
        "decisions": books.decisions,
        "clamps": books.clamp_counts(),
        "sides": books.reasons.shares(parts.progress.first_ts, parts.progress.ts),
        "orders": books.orders,
        "fills": totals.fills,
        "maker_fills": totals.maker_fills,
        "filled_qty": _contracts(parts, [one.filled_lots for one in ledger.accounts]),
        "turnover": _number(totals.turnover),
        "position": instrument.contracts(holding.lots),
        "max_position": instrument.contracts(ledger.accounts[0].largest_position),
        "avg_price": _number(holding.average_price),
        **_money(totals, ledger.unrealized, ledger.equity),
        "currency": currency,
        "markets": [_market(parts, n, name) for n, name in enumerate(settled)] if settled else [],
        "max_drawdown": _number(totals.max_drawdown),
        "crossed_book_messages": odd.crossed,
        "prints_without_side": odd.unsided,
        "risk": {"refused": odd.refused, "killed_ts": odd.killed_ts},
        "bracket": _bracket(parts),
        "notes": list(notes),
        "health": entries(defects),
        "data": dict(survey.details),
        **({} if health is None else {"live": _live(health)}),
    }


def _market(parts: Parts, number: int, currency: str) -> dict[str, Any]:
    """Sum one of several markets up. Money is in its settlement currency."""
    ledger, instrument = parts.books.ledger, parts.instruments[number]
    holding, account = ledger.holdings[number], ledger.accounts[number]
    return {
        **_contract(instrument),
        "currency": currency,
        "rate": _number(ledger.rate(number)),
        "sides": parts.books.reasons.shares(parts.progress.first_ts, parts.progress.ts, number),
        "fills": account.fills,
        "maker_fills": account.maker_fills,
        "filled_qty": instrument.contracts(account.filled_lots),
        "turnover": _number(account.turnover),
        "position": instrument.contracts(holding.lots),
        "max_position": instrument.contracts(account.largest_position),
        "avg_price": _number(holding.average_price),
        **_money(account, ledger.unrealized_of(number), ledger.equity_of(number)),
    }


def _contract(instrument: Instrument) -> dict[str, Any]:
    return {
        "symbol": instrument.symbol,
        "contract_type": instrument.contract_type,
        "tick_size": str(instrument.tick_size),
        "lot_size": str(instrument.lot_size),
    }


def _money(totals: Totals, unrealized: float, equity: float) -> dict[str, Any]:
    """Write sums down, all in one currency."""
    return {
        "realized_pnl": _number(totals.realized),
        "unrealized_pnl": _number(unrealized),
        "spread_capture": _number(totals.spread_capture),
        "inventory_pnl": _number(totals.revaluation),
        "funding": _number(totals.funding),
        "fees_paid": _number(totals.fees_paid),
        "rebates_earned": _number(totals.rebates),
        "equity": _number(equity),
    }


def _contracts(parts: Parts, lots: Sequence[int]) -> float:
    """Contracts of all instruments together."""
    each = (one.contracts(n) for one, n in zip(parts.instruments, lots, strict=True))
    return math.fsum(each)


def _live(health: Health) -> dict[str, Any]:
    """Say how the connection was: what happened how often, what was missed, how late all was."""
    counters = dict(health.counters)
    return {
        "state": health.state,
        "connections": counters.pop("connections", 0),
        "resubscriptions": counters.pop("resubscriptions", 0),
        "gaps": [attrs.asdict(gap) for gap in health.gaps],
        "counters": dict(sorted(counters.items())),
        "lag_ms": {name: dict(figures) for name, figures in health.lags.items()},
    }


def _time(ts: int) -> int | None:
    return None if ts < 0 else ts


def _bracket(parts: Parts) -> dict[str, Any] | None:
    """Compare the result with the same orders under other fill models; None = not asked for."""
    if parts.bracket is None:
        return None
    shadows = parts.bracket.results()
    return {
        "pessimistic": shadows["pessimistic"],
        "chosen": outcome(parts.books.ledger),
        "optimistic": shadows["optimistic"],
    }


def _rows(survey: Survey) -> dict[str, int]:
    rows = {"trades": 0, "quotes": 0, "book": 0}
    for source in survey.sources:
        rows[source.name] = rows.get(source.name, 0) + source.rows
    return rows


def _rows_live(parts: Parts, health: Health) -> dict[str, int]:
    """Count rows as a recording of them has them, and as its replay will."""
    return dict(health.rows if parts.numbering is None else parts.numbering.rows)


def _number(value: float) -> float | None:
    """JSON has no NaN and no infinity; a sum of nothing is an int, and should not show."""
    return float(value) if math.isfinite(value) else None
