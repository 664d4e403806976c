"""Closed-loop tasks: strategy, execution and position in one, since hops between them cost time.

``host`` asks a strategy in Python, ``close_loop`` lets one that is a kernel decide inside the
venue's. Both give the streams of the three tasks apart (see ``network``), with what is written in
one piece for each message of features.
"""

import numpy as np

from mm.api import DecisionKernel, Features, MarketBatch, PluginError, Strategy
from mm.blame import blame
from mm.core.bracket import Bracket
from mm.core.venue import ClosedLoop, SimulatedVenue
from mm.run.channels import Inlet, Outlet
from mm.run.execution import carry_out
from mm.run.position import Books
from mm.run.progress import Progress
from mm.run.sinks import Records
from mm.run.strategy import BlockMaker, observe


def kernel_of(strategy: Strategy, rows: "np.dtype[np.void]") -> DecisionKernel | None:
    """Ask a strategy for its kernel; None = it has none, or decides otherwise than its kernel.

    ``rows`` is the dtype of the transformer's.

    The latter where a class took ``compiled`` over from one whose ``decide`` it replaced.
    """
    owners = {
        name: next((n for n, one in enumerate(type(strategy).__mro__) if name in vars(one)), -1)
        for name in ("compiled", "decide")
    }
    if owners["compiled"] < 0 or owners["decide"] < owners["compiled"]:
        return None
    form: DecisionKernel | None = strategy.compiled(rows)  # type: ignore[attr-defined]
    return form


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
                try:
                    with blame(name, loop.deciding_at):
                        report = loop.advance()
                except PluginError:
                    await records.send(books.book(loop.so_far()))
                    raise
                if report is not None:
                    break
                loop.venue.load(await batches.receive())
            rows = books.book(report)
            working, sent = loop.account()
            books.show(progress, books.known(report.committed, working, sent))
            await records.send(rows)
        books.ledger.close()


async def host(
    features: Inlet[Features],
    batches: Inlet[MarketBatch],
    records: Outlet[Records],
    *,
    maker: BlockMaker,
    venue: SimulatedVenue,
    bracket: Bracket | None,
    books: Books,
    progress: Progress,
) -> None:
    """Decide and carry out every row of ``features``, block by block. Owns all its ends.

    Args:
        features: decision rows from the transformer.
        batches: the market.
        records: what is to be written.
        maker: of the blocks.
        venue: carries them out.
        bracket: shadows that follow; None = none.
        books: the account.
        progress: told how it stands.
    """
    with features, batches, records:
        async for message in features:
            maker.take(message)
            try:
                while (block := maker.next_block()) is not None:
                    report = await carry_out(block, batches, venue, bracket)
                    books.take(report)
                    maker.hear(books.account(report.committed, report.woken))
            except PluginError:
                await records.send(books.write())  # what was done before the strategy failed
                raise
            await records.send(books.write())
            books.show(progress, books.account(committed=0))
        books.ledger.close()
