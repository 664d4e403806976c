"""Position task: keeps the books, tells the strategy its account, and hands on what to write."""

import numpy as np

from mm.api import CLAMP_NAMES, Account, ExecutionReport
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
        holdings = self.ledger.holdings
        return Account(
            up_to=self.up_to,
            position=tuple(holding.lots for holding in holdings),
            average_price=tuple(holding.average_price for holding in holdings),
            cost=tuple(holding.scale * holding.basis for holding in holdings),
            cash=self.ledger.cash,
            working=self.working.rows(),
            next_client_id=self.working.sent + 1,
            committed=committed,
        )

    def clamp_counts(self) -> dict[str, int]:
        """Count sides of decisions that were not quoted as the model said, by reason."""
        return dict(zip(CLAMP_NAMES[1:], self._clamps[1:].tolist(), strict=True))

    def apply(self, report: ExecutionReport) -> Records:
        """Book a report; return what it adds to the tables."""
        entries = self.ledger.apply(report)
        self.working.apply(report)
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
            progress.decisions = books.decisions
            progress.position = books.ledger.holdings[0].lots
            progress.fills = books.ledger.totals.fills
            progress.equity = books.ledger.equity
            progress.account = books.account(report.committed)
            await accounts.send(progress.account)
            await records.send(rows)
        books.ledger.close()
