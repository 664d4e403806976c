"""The simulated venue as a state machine: blocks and market batches in, execution reports out.

``submit`` a block; call ``advance`` until it answers; whenever it answers None it wants the next
market batch, through ``load``. This module owns the arrays, so that the compiled loops never
have to ask for memory. It does not know a task, a channel, or what a position is.
"""

import attrs
import numpy as np

from mm.api import EVENT, MARK, REPORT, ExecutionReport, FillModel, MarketBatch, OrderBlock, Rows
from mm.api.jit import pointer
from mm.core.book import Book
from mm.core.venue.block import NEED_EVENTS, NEED_ROOM, reports_needed, run_block
from mm.core.venue.state import COMMAND, OPEN, STATE, Rules, Venue


def _grown(rows: Rows, used: int, wanted: int) -> Rows:
    """Give the same rows with room for ``wanted``, or ``rows`` itself if it has that."""
    if wanted <= len(rows):
        return rows
    larger = np.zeros(max(wanted, 2 * len(rows)), rows.dtype)
    larger[:used] = rows[:used]
    return larger


@attrs.define(kw_only=True)
class Statistics:
    """Oddities the venue met, for the summary."""

    crossed: int
    """Messages after which the book was locked or crossed."""
    unsided: int
    """Prints without a side that the touch could not tell either; they fill nobody."""


class SimulatedVenue:
    """One venue, with our orders on it."""

    def __init__(
        self, *, instruments: int, fill_model: FillModel, seed: int, entry_us: int, response_us: int
    ) -> None:
        """Start with an empty book.

        Args:
            instruments: how many; events and orders name them by index.
            fill_model: how resting orders move up and fill.
            seed: of the keyed draws.
            entry_us: µs from a decision to its arrival.
            response_us: µs from the venue's event to our knowing it.
        """
        self._book = Book.empty(instruments)
        self._orders = np.zeros(64, OPEN)
        self._commands = np.zeros(64, COMMAND)
        self._reports = np.zeros(1024, REPORT)
        self._state = np.zeros(1, STATE)
        self._on_print = pointer(fill_model.on_print)
        self._on_depth = pointer(fill_model.on_depth)
        p0, p1 = fill_model.parameters
        self._rules = Rules(
            seed, entry_us, response_us, int(fill_model.draws), float(p0), float(p1)
        )
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

    def submit(self, block: OrderBlock) -> None:
        """Take the next block; only after the last one was answered."""
        state = self._state[0]
        first, end = int(state["next_command"]), int(state["commands"])
        waiting = end - first
        self._commands[:waiting] = self._commands[first:end].copy()
        state["next_command"] = 0
        state["commands"] = waiting
        coming = waiting + len(block.decisions.orders)
        self._commands = _grown(self._commands, waiting, coming)
        opened = int(state["open"])
        self._orders = _grown(self._orders, opened, opened + coming + 1)
        self._marks = np.zeros((len(block.times) + 1) * self._instruments, MARK)
        state["decision"] = state["block_order"] = state["changed"] = 0
        self._block = block

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
                self._events,
                self._watermark,
                block.times,
                block.horizon,
                block.decisions.orders,
                self._marks,
                self._on_print,
                self._on_depth,
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
        return Statistics(crossed=int(state["crossed"]), unsided=int(state["unsided"]))

    def _venue(self) -> Venue:
        return Venue(self._book.levels, self._orders, self._commands, self._reports, self._state)

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
