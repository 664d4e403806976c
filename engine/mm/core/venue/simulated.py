"""The simulated venue as a state machine: blocks and market batches in, execution reports out.

``submit`` a block; call ``advance`` until it answers; whenever it answers None it wants the next
market batch, through ``load``. This module owns the arrays, so that the compiled loops never
have to ask for memory. It does not know a task, a channel, or what a position is.
"""

from collections.abc import Sequence
from typing import Final

import attrs
import numpy as np

from mm.api import (
    DEPTH_FIELDS,
    EVENT,
    MARK,
    NOBODY,
    ORDER,
    REPORT,
    TOUCH_FIELDS,
    WORKING,
    Account,
    Defect,
    ExecutionReport,
    MarketBatch,
    OrderBlock,
    Rows,
)
from mm.core.book import Book
from mm.core.depth import depth_fields, write_depth
from mm.core.venue.arrays import grown, make_gate, make_rules
from mm.core.venue.block import NEED_EVENTS, NEED_ROOM, reports_needed
from mm.core.venue.decider import Decider, idle_decider
from mm.core.venue.health import find_defects
from mm.core.venue.loop import run_venue
from mm.core.venue.settings import Terms
from mm.core.venue.state import COMMAND, CONNECTION, OPEN, STANDING, STATE, Venue

_DECIDED: Final = idle_decider()
"""Says that the blocks come decided."""
_SPARE_REPORTS: Final = 4096


@attrs.define(kw_only=True)
class Statistics:
    """Oddities the venue met, for the summary."""

    crossed: int
    """Messages after which the book was locked or crossed."""
    unsided: int
    """Prints without a side that the touch could not tell either; they fill nobody."""
    overtaken: int
    """Messages that came after one made later: they measure no feed latency."""
    stale: int
    """Messages on their way for over a minute, or for less than no time: they don't either."""
    refused: int
    """Orders that our own risk gate refused."""
    killed_ts: int | None
    """µs: when the loss limit stopped the quoting; None = it did not."""


