"""Position task: keeps the books, tells the strategy its account, and hands on what to write."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from mm.api import CLAMP_NAMES, FILLED, FUNDING, NOBODY, SETTLED, Account, ExecutionReport, Rows
from mm.core.ledger import Ledger
from mm.core.working import WorkingOrders
from mm.run.channels import Inlet, Outlet
from mm.run.progress import Progress
from mm.run.reasons import Reasons
from mm.run.sinks import Records

_TRADES_KEPT: Final = 64

MONEY: Final = frozenset({FILLED, FUNDING, SETTLED})
"""Reports that change cash or position."""


def join_rows(pieces: Sequence[Rows]) -> Rows:
    """Put arrays of one dtype behind each other: numpy compares each field of each piece anew."""
    if len(pieces) == 1:
        return pieces[0]
    return np.frombuffer(bytearray().join(rows.tobytes() for rows in pieces), pieces[0].dtype)


def join_reports(reports: Sequence[ExecutionReport], instruments: int) -> ExecutionReport:
    """Make one report of several that follow each other."""
    last = reports[-1]
    marks = [report.marks[:-instruments] for report in reports]
    return ExecutionReport(
        up_to=last.up_to,
        committed=sum(report.committed for report in reports),
        orders=join_rows([report.orders for report in reports]),
        trace=join_rows([report.trace for report in reports]),
        marks=join_rows([*marks, last.marks[-instruments:]]),
        reports=join_rows([report.reports for report in reports]),
        woken=last.woken,
    )


class Books:
    """The ledger and the open orders, and counts for the summary.

    Reports that move no money wait, and are booked together: to value a position at a mark more or
    less changes nothing that a strategy is told.
    """

    def __init__(self, ledger: Ledger) -> None:
        """Start with nothing sent."""
        self.ledger = ledger
        self.working = WorkingOrders()
        self.decisions = 0
        self.orders = 0
        self.up_to = -1
        self._waiting: list[ExecutionReport] = []
        self._rows: list[Records] = []
        self.reasons = Reasons(len(ledger.holdings))
        self.latest_trades: deque[Rows] = deque(maxlen=_TRADES_KEPT)
        """Of the table trades, for who shows them; bounded, whether or not anybody does."""
        self.followers: list[Callable[[Rows, Rows], None]] = []
        """Who is given decisions and fills as they are booked, to show them; mostly nobody."""
        self._clamps = np.zeros(len(CLAMP_NAMES), np.int64)

    def account(self, committed: int, woken: Rows = NOBODY) -> Account:
        """Say what the strategy may know."""
        return self.known(committed, self.working.rows(), self.working.sent, woken)

    def known(self, committed: int, working: Rows, sent: int, woken: Rows = NOBODY) -> Account:
        """Say what is known, of open orders what ``working`` says, after ``sent`` NEW orders."""
        holdings = self.ledger.holdings
        return Account(
            up_to=self.up_to,
            position=tuple(holding.lots for holding in holdings),
            average_price=tuple(holding.average_price for holding in holdings),
            cost=tuple(holding.scale * holding.basis for holding in holdings),
            cash=self.ledger.cash,
            working=working,
            next_client_id=sent + 1,
            committed=committed,
            woken=woken,
        )

    def clamp_counts(self) -> dict[str, int]:
        """Count sides of decisions that were not quoted as the model said, by reason."""
        return dict(zip(CLAMP_NAMES[1:], self._clamps[1:].tolist(), strict=True))

    def apply(self, report: ExecutionReport) -> Records:
        """Book a report, open orders too; return what it adds to the tables."""
        self.take(report)
        return self.write()

    def take(self, report: ExecutionReport) -> None:
        """Take a report, to be booked when the account's money is asked for, or written."""
        if len(report.orders) or len(report.reports):
            self.working.apply(report)
        self._waiting.append(report)
        self.up_to = report.up_to
        if len(report.reports) and not MONEY.isdisjoint(report.reports["kind"].tolist()):
            self._rows.append(self.book(self._gather()))

    def write(self) -> Records:
        """Book what waits; return all that the tables have not got yet."""
        if self._waiting:
            self._rows.append(self.book(self._gather()))
        rows, self._rows = self._rows, []
        names = [name for name, _ in rows[0].tables] if rows else []
        return Records(
            watermark=self.up_to,
            tables=tuple(
                (name, join_rows([one.tables[at][1] for one in rows]))
                for at, name in enumerate(names)
            ),
        )

    def _gather(self) -> ExecutionReport:
        """Make one report of those that wait: only the last may move money, so it is the same."""
        waiting, self._waiting = self._waiting, []
        return join_reports(waiting, len(self.ledger.holdings))

    def book(self, report: ExecutionReport) -> Records:
        """Book a report, but for open orders, which somebody else follows."""
        entries = self.ledger.apply(report)
        self.up_to = report.up_to
        self.decisions += report.committed
        self.orders += len(report.orders)
        self.reasons.take(report)
        if len(entries.trades):
            self.latest_trades.append(entries.trades[-_TRADES_KEPT:].copy())
        for follow in self.followers:
            follow(report.trace, entries.trades)
        for side in ("bid_clamp", "ask_clamp"):
            self._clamps += np.bincount(report.trace[side], minlength=len(CLAMP_NAMES))
        return Records(
            watermark=report.up_to,
            tables=(
                ("decisions", report.trace),
                ("orders", report.orders),
                ("reports", report.reports),
                ("trades", entries.trades),
                ("positions", entries.positions),
            ),
        )

    def show(self, progress: Progress, account: Account) -> None:
        """Say how it stands."""
        progress.decisions = self.decisions
        progress.position = self.ledger.holdings[0].lots
        progress.fills = self.ledger.fills
        progress.equity = self.ledger.equity
        progress.account = account


async def keep(
    reports: Inlet[ExecutionReport],
    accounts: Outlet[Account],
    records: Outlet[Records],
    *,
    books: Books,
    progress: Progress,
) -> None:
    """Book every report, answer the strategy, pass the rows on. Owns all its ends."""
    with reports, accounts, records:
        async for report in reports:
            rows = books.apply(report)
            account = books.account(report.committed, report.woken)
            books.show(progress, account)
            await accounts.send(account)
            await records.send(rows)
        books.ledger.close()
