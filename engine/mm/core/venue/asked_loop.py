"""The closed loop of a strategy that answers in Python: the venue's kernel calls back for each row.

The same loop as a compiled strategy's, so nothing is packed, sent and copied for a decision but the
decision itself. Each row is asked once and by itself. What the strategy raises ends the loop there.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np

from mm.api import REPORT, Account, DecisionKernel, Decisions, ExecutionReport, Rows
from mm.api.addresses import python_address
from mm.core.venue.closed_loop import ClosedLoop
from mm.core.venue.simulated import SimulatedVenue

_NO_NEWS: Final = np.zeros(0, REPORT)


class Answer(Protocol):
    """Who decides; given one row, and what is known by then."""

    def __call__(
        self, row: Rows, positions: list[int], working: Rows, next_client_id: int, news: Rows
    ) -> Decisions:
        """Decide a row of shape (1,).

        Args:
            row: dtype of the features, as observed.
            positions: lots by instrument.
            working: dtype WORKING, of one's own to keep.
            next_client_id: as ``Account.next_client_id``.
            news: dtype REPORT: what has become known since the last row that was asked.
        """
        ...


class AskedLoop(ClosedLoop):
    """Hosts a strategy in Python in a venue's kernel."""

    def __init__(
        self,
        venue: SimulatedVenue,
        rows: "np.dtype[np.void]",
        account: Account,
        answer: Answer,
        orders_per_row: int,
    ) -> None:
        """Start with ``account``, in which nothing works.

        Args:
            venue: with no loss limit: the loop knows no money.
            rows: dtype of the features, as observed.
            account: as it is before anything happened.
            answer: asked for each row.
            orders_per_row: most orders of one.
        """
        form = DecisionKernel(
            decide=self._on_question,
            rows=rows,
            settings=np.zeros(1),
            orders_per_row=orders_per_row,
            one_by_one=True,
        )
        super().__init__(venue, form, account, 1)
        self._answer = answer
        self._told = 0  # reports of this message that the strategy has been told of
        self._late = _NO_NEWS  # of earlier ones: those it has not
        self._woken_at = self._decider.woken.ctypes.data

    def _address_of(self, decide: Callable[..., int]) -> Any:
        address, self._callback = python_address(decide)
        return address

    def submit(self, rows: Rows, watermark: int) -> None:
        """Take the next rows to decide on, complete up to ``watermark``, as observed."""
        self._told = 0
        super().submit(rows, watermark)

    def advance(self) -> ExecutionReport | None:
        """Decide and carry out as far as the loaded events go: see ``ClosedLoop``."""
        report = super().advance()
        if report is not None and self._told < len(report.reports):
            self._late = np.concatenate([self._late, report.reports[self._told :]])
        return report

    def _on_question(self, _: int) -> int:
        """Answer the kernel's question; called by it, so nothing may be raised."""
        cursor = self._cursor[0]
        try:
            return self._put(self._ask())
        except BaseException as error:  # the kernel ends where it is; then ``advance`` raises it
            cursor["raised"] = 1
            self._raised.append(error)
            return 0

    def _ask(self) -> Decisions:
        cursor, question = self._cursor[0], self._decider.question[0]
        start, heard = int(cursor["start"]), int(cursor["heard"])
        row = self._rows[start : start + 1]
        if question["rows"] == self._woken_at:
            row = self._decider.woken.view(self._rows.dtype)[0].copy()
        news = _NO_NEWS
        if self._told < heard or len(self._late):
            news = np.concatenate([self._late, self.venue.reports_between(self._told, heard)])
            self._told, self._late = heard, _NO_NEWS
        return self._answer(
            row,
            self._decider.positions.tolist(),
            self.venue.known_orders(),
            int(question["next_id"]),
            news,
        )

    def _put(self, decisions: Decisions) -> int:
        """Put an answer where the kernel looks for it; return how many orders it has."""
        cursor, orders = self._cursor[0], decisions.orders
        assert self._block is not None
        if len(orders) > cursor["most_orders"]:
            raise ValueError(
                f"it gave {len(orders)} orders for one row, expected at most"
                f" {cursor['most_orders']}; set orders_per_row"
            )
        first, decided = int(cursor["orders"]), int(cursor["decided"])
        self._block.decisions.orders[first : first + len(orders)] = orders
        self._decider.trace[decided] = decisions.trace[0]
        return len(orders)
