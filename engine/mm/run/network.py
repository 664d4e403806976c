"""The network: which task is joined to which, and how it is run to its end.

    connect ─► [pace] ─► [record_market] ─► route
    route ─┬─► transform ─► decide ◄──────────┐
           │                  │ blocks        │ account
           ├────────────────► execute ─► keep ┤
           └─► candles ───────────────────────┴─► record ─► sinks

decide, execute and keep are mostly hosted by one task (``closed_loop``), with the same bytes.

Every arrow is a channel with one writer and one reader, and every task waits for one channel at a
time, chosen by data. So the streams are the same under every schedule and capacity (Kahn, 1974).
Shutdown needs no flags: the connector closes its channel, and each task drains and closes its own.
"""

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs
import trio

from mm.api import (
    Account,
    Connector,
    DecisionKernel,
    ExecutionReport,
    Features,
    Instrument,
    MarketBatch,
    OrderBlock,
    Sink,
    Strategy,
    Transformer,
    half_ticks,
)
from mm.core.bracket import Bracket
from mm.core.candles import CandleBuilder
from mm.core.touch import BookQuotes
from mm.core.venue import AskedLoop, ClosedLoop, SimulatedVenue
from mm.record.hold import Hold
from mm.record.numbering import Numbering
from mm.record.recorder import Recorder
from mm.run.answers import RowAnswers
from mm.run.candles import draw_candles
from mm.run.channels import Inlet, Outlet, open_channel
from mm.run.closed_loop import close_loop, host
from mm.run.connector import connect
from mm.run.disk import Disk
from mm.run.execution import execute
from mm.run.pace import pace
from mm.run.position import Books, keep
from mm.run.progress import Progress
from mm.run.recording import record_market
from mm.run.router import route
from mm.run.sinks import Records, record
from mm.run.strategy import BlockMaker, decide
from mm.run.transformer import transform

if TYPE_CHECKING:
    from mm.run.recordings import Recordings

_FLUSH_S: Final = 0.5
"""How often results reach the disk, so that a killed run leaves nearly all of them."""


@attrs.frozen(kw_only=True)
class Parts:
    """Everything a run is made of, built and ready."""

    instruments: tuple[Instrument, ...]
    connector: Connector
    transformer: Transformer
    strategy: Strategy
    venue: SimulatedVenue
    books: Books
    bracket: Bracket | None
    """Shadow venues that follow the main one; None = not asked for."""
    candles: CandleBuilder
    quotes: BookQuotes | None
    """Set when the data has no quotes of its own."""
    sinks: Mapping[str, Sink]
    """By who they are, for the blame."""
    names: Mapping[str, str]
    """Kind of part (connector, transformer, strategy) to who it is, for the blame:
    ``strategy 'Grid' (mm-engine 0.1.0)``."""
    progress: Progress
    capacity: int
    """Messages a channel holds; any number >= 0 gives the same results."""
    longest_block: int
    """Most decisions in a block; any number >= 1 gives the same results."""
    speed: float | None
    """Multiple of real time to replay at; None = as fast as it goes."""
    duration_s: float | None = None
    """End the reading after so long [s]; None = when there is no more."""
    compiled: DecisionKernel | None = None
    """How the strategy decides inside the venue; None = it is asked in Python."""
    answers: RowAnswers | None = None
    """How it is asked in Python inside the venue's kernel; None = outside, by the block."""
    apart: bool = False
    """Strategy, execution and position in a task each; same results."""
    numbering: Numbering | None = None
    """Set for live data, whose rows stand in no file yet."""
    recorder: "Recorder | Recordings | None" = None
    """Writes live data down; None = not asked for."""
    disk: Disk | None = None
    """Set for live data of one market: a full disk is waited for. None = it ends the run."""


