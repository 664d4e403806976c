"""Position task: keeps the books, tells the strategy its account, and hands on what to write."""

import numpy as np

from mm.api import CLAMP_NAMES, Account, ExecutionReport, Rows
from mm.core.ledger import Ledger
from mm.core.working import WorkingOrders
from mm.run.channels import Inlet, Outlet
from mm.run.progress import Progress
from mm.run.sinks import Records


class Books:
    """The ledger and the open orders, and counts for the summary."""

    def __init__(self, ledger: Ledger) -> None:
        """Start with nothing sent."""
        self.ledger = ledger
        self.working = WorkingOrders()
        self.decisions = 0
        self.orders = 0
        self.up_to = -1
        self._clamps = np.zeros(len(CLAMP_NAMES), np.int64)

    def account(self, committed: int) -> Account:
        """Say what the strategy may know."""
        return self.known(committed, self.working.rows(), self.working.sent)

    def known(self, committed: int, working: Rows, sent: int) -> Account:
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
        )

    def clamp_counts(self) -> dict[str, int]:
        """Count sides of decisions that were not quoted as the model said, by reason."""
        return dict(zip(CLAMP_NAMES[1:], self._clamps[1:].tolist(), strict=True))

    def apply(self, report: ExecutionReport) -> Records:
        """Book a report, open orders too; return what it adds to the tables."""
        self.working.apply(report)
        return self.book(report)

    def book(self, report: ExecutionReport) -> Records:
        """Book a report, but for open orders, which somebody else follows."""
        entries = self.ledger.apply(report)
        self.up_to = report.up_to
        self.decisions += report.committed
        self.orders += len(report.orders)
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
        progress.fills = self.ledger.totals.fills
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
            account = books.account(report.committed)
            books.show(progress, account)
            await accounts.send(account)
            await records.send(rows)
        books.ledger.close()