class SimulatedVenue:
    """One venue, with our orders on it."""

    def __init__(
        self,
        *,
        markets: Sequence[Terms],
        seed: int,
        rates: Sequence[tuple[float, int]] | None = None,
        alone: bool = False,
        wakes: bool = False,
        depth: int = 0,
    ) -> None:
        """Start with an empty book.

        Args:
            markets: events and orders name their instruments by index, counted through.
            seed: of the keyed draws.
            rates: see ``make_gate``; None = all settle in the reporting currency.
            alone: nobody decides on the answers, so blocks are carried out whole.
            wakes: news of our own end a block, and the answer says whom they wake.
            depth: levels of the book that it then shows them.
        """
        instruments = sum(len(market.instruments) for market in markets)
        self._book = Book.empty(instruments)
        self._orders = np.zeros(64, OPEN)
        self._commands = np.zeros(64, COMMAND)
        self._reports = np.zeros(_SPARE_REPORTS, REPORT)
        self._state = np.zeros(1, STATE)
        self._state["wakes"] = wakes
        self._touch = np.dtype([*TOUCH_FIELDS, *depth_fields(depth)])
        self.wakes = wakes
        """News of our own end a block."""
        self._rules = make_rules(markets, seed)
        self._gate = make_gate(markets, rates or [(1.0, -1)] * instruments)
        self._standing = np.zeros(instruments, STANDING)
        self._connections = np.zeros(len(markets), CONNECTION)
        self._funding = [market.funding for market in markets]
        self._alone = alone
        self._spare = np.zeros(1, ORDER)
        self._instruments = instruments
        self._events = np.zeros(0, EVENT)
        self._watermark = -1
        self._block: OrderBlock | None = None
        self._marks = np.zeros(0, MARK)

    def load(self, batch: MarketBatch) -> None:
        """Take the next batch; only when ``advance`` asked for it."""
        self._book.reserve(batch.events)
        self._events = batch.events
        self._watermark = batch.watermark
        self._state[0]["next_event"] = 0
        if self._funding and len(batch.events):
            self._schedule_funding(int(batch.events["ts_exchange"][0]))
            self._funding = []

    def _schedule_funding(self, start: int) -> None:
        """Have the schedules begin after ``start`` [µs]."""
        for market, schedule in enumerate(self._funding):
            if schedule is not None:
                mine = self._rules.terms["market"] == market
                due = schedule.after(start)
                self._standing["funding_ts"][mine] = self._connections["due"][market] = due
                self._standing["rate"][mine] = schedule.rate
                self._standing["interval"][mine] = schedule.interval_us

    def submit(self, block: OrderBlock) -> None:
        """Take the next block; only after the last one was answered."""
        self.begin(block)
        self.make_room(len(block.times), len(block.decisions.orders))
        self._state[0]["block_orders"] = len(block.decisions.orders)
        self.learn(block.account, len(block.decisions.orders))
        self._block = block

    def begin(self, block: OrderBlock) -> None:
        """Start a block: nothing of it has been done."""
        state = self._state[0]
        state["decision"] = state["block_order"] = state["changed"] = state["block_orders"] = 0
        state["marks"] = 0
        self._marks = np.zeros((len(block.times) + 1) * self._instruments, MARK)

    def make_room(self, decisions: int, orders: int) -> None:
        """Make room for what so many decisions and orders can bring."""
        state = self._state[0]
        sent = self._commands[int(state["next_command"]) : int(state["commands"])]
        # Those of another market may have been done behind one that still waits for its own.
        kept = sent[sent["done"] == 0]
        waiting = len(kept)
        if waiting:
            self._commands[:waiting] = kept
        state["next_command"] = 0
        state["commands"] = waiting
        # Each decision may find that everything must be cancelled.
        coming = waiting + orders + self._instruments * decisions
        self._commands = grown(self._commands, waiting, coming)
        opened = int(state["open"])
        self._orders = grown(self._orders, opened, opened + coming + 1)
        used = int(state["reports"])
        # Each order may be refused; the kernel asks for more before an event that may need it.
        self._reports = grown(self._reports, used, used + _SPARE_REPORTS + orders)
        marked = int(state["marks"]) * self._instruments
        self._marks = grown(self._marks, marked, marked + (decisions + 1) * self._instruments)

    def make_report_room(self) -> None:
        """Make room for twice the reports that the next event may need."""
        used = int(self._state[0]["reports"])
        self._reports = grown(self._reports, used, used + 2 * reports_needed(self._venue()))

    def expect(self, orders: int) -> int:
        """Make room in the gate for so many more open orders; return for how many there is now."""
        known = int(self._gate.state[0]["working"])
        room = known + orders
        self._gate = self._gate._replace(
            working=grown(self._gate.working, known, room),
            order_ids=grown(self._gate.order_ids, known, room),
        )
        return room

    def learn(self, account: Account, orders: int) -> None:
        """Tell the gate what we know, and to expect so many orders."""
        gate = self._gate
        gate.state[0]["cash"] = account.cash
        gate.state[0]["working"] = len(account.working)
        gate.known["lots"] = account.position
        gate.known["cost"] = account.cost
        working = np.zeros(len(account.working) + orders, WORKING)
        working[: len(account.working)] = account.working
        self._gate = gate._replace(working=working, order_ids=np.zeros(len(working), np.int64))

    def known_orders(self) -> Rows:
        """Open orders as the gate knows them, dtype WORKING."""
        return self._gate.working[: int(self._gate.state[0]["working"])].copy()

    def reports_between(self, first: int, end: int) -> Rows:
        """Reports since the last answer, by number, dtype REPORT."""
        return self._reports[first:end].copy()

    def advance(self) -> ExecutionReport | None:
        """Carry the block out as far as the loaded events go.

        Returns:
            The report, or None if the next batch is wanted first.
        """
        block = self._block
        assert block is not None
        while (status := self.carry_out(block, _DECIDED)) == NEED_ROOM:
            self.make_report_room()
        if status == NEED_EVENTS:
            return None
        self._block = None
        state = self._state[0]
        return self.answer(block, int(state["decision"]), int(state["block_order"]))

    def carry_out(self, block: OrderBlock, decider: Decider) -> int:
        """Run the kernel; return what it says."""
        return run_venue(
            self._venue(),
            self._rules,
            self._gate,
            self._events,
            self._watermark,
            block.times,
            block.horizon,
            block.decisions.orders,
            self._marks,
            self._spare,
            self._alone,
            decider,
        )

    def statistics(self) -> Statistics:
        """Count what was odd so far."""
        state = self._state[0]
        gate = self._gate.state[0]
        return Statistics(
            crossed=int(self._book.levels.known["crossed"].sum()),
            unsided=int(state["unsided"]),
            overtaken=int(self._connections["overtaken"].sum()),
            stale=int(self._connections["stale"].sum()),
            refused=int(gate["refused"]),
            killed_ts=int(gate["killed_ts"]) or None,
        )

    def defects(self) -> tuple[Defect, ...]:
        """Say what was wrong with the market data so far."""
        state = self._state[0]
        stale = int(self._connections["stale"].sum())
        return find_defects(self._book.levels, int(state["prints"]), int(state["unsided"]), stale)

    def _venue(self) -> Venue:
        return Venue(
            self._book.levels,
            self._orders,
            self._commands,
            self._reports,
            self._standing,
            self._connections,
            self._state,
        )

    def answer(self, block: OrderBlock, committed: int, orders: int) -> ExecutionReport:
        """Report what was done: so many decisions, and so many orders."""
        state = self._state[0]
        released, total = int(state["released"]), int(state["reports"])
        reports = self._reports[:released].copy()
        if released < total:
            self._reports[: total - released] = self._reports[released:total].copy()
        state["reports"] = total - released
        state["released"] = 0
        return ExecutionReport(
            up_to=int(state["up_to"]),
            committed=committed,
            orders=block.decisions.orders[:orders].copy(),
            trace=block.decisions.trace[:committed].copy(),
            marks=self._marks[: (int(state["marks"]) + 1) * self._instruments],
            reports=reports,
            woken=self._woken(),
        )

    def _woken(self) -> Rows:
        """Say whom news wake, with the touch and depth of now. Once for each."""
        state, standing = self._state[0], self._standing
        if not state["woken"]:
            return NOBODY
        state["woken"] = 0
        mine = np.flatnonzero(standing["woken"])
        standing["woken"] = 0
        rows = np.zeros(len(mine), self._touch)
        rows["ts"], rows["instrument"] = state["up_to"], mine
        for name in ("bid", "bid_size", "ask", "ask_size"):
            rows[name] = standing[f"quoted_{name}"][mine]
        if "bids" in (self._touch.names or ()):
            for row in rows:
                columns = (row[name] for name, _ in DEPTH_FIELDS)
                write_depth(self._book.levels, int(row["instrument"]), *columns)
        return rows