async def run_network(parts: Parts, stop: trio.CancelScope) -> None:
    """Run until the connector has no more, or until ``stop`` is cancelled, and all is drained.

    Raises:
        BaseExceptionGroup: what the tasks raised; see ``mm.blame.root_cause``.
    """
    capacity, names = parts.capacity, parts.names
    progress = parts.progress
    to_route, batches = open_channel(capacity, MarketBatch)
    to_transform, for_transform = open_channel(capacity, MarketBatch)
    to_execute, for_execute = open_channel(capacity, MarketBatch)
    to_candles, for_candles = open_channel(capacity, MarketBatch)
    to_decide, features = open_channel(capacity, Features)
    from_keep, ledger_records = open_channel(capacity, Records)
    from_candles, candle_records = open_channel(capacity, Records)
    async with trio.open_nursery() as nursery:
        start = nursery.start_soon
        start(_read, parts, to_route, stop)
        start(partial(
            route, batches, (to_transform, to_execute, to_candles),
            quotes=parts.quotes, connector=names["connector"], progress=progress,
            instruments=len(parts.instruments),
        ))  # fmt: skip
        start(partial(
            transform, for_transform, to_decide,
            transformer=parts.transformer, name=names["transformer"],
        ))  # fmt: skip
        if parts.apart:
            start(_decide_apart, parts, features, for_execute, from_keep)
        elif parts.compiled is None and parts.answers is None:
            start(partial(
                host, features, for_execute, from_keep,
                maker=_block_maker(parts), venue=parts.venue, bracket=parts.bracket,
                books=parts.books, progress=progress,
            ))  # fmt: skip
        else:
            start(partial(
                close_loop, features, for_execute, from_keep,
                strategy=parts.strategy, name=names["strategy"],
                loop=_closed_loop(parts),
                books=parts.books, progress=progress,
            ))  # fmt: skip
        start(partial(draw_candles, for_candles, from_candles, builder=parts.candles))
        start(partial(
            record, ledger_records, candle_records, sinks=parts.sinks, flush_s=_FLUSH_S,
            ahead=None if parts.recorder is None else parts.recorder.flush_all, disk=parts.disk,
        ))  # fmt: skip


def _closed_loop(parts: Parts) -> ClosedLoop:
    account, answers = parts.books.account(committed=0), parts.answers
    if parts.compiled is not None:
        return ClosedLoop(parts.venue, parts.compiled, account, parts.longest_block)
    assert answers is not None
    rows = answers.rows_of(parts.transformer.dtype)
    return AskedLoop(parts.venue, rows, account, answers, answers.orders_per_row)


def _block_maker(parts: Parts) -> BlockMaker:
    return BlockMaker(
        parts.strategy,
        parts.names["strategy"],
        parts.books.account(committed=0),
        parts.longest_block,
        half_ticks=half_ticks(parts.instruments) if parts.venue.wakes else None,
    )


async def _decide_apart(
    parts: Parts,
    features: Inlet[Features],
    batches: Inlet[MarketBatch],
    records: Outlet[Records],
) -> None:
    """Strategy, execution and position, a task each. Owns all its ends."""
    to_venue, blocks = open_channel(parts.capacity, OrderBlock)
    to_keep, reports = open_channel(parts.capacity, ExecutionReport)
    to_strategy, accounts = open_channel(parts.capacity, Account)
    books, progress = parts.books, parts.progress
    async with trio.open_nursery() as nursery:
        start = nursery.start_soon
        start(partial(decide, features, accounts, to_venue, maker=_block_maker(parts)))
        start(partial(
            execute, blocks, batches, to_keep, venue=parts.venue, bracket=parts.bracket
        ))  # fmt: skip
        start(partial(keep, reports, to_strategy, records, books=books, progress=progress))


async def _read(parts: Parts, out: Outlet[MarketBatch], stop: trio.CancelScope) -> None:
    """Read until there is no more; number, and write down, what stands in no file. Owns ``out``."""
    if parts.numbering is None:
        await _listen(parts, out, stop)
        return
    to_record, batches = open_channel(parts.capacity, MarketBatch)
    # Several markets are written down one by one, before they are merged.
    recorder = parts.recorder if isinstance(parts.recorder, Recorder) else None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_listen, parts, to_record, stop)
        nursery.start_soon(partial(
            record_market, batches, out, numbering=parts.numbering, recorder=recorder,
            disk=parts.disk, hold=Hold(has_quotes=parts.quotes is None),
        ))  # fmt: skip


async def _listen(parts: Parts, out: Outlet[MarketBatch], stop: trio.CancelScope) -> None:
    """Run the connector, paced if asked for, until it ends or is told to. Owns ``out``."""
    limit_s = math.inf if parts.duration_s is None else parts.duration_s
    source = (parts.connector, parts.names["connector"], parts.instruments)
    with out, stop, trio.move_on_after(limit_s):
        if parts.speed is None:
            await connect(*source, out)
            return
        unpaced, batches = open_channel(parts.capacity, MarketBatch)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(connect, *source, unpaced)
            nursery.start_soon(partial(pace, batches, out, speed=parts.speed))
