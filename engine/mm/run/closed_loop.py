"""Closed-loop task: strategy, execution and position in one, for a strategy that is a kernel.

The streams are those of the three tasks (see ``network``), but in one report for each message of
features; so where a hop costs more than it separates, there is none.
"""

from mm.api import Features, MarketBatch, Strategy
from mm.blame import blame
from mm.core.venue.closed_loop import ClosedLoop
from mm.run.channels import Inlet, Outlet
from mm.run.position import Books
from mm.run.progress import Progress
from mm.run.sinks import Records
from mm.run.strategy import observe


async def close_loop(
    features: Inlet[Features],
    batches: Inlet[MarketBatch],
    records: Outlet[Records],
    *,
    strategy: Strategy,
    name: str,
    loop: ClosedLoop,
    books: Books,
    progress: Progress,
) -> None:
    """Decide and carry out every row of ``features``. Owns all its ends.

    Args:
        features: decision rows from the transformer.
        batches: the market.
        records: what is to be written.
        strategy: what decides.
        name: who that is, for the blame.
        loop: the venue, with the strategy inside.
        books: the account.
        progress: told how it stands.
    """
    with features, batches, records:
        async for message in features:
            loop.submit(observe(strategy, message, name), message.watermark)
            while True:
                with blame(name, message.watermark):
                    report = loop.advance()
                if report is not None:
                    break
                loop.venue.load(await batches.receive())
            rows = books.book(report)
            working, sent = loop.account()
            books.show(progress, books.known(report.committed, working, sent))
            await records.send(rows)
        books.ledger.close()
