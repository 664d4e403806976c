"""A run in memory: a stream of events through the real tasks, venue and books, tables out.

The same network as in ``mm backtest``, with nothing read and nothing written, so that a part can
be tried on any stream under any schedule, capacity, cut and block length. It knows no run file.
"""

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
import trio

from mm.api import (
    CANDLE,
    DECISION,
    EXECUTION,
    ORDER,
    POSITION,
    REPORT,
    Context,
    FeeModel,
    FillModel,
    Instrument,
    LatencyModel,
    MarketBatch,
    Rows,
    Status,
    Strategy,
    Transformer,
)
from mm.blame import ungrouped
from mm.core.candles import CandleBuilder
from mm.core.ledger import Ledger
from mm.core.position import MarketBooks
from mm.core.venue import SimulatedVenue, Terms
from mm.run.closed_loop import kernel_of
from mm.run.network import Parts, run_network
from mm.run.position import Books
from mm.run.progress import Progress
from mm.testing.feeds import ScriptedConnector, cut_stream
from mm.testing.schedules import schedule

Tables: TypeAlias = Mapping[str, Rows]
"""Name of a table (see ``Sink.write``) to all its rows."""

TABLES: Final[dict[str, "np.dtype[np.void]"]] = {
    "decisions": DECISION,
    "orders": ORDER,
    "reports": REPORT,
    "trades": EXECUTION,
    "positions": POSITION,
    "candles": CANDLE,
}

_MINUTE_US: Final = 60_000_000

_NAMES: Final = {
    "connector": "connector 'scripted'",
    "transformer": "transformer 'tried'",
    "strategy": "strategy 'tried'",
}


def trial_context(instruments: int = 1, seed: int = 0) -> Context:
    """Give the context that parts are built with here: ticks of 0.5, lots of 1, 5 and 7 ms."""
    markets = tuple(
        Instrument(symbol=f"TEST{n}", tick_size=Decimal("0.5"), lot_size=Decimal(1))
        for n in range(instruments)
    )
    return Context(
        instruments=markets,
        seed=seed,
        entry_us=5_000.0,
        response_us=7_000.0,
        maker_fee=-0.0001,
        taker_fee=0.0005,
    )


@attrs.frozen(kw_only=True)
class Way:
    """How a stream is sent through the network. None of it may show in the tables."""

    rows: int | None = None
    """Rows a batch holds at least; None = everything in one batch."""
    capacity: int = 4
    """Messages a channel holds."""
    longest_block: int = 256
    """Decisions asked for at once."""
    closed: bool = False
    """Let the strategy decide inside the venue."""
    schedule: int = 0
    """Seed of Trio's order of tasks."""


WHOLE: Final = Way()
"""Everything in one batch."""


def first_in_first_out(
    ahead: float, level: float, size: float, draw: float, p0: float, p1: float
) -> float:
    """A print eats the queue from its front."""
    return ahead - size


def no_more_than_level(
    ahead: float, before: float, after: float, printed: float, p0: float, p1: float
) -> float:
    """A cancel helps once the level is smaller than what stood ahead."""
    return min(ahead, after)


@attrs.frozen
class _ShareOfValue:
    context: Context

    def fee(self, *, maker: bool, value: float, contracts: float, traded: float) -> float:
        return (self.context.maker_fee if maker else self.context.taker_fee) * value


class _Collected:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Rows]] = {
            table: [np.zeros(0, dtype)] for table, dtype in TABLES.items()
        }

    def write(self, table: str, rows: Rows) -> None:
        self._rows[table].append(rows.copy())

    def close(self, status: Status) -> None:
        pass

    def tables(self) -> Tables:
        made = {table: np.concatenate(rows) for table, rows in self._rows.items()}
        made["orders"]["decision"] = 0  # counts within a block, so it depends on the block
        return made


def run_events(
    events: Rows | Iterable[MarketBatch],
    transformer: Transformer,
    strategy: Strategy,
    context: Context,
    way: Way = WHOLE,
    *,
    fill_model: FillModel | None = None,
    latency: LatencyModel | None = None,
    fees: FeeModel | None = None,
) -> Tables:
    """Run a stream through the network.

    Args:
        events: dtype EVENT, with quotes; or batches already cut.
        transformer: freshly built.
        strategy: freshly built.
        context: what both were built with.
        way: how the stream is sent.
        fill_model: None = first in, first out.
        latency: None = the context's, constant.
        fees: None = the context's, as a share of value.

    Raises:
        PluginError: a part raised, or broke its contract.
    """
    batches = cut_stream(events, way.rows) if isinstance(events, np.ndarray) else events
    sink = _Collected()
    parts = Parts(
        instruments=context.instruments,
        connector=ScriptedConnector(batches),
        transformer=transformer,
        strategy=strategy,
        venue=_venue(context, fill_model, latency),
        books=Books(_ledger(context, fees)),
        bracket=None,
        candles=CandleBuilder(_MINUTE_US),
        quotes=None,
        sinks={"collected": sink},
        names=_NAMES,
        progress=Progress(),
        capacity=way.capacity,
        longest_block=way.longest_block,
        compiled=kernel_of(strategy, transformer.dtype) if way.closed else None,
        speed=None,
    )
    with ungrouped(), schedule(way.schedule):
        trio.run(run_network, parts, trio.CancelScope())
    return sink.tables()


def _ledger(context: Context, fees: FeeModel | None) -> Ledger:
    books = MarketBooks(instruments=context.instruments, fees=fees or _ShareOfValue(context))
    return Ledger([books], sample_us=_MINUTE_US)


def _venue(
    context: Context, fill_model: FillModel | None, latency: LatencyModel | None
) -> SimulatedVenue:
    fixed = [np.array([[0.0, us]]) for us in (context.entry_us, context.response_us)]
    terms = Terms(
        instruments=context.instruments,
        fill_model=fill_model
        or FillModel(on_print=first_in_first_out, on_depth=no_more_than_level),
        latency=latency or LatencyModel(entry=fixed[0], response=fixed[1]),
    )
    return SimulatedVenue(markets=[terms], seed=context.seed)


def digest_tables(tables: Mapping[str, Rows]) -> str:
    """Give one sha256 over all tables, column by column, so that padding does not count."""
    digest = hashlib.sha256()
    for table, rows in sorted(tables.items()):
        digest.update(f"{table} {len(rows)} {rows.dtype.descr}".encode())
        for name in rows.dtype.names or ():
            digest.update(np.ascontiguousarray(rows[name]).tobytes())
    return digest.hexdigest()


def first_difference(
    one: Mapping[str, Rows], other: Mapping[str, Rows], until: int | None = None
) -> str | None:
    """Describe the first difference between two sets of tables; None if there is none.

    Args:
        one: what was expected.
        other: what was found.
        until: only rows at or before this time count [µs]; tables then need a column ``ts``.
    """
    for table in one:
        text = _difference(table, one[table], other[table], until)
        if text is not None:
            return text
    return None


def _difference(table: str, one: Rows, other: Rows, until: int | None) -> str | None:
    if until is not None:
        one, other = one[one["ts"] <= until], other[other["ts"] <= until]
    names = one.dtype.names or ()
    for row in range(min(len(one), len(other))):
        before, after = one[row], other[row]
        if before.tobytes() == after.tobytes():
            continue
        for name in names:
            if not _same(before[name], after[name]):
                time = f" (ts {before['ts']})" if "ts" in names else ""
                return f"{table} row {row}{time}: {name} is {after[name]}, was {before[name]}"
    if len(one) != len(other):
        return f"{table} has {len(other)} rows, had {len(one)}"
    return None


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))
