"""The simulated venue as a state machine: blocks and market batches in, execution reports out.

``submit`` a block; call ``advance`` until it answers; whenever it answers None it wants the next
market batch, through ``load``. This module owns the arrays, so that the compiled loops never
have to ask for memory. It does not know a task, a channel, or what a position is.
"""

import attrs
import numpy as np

from mm.api import (
    EVENT,
    MARK,
    ORDER,
    REPORT,
    WORKING,
    Account,
    Defect,
    ExecutionReport,
    FillModel,
    Instrument,
    LatencyModel,
    MarketBatch,
    OrderBlock,
    Rows,
)
from mm.api.addresses import rule_address
from mm.core.book import Book
from mm.core.position import Holding
from mm.core.venue.block import NEED_EVENTS, NEED_ROOM, reports_needed, run_block
from mm.core.venue.gate import GATE, KNOWN, LIMITS, Gate
from mm.core.venue.health import find_defects
from mm.core.venue.settings import FundingSchedule, Limits
from mm.core.venue.state import COMMAND, OPEN, STANDING, STATE, Rules, Venue
from mm.core.venue.ticks import tick_steps


def _grown(rows: Rows, used: int, wanted: int) -> Rows:
    """Give the same rows with room for ``wanted``, or ``rows`` itself if it has that."""
    if wanted <= len(rows):
        return rows
    larger = np.zeros(max(wanted, 2 * len(rows)), rows.dtype)
    larger[:used] = rows[:used]
    return larger


def _rules(
    model: FillModel, latency: LatencyModel, seed: int, instruments: tuple[Instrument, ...]
) -> Rules:
    p0, p1 = model.parameters
    return Rules(
        seed=seed,
        entry=np.ascontiguousarray(latency.entry, np.float64),
        response=np.ascontiguousarray(latency.response, np.float64),
        entry_multiple=float(latency.entry_multiple),
        response_multiple=float(latency.response_multiple),
        jitter=float(latency.jitter),
        draws=int(model.draws),
        crosses=int(model.fills_when_crossed),
        on_print=rule_address(model.on_print),
        on_depth=rule_address(model.on_depth),
        p0=float(p0),
        p1=float(p1),
        steps=tick_steps(instruments),
    )


