"""Every task ends when its input ends, and a crash anywhere ends the run with that error."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import attrs
import numpy as np
import pytest
import trio

from mm.api import (
    BUY,
    DECISION,
    EVENT,
    ORDER,
    QUOTE,
    TOUCH_FIELDS,
    Account,
    Decisions,
    FillModel,
    Instrument,
    LatencyModel,
    MarketBatch,
    PluginError,
    Rows,
)
from mm.blame import ReaderGoneError, blame, root_cause, ungrouped
from mm.core.candles import CandleBuilder
from mm.core.ledger import Ledger
from mm.core.position import MarketBooks
from mm.core.venue import SimulatedVenue, Terms
from mm.run.network import Parts, run_network
from mm.run.position import Books
from mm.run.progress import Progress
from mm.testing import ScriptedConnector, cut_stream
from mm_fees import Share
from mm_queue_models.rules import first_in_first_out, no_more_than_level

INSTRUMENT = Instrument(symbol="TEST", tick_size=Decimal(1), lot_size=Decimal(1))


def quotes(count: int) -> Rows:
    events = np.zeros(count, EVENT)
    events["ts_local"] = np.arange(count) * 10 + 10
    events["ts_exchange"] = events["ts_local"] - 3
    events["kind"], events["end"], events["row"] = QUOTE, 1, 1
    events["price"], events["size"], events["ask_price"], events["ask_size"] = 100, 5, 102, 5
    return events


@attrs.define
class Touch:
    """A row for each quote."""

    fails_at: int = -1
    dtype: Any = attrs.field(factory=lambda: np.dtype(TOUCH_FIELDS))

    def push(self, batch: MarketBatch) -> Rows:
        if 0 <= self.fails_at <= batch.watermark:
            raise RuntimeError("transformer broke")
        rows = np.zeros(len(batch.events), self.dtype)
        rows["ts"], rows["bid"] = batch.events["ts_local"], batch.events["price"]
        return rows


@attrs.define
class OneLot:
    """Sends a new order at every row."""

    fails_at: int = -1
    requires: frozenset[str] = frozenset()

    def observe(self, rows: Rows) -> Rows:
        return rows

    def decide(self, rows: Rows, account: Account) -> Decisions:
        if 0 <= self.fails_at <= rows["ts"][-1]:
            raise RuntimeError("strategy broke")
        orders = np.zeros(len(rows), ORDER)
        orders["decision"] = np.arange(len(rows))
        orders["client_id"] = account.next_client_id + orders["decision"]
        orders["price"], orders["size"], orders["side"] = rows["bid"], 1, BUY
        return Decisions(orders=orders, trace=np.zeros(len(rows), DECISION))


@attrs.define
class Memory:
    """A sink that counts rows."""

    fails: bool = False
    rows: dict[str, int] = attrs.field(factory=dict)

    def write(self, table: str, rows: Rows) -> None:
        if self.fails:
            raise RuntimeError("sink broke")
        self.rows[table] = self.rows.get(table, 0) + len(rows)

    def close(self, status: str) -> None: ...


def parts(connector: Any, capacity: int = 1, **changes: Any) -> Parts:
    model = FillModel(on_print=first_in_first_out, on_depth=no_more_than_level)
    ledger = Ledger([MarketBooks(instruments=(INSTRUMENT,), fees=Share(0.0, 0.0))], sample_us=1000)
    whole: dict[str, Any] = {
        "instruments": (INSTRUMENT,),
        "connector": connector,
        "transformer": Touch(),
        "strategy": OneLot(),
        "venue": SimulatedVenue(
            markets=[Terms(instruments=(INSTRUMENT,), fill_model=model, latency=LatencyModel())],
            seed=0,
        ),
        "books": Books(ledger),
        "bracket": None,
        "candles": CandleBuilder(1000),
        "quotes": None,
        "sinks": {"sink 'memory'": Memory()},
        "names": {
            "connector": "connector 'Scripted'",
            "transformer": "transformer 'Touch'",
            "strategy": "strategy 'OneLot'",
        },
        "progress": Progress(),
        "capacity": capacity,
        "longest_block": 16,
        "speed": None,
    }
    return Parts(**{**whole, **changes})


@pytest.mark.parametrize("capacity", [0, 1, 64])
@pytest.mark.parametrize("rows", [1, 7, None])
async def test_every_task_ends_when_the_data_ends(capacity: int, rows: int | None) -> None:
    whole = parts(ScriptedConnector(cut_stream(quotes(100), rows)), capacity)
    with trio.fail_after(30):
        await run_network(whole, trio.CancelScope())
    assert whole.books.decisions == 100
    assert whole.sinks["sink 'memory'"].rows["orders"] == 100  # type: ignore[attr-defined]


async def test_no_data_at_all_is_a_run_without_decisions() -> None:
    whole = parts(ScriptedConnector([]))
    with trio.fail_after(30):
        await run_network(whole, trio.CancelScope())
    assert whole.books.decisions == 0


def endless() -> Iterator[MarketBatch]:
    for n in range(10**9):
        events = quotes(1)
        events["ts_local"] += 10 * n
        yield MarketBatch(events, int(events["ts_local"][0]))


def failing_feed() -> Iterator[MarketBatch]:
    yield from cut_stream(quotes(50), 10)
    raise RuntimeError("connector broke")


@pytest.mark.parametrize("capacity", [0, 1, 64])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"connector": ScriptedConnector(failing_feed())},
            "connector 'Scripted' raised RuntimeError at data time 500 µs: connector broke",
        ),
        (
            {"transformer": Touch(fails_at=500)},
            "transformer 'Touch' raised RuntimeError at data time 500 µs: transformer broke",
        ),
        (
            {"strategy": OneLot(fails_at=500)},
            "strategy 'OneLot' raised RuntimeError at data time 500 µs: strategy broke",
        ),
        (
            {"sinks": {"sink 'memory'": Memory(fails=True)}},
            "sink 'memory' raised RuntimeError at data time 10 µs: sink broke",
        ),
    ],
    ids=["connector", "transformer", "strategy", "sink"],
)
async def test_a_crash_ends_the_run_with_its_own_error(
    capacity: int, changes: dict[str, Any], message: str
) -> None:
    if "connector" in changes:
        changes = {"connector": ScriptedConnector(failing_feed())}
    whole = parts(ScriptedConnector(endless()), capacity)
    with trio.fail_after(30), pytest.raises(BaseExceptionGroup) as caught:
        await run_network(attrs.evolve(whole, **changes), trio.CancelScope())
    cause = root_cause(caught.value)
    assert isinstance(cause, PluginError)
    place = r" \(.*test_failures\.py:\d+, in \w+\)"
    assert re.fullmatch(re.escape(message) + place, str(cause)), "and says where it was raised"


@attrs.define
class InNursery:
    """A connector that sends from a nursery of its own, as one that reads ahead does."""

    batches: Iterator[MarketBatch]

    async def survey(self) -> Any:
        raise NotImplementedError

    async def run(self, instruments: Any, out: Any) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            await ScriptedConnector(self.batches).run(instruments, out)
            nursery.cancel_scope.cancel()


async def test_a_crash_in_a_connectors_nursery_is_told_as_itself() -> None:
    whole = parts(InNursery(failing_feed()))
    with trio.fail_after(30), pytest.raises(BaseExceptionGroup) as caught:
        await run_network(whole, trio.CancelScope())
    expected = "connector 'Scripted' raised RuntimeError at data time 500 µs: connector broke"
    assert str(root_cause(caught.value)).startswith(expected)


def test_the_echo_in_a_connectors_nursery_is_not_taken_for_its_error() -> None:
    """Its reader has ended: the cause is elsewhere, and is told there."""
    echo = ExceptionGroup("of its nursery", [ReaderGoneError()])
    with pytest.raises(ExceptionGroup) as caught, blame("connector 'Scripted'"):
        raise echo
    assert caught.value is echo


def test_an_error_taken_out_of_its_group_still_says_what_caused_it() -> None:
    with pytest.raises(PluginError) as caught, ungrouped():  # noqa: PT012
        try:
            with blame("strategy 'OneLot'"):
                raise RuntimeError("strategy broke")
        except PluginError as error:
            raise ExceptionGroup("of a nursery", [ReaderGoneError(), error]) from None
    assert str(caught.value.__cause__) == "strategy broke"


async def test_stopping_drains_what_was_read() -> None:
    stop = trio.CancelScope()
    whole = parts(ScriptedConnector(endless()))

    async def stop_soon() -> None:
        while whole.books.decisions < 20:
            await trio.lowlevel.checkpoint()
        stop.cancel()

    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop_soon)
            await run_network(whole, stop)
    assert whole.books.decisions >= 20
    assert whole.books.up_to == whole.progress.ts


@pytest.mark.parametrize(
    ("batch", "fault"),
    [
        (MarketBatch(quotes(2), 15), "events 10..20 outside (-1, 15]"),
        (
            MarketBatch(quotes(2)[::-1].copy(), 20),
            "event 1 of 2 up to 20 is out of order of ts_local",
        ),
        (MarketBatch(quotes(0), -1), "watermark -1 after -1"),
    ],
)
async def test_a_connector_that_breaks_its_contract_is_named(
    batch: MarketBatch, fault: str
) -> None:
    whole = parts(ScriptedConnector([batch]))
    with pytest.raises(BaseExceptionGroup) as caught:
        await run_network(whole, trio.CancelScope())
    expected = f"connector 'Scripted' broke the MarketBatch contract: {fault}"
    assert str(root_cause(caught.value)) == expected


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("instrument", 1, "order column 'instrument' must lie within 0..0"),
        ("action", 9, "order column 'action' must be NEW, REPLACE, CANCEL or CANCEL_ALL"),
        ("decision", 99, "order column 'decision' must ascend within 0..0"),
    ],
)
async def test_orders_outside_the_interface_never_reach_the_venue(
    column: str, value: int, fault: str
) -> None:
    class Wild(OneLot):
        def decide(self, rows: Rows, account: Account) -> Decisions:
            decisions = super().decide(rows, account)
            decisions.orders[column] = value
            return decisions

    whole = parts(ScriptedConnector(cut_stream(quotes(3))), strategy=Wild())
    with pytest.raises(BaseExceptionGroup) as caught:
        await run_network(whole, trio.CancelScope())
    assert str(root_cause(caught.value)) == f"strategy 'OneLot': {fault}"
