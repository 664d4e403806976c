"""A venue and a strategy that decides inside its kernel: decision rows in, one report out.

``submit`` the rows of a message of features; call ``advance`` until it answers; whenever it
answers None it wants the next market batch, through ``load`` of the venue. The report is that of
all the blocks that the rows took, as one.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import attrs
import numpy as np

from mm.api import (
    DECISION,
    DEPTH_FIELDS,
    ORDER,
    QUESTION,
    TOUCH_FIELDS,
    WORKING,
    Account,
    DecisionKernel,
    Decisions,
    ExecutionReport,
    OrderBlock,
    Rows,
)
from mm.api.addresses import Address, decide_address
from mm.core.venue.arrays import grown
from mm.core.venue.block import NEED_EVENTS, NEED_ROOM
from mm.core.venue.decider import CURSOR, Decider
from mm.core.venue.loop import FAULTY
from mm.core.venue.simulated import SimulatedVenue
from mm.core.waking import has_number, traded_columns

_MANY: Final = 16
"""Orders of a row."""
_LONGEST: Final = 64
"""Rows of a block: its overhead is small by then, and what is decided twice is not much."""


@contextmanager
def _caught(cursor: np.void) -> Iterator[list[BaseException]]:
    """Catch what a function raises that the kernel calls, and let the kernel know.

    It has no caller in Python; numba hands it to ``sys.unraisablehook`` and the function returns.
    """
    before, raised = sys.unraisablehook, list[BaseException]()

    def hook(one: "sys.UnraisableHookArgs") -> None:
        if not isinstance(one.object, str) or one.exc_value is None:
            before(one)  # of a finalizer, say: not ours
            return
        cursor["raised"] = 1
        raised.append(one.exc_value)

    sys.unraisablehook = hook
    try:
        yield raised
    finally:
        sys.unraisablehook = before


class ClosedLoop:
    """Hosts a strategy's kernel in a venue's."""

    def __init__(
        self, venue: SimulatedVenue, form: DecisionKernel, account: Account, longest_block: int
    ) -> None:
        """Start with ``account``, in which nothing works.

        Args:
            venue: with no loss limit: the loop knows no money.
            form: how the strategy is called.
            account: as it is before anything happened.
            longest_block: most decisions in a block; any number gives the same results.
        """
        self.venue = venue
        self._form = form
        self._cursor = np.zeros(1, CURSOR)
        cursor = self._cursor[0]
        cursor["closed"] = cursor["length"] = 1
        cursor["longest"] = 1 if form.one_by_one else min(longest_block, _LONGEST)
        cursor["most_orders"] = form.orders_per_row
        cursor["row_size"] = form.rows.itemsize
        fields: Any = form.rows.fields
        cursor["touch"] = [fields[name][1] for name, _ in TOUCH_FIELDS]
        for name in ("mid", "fair"):
            cursor[name] = fields[name][1] if has_number(form.rows, name) else -1
        depth = fields["bids"][0].shape[0] if "bids" in fields and self.venue.wakes else 0
        cursor["depth"] = depth
        if depth:
            cursor["levels"] = [fields[name][1] for name, _ in DEPTH_FIELDS]
        cursor["traded"] = [fields[name][1] for name in traded_columns(form.rows)] or -1
        number = np.zeros(1)
        cursor["up_to"] = account.up_to
        venue.learn(account, 0)
        self._decider = Decider(
            decide=self._address_of(form.decide),
            settings=form.settings.ctypes.data,
            rows=0,
            row_bytes=np.zeros((0, form.rows.itemsize), np.uint8),
            instruments=np.zeros(0, np.int64),
            last=np.zeros((len(account.position), form.rows.itemsize), np.uint8),
            has_last=np.zeros(len(account.position), np.int64),
            woken=np.zeros((1, form.rows.itemsize), np.uint8),
            woken_ts=np.zeros(1, np.int64),
            prices=np.zeros(depth, np.int64),
            sizes=np.zeros(depth, np.int64),
            number=number,
            number_bytes=number.view(np.uint8),
            positions=np.zeros(len(account.position), np.int64),
            asked=np.zeros(0, WORKING),
            question=np.zeros(1, QUESTION),
            blank_order=np.zeros(1, ORDER),
            blank_trace=np.zeros(1, DECISION),
            trace=np.zeros(0, DECISION),
            cursor=self._cursor,
        )
        self._rows = np.zeros(0, form.rows)
        self._block: OrderBlock | None = None
        self._account = account
        self._raised: list[BaseException] = []

    def _address_of(self, decide: Callable[..., int]) -> Address:
        """Where the kernel finds a strategy's function."""
        return decide_address(decide)

    def submit(self, rows: Rows, watermark: int) -> None:
        """Take the next rows to decide on, complete up to ``watermark``, as observed."""
        cursor = self._cursor[0]
        cursor["start"] = cursor["decided"] = cursor["orders"] = cursor["heard"] = 0
        self._rows = np.ascontiguousarray(rows)
        self._decider = self._decider._replace(
            rows=self._rows.ctypes.data,
            row_bytes=self._rows.view(np.uint8).reshape(len(rows), self._rows.itemsize),
            instruments=np.ascontiguousarray(rows["instrument"]),
            trace=np.zeros(len(rows), DECISION),
        )
        self._block = OrderBlock(
            times=np.ascontiguousarray(rows["ts"]),
            decisions=Decisions(
                # Where one row may have many, most have few: more room is made as it is needed.
                orders=np.zeros(len(rows) * min(self._form.orders_per_row, _MANY), ORDER),
                trace=self._decider.trace,
            ),
            horizon=watermark,
            account=self._account,
        )
        self.venue.begin(self._block)

    def advance(self) -> ExecutionReport | None:
        """Decide and carry out as far as the loaded events go.

        Returns:
            The report, or None if the next batch is wanted first.

        Raises:
            ValueError: the strategy's answer breaks its contract.
            Exception: what the strategy's function raised.
        """
        cursor = self._cursor[0]
        with _caught(cursor) as raised:
            while (status := self._go_on()) == NEED_ROOM:
                self._make_room()
        if raised or self._raised:
            raise [*raised, *self._raised][0]
        if status == NEED_EVENTS:
            return None
        if status == FAULTY:
            first, given = int(cursor["orders"]), int(cursor["given"])
            assert self._block is not None
            orders = self._block.decisions.orders[first : first + max(given, 0)]
            raise ValueError(
                f"its kernel gave {given} orders for {int(cursor['rows'])} rows, of which one is"
                f" out of bounds: {orders}"
            )
        return self.so_far()

    def _go_on(self) -> int:
        """Run the kernel until it wants something; return what."""
        assert self._block is not None
        return self.venue.carry_out(self._block, self._decider)

    def deciding_at(self) -> int:
        """µs: the first row that is not decided for good; or when the last one was."""
        assert self._block is not None
        times, start = self._block.times, int(self._cursor[0]["start"])
        return int(times[min(start, len(times) - 1)]) if len(times) else self._block.horizon

    def so_far(self) -> ExecutionReport:
        """Report what was decided and done, of this message."""
        assert self._block is not None
        cursor = self._cursor[0]
        return self.venue.answer(self._block, int(cursor["decided"]), int(cursor["orders"]))

    def account(self) -> tuple[Rows, int]:
        """Open orders as known, dtype WORKING, and the NEW orders sent so far."""
        return self.venue.known_orders(), int(self._cursor[0]["sent"])

    def _make_room(self) -> None:
        """Let everything hold what the longest block could bring, and twice what it has."""
        cursor, block = self._cursor[0], self._block
        assert block is not None
        rows = int(cursor["longest"])
        orders = rows * int(cursor["most_orders"])
        self.venue.make_room(rows, orders)
        self.venue.make_report_room()
        known = self.venue.expect(orders)
        trace, given = self._decider.trace, block.decisions.orders
        # All of them is kept: a block may be under way.
        trace = grown(trace, len(trace), int(cursor["decided"]) + rows)
        given = grown(given, len(given), int(cursor["orders"]) + orders)
        self._block = attrs.evolve(block, decisions=Decisions(orders=given, trace=trace))
        self._decider = self._decider._replace(
            asked=grown(self._decider.asked, 0, known), trace=trace
        )