def _gate(instruments: tuple[Instrument, ...], limits: Limits) -> Gate:
    row = np.zeros(1, LIMITS)
    for name in LIMITS.names or ():
        row[name] = getattr(limits, name)
    known = np.zeros(len(instruments), KNOWN)
    for fact, instrument in zip(known, instruments, strict=True):
        fact["tick"] = instrument.price(1)
        fact["scale"] = Holding(instrument=instrument).scale
        fact["inverse"] = instrument.contract_type == "Inverse"
    sends = np.zeros(max(limits.orders_per_s, 1), np.int64)
    return Gate(row, known, np.zeros(0, WORKING), sends, np.zeros(1, GATE))


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
        instruments: tuple[Instrument, ...],
        fill_model: FillModel,
        latency: LatencyModel,
        seed: int,
        limits: Limits | None = None,
        funding: FundingSchedule | None = None,
        alone: bool = False,
    ) -> None:
        """Start with an empty book.

        Args:
            instruments: events and orders name them by index.
            fill_model: how resting orders move up and fill.
            latency: how long orders and reports travel.
            seed: of the keyed draws.
            limits: of our own risk gate; None = no limits.
            funding: set when the data has no ticker that tells.
            alone: nobody decides on the answers, so blocks are carried out whole.
        """
        self._book = Book.empty(len(instruments))
        self._orders = np.zeros(64, OPEN)
        self._commands = np.zeros(64, COMMAND)
        self._reports = np.zeros(1024, REPORT)
        self._state = np.zeros(1, STATE)
        self._rules = _rules(fill_model, latency, seed, instruments)
        self._gate = _gate(instruments, limits or Limits())
        self._standing = np.zeros(len(instruments), STANDING)
        self._funding = funding
        self._alone = alone
        self._spare = np.zeros(1, ORDER)
        self._instruments = len(instruments)
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
        if self._funding is not None and len(batch.events):
            self._standing["funding_ts"] = self._funding.after(int(batch.events["ts_exchange"][0]))
            self._standing["rate"] = self._funding.rate
            self._standing["interval"] = self._funding.interval_us
            self._state[0]["due"] = self._standing["funding_ts"].min()
            self._funding = None

    def submit(self, block: OrderBlock) -> None:
        """Take the next block; only after the last one was answered."""
        state = self._state[0]
        first, end = int(state["next_command"]), int(state["commands"])
        waiting = end - first
        self._commands[:waiting] = self._commands[first:end].copy()
        state["next_command"] = 0
        state["commands"] = waiting
        orders = len(block.decisions.orders)
        # Each decision may find that everything must be cancelled.
        coming = waiting + orders + self._instruments * len(block.times)
        self._commands = _grown(self._commands, waiting, coming)
        opened = int(state["open"])
        self._orders = _grown(self._orders, opened, opened + coming + 1)
        self._marks = np.zeros((len(block.times) + 1) * self._instruments, MARK)
        state["decision"] = state["block_order"] = state["changed"] = 0
        state["block_orders"] = orders
        used = int(state["reports"])
        self._reports = _grown(self._reports, used, used + reports_needed(self._venue()))
        self._load_account(block.account, orders)
        self._block = block

    def _load_account(self, account: Account, orders: int) -> None:
        """Tell the gate what we know."""
        gate = self._gate
        gate.state[0]["cash"] = account.cash
        gate.state[0]["working"] = len(account.working)
        gate.known["lots"] = account.position
        gate.known["cost"] = account.cost
        working = np.zeros(len(account.working) + orders, WORKING)
        working[: len(account.working)] = account.working
        self._gate = gate._replace(working=working)

    def advance(self) -> ExecutionReport | None:
        """Carry the block out as far as the loaded events go.

        Returns:
            The report, or None if the next batch is wanted first.
        """
        block = self._block
        assert block is not None
        while True:
            venue = self._venue()
            status = run_block(
                venue,
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
            )
            if status == NEED_EVENTS:
                return None
            if status != NEED_ROOM:
                return self._answer(block)
            used = int(self._state[0]["reports"])
            self._reports = _grown(self._reports, used, used + 2 * reports_needed(venue))

    def statistics(self) -> Statistics:
        """Count what was odd so far."""
        state = self._state[0]
        gate = self._gate.state[0]
        return Statistics(
            crossed=int(self._book.levels.known["crossed"].sum()),
            unsided=int(state["unsided"]),
            overtaken=int(state["overtaken"]),
            stale=int(state["stale"]),
            refused=int(gate["refused"]),
            killed_ts=int(gate["killed_ts"]) or None,
        )

    def defects(self) -> tuple[Defect, ...]:
        """Say what was wrong with the market data so far."""
        state = self._state[0]
        counts = (int(state[name]) for name in ("prints", "unsided", "stale"))
        return find_defects(self._book.levels, *counts)

    def _venue(self) -> Venue:
        return Venue(
            self._book.levels,
            self._orders,
            self._commands,
            self._reports,
            self._standing,
            self._state,
        )

    def _answer(self, block: OrderBlock) -> ExecutionReport:
        state = self._state[0]
        committed = int(state["decision"])
        released, total = int(state["released"]), int(state["reports"])
        reports = self._reports[:released].copy()
        self._reports[: total - released] = self._reports[released:total].copy()
        state["reports"] = total - released
        state["released"] = 0
        self._block = None
        done = committed == len(block.times)
        return ExecutionReport(
            up_to=block.horizon if done else int(block.times[committed]),
            committed=committed,
            orders=block.decisions.orders[: int(state["block_order"])].copy(),
            trace=block.decisions.trace[:committed].copy(),
            marks=self._marks[: (committed + 1) * self._instruments],
            reports=reports,
        )
