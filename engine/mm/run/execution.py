"""Execution task: asks for what the venue needs next, a block or a market batch, never both."""

from mm.api import ExecutionReport, MarketBatch, OrderBlock
from mm.core.bracket import Bracket
from mm.core.venue import SimulatedVenue
from mm.run.channels import Inlet, Outlet


async def execute(
    blocks: Inlet[OrderBlock],
    batches: Inlet[MarketBatch],
    out: Outlet[ExecutionReport],
    *,
    venue: SimulatedVenue,
    bracket: Bracket | None,
) -> None:
    """Answer each block with a report. Owns all its ends."""
    with blocks, batches, out:
        async for block in blocks:
            await out.send(await carry_out(block, batches, venue, bracket))


async def carry_out(
    block: OrderBlock, batches: Inlet[MarketBatch], venue: SimulatedVenue, bracket: Bracket | None
) -> ExecutionReport:
    """Carry a block out, on the shadows too, with as much of the market as it takes."""
    venue.submit(block)
    while (report := venue.advance()) is None:
        batch = await batches.receive()
        venue.load(batch)
        if bracket is not None:
            bracket.load(batch)
    if bracket is not None:
        bracket.follow(block, report)
    return report
