"""The task between a live connector and the rest of the network: numbers events, writes them down.

It comes before the router and after everything that may drop or conflate events, so a recording
holds what the strategy saw. It drains: what the connector has sent when a run is stopped is both
written and worked off.
"""

from mm.api import MarketBatch
from mm.core.numbering import Numbering
from mm.record.recorder import Recorder
from mm.run.ends import Inlet, Outlet


async def record_market(
    batches: Inlet[MarketBatch],
    out: Outlet[MarketBatch],
    *,
    numbering: Numbering,
    recorder: Recorder | None,
) -> None:
    """Pass batches on, in order, numbered. Owns both ends; whoever made the recorder closes it.

    Args:
        batches: from the connector.
        out: to the router.
        numbering: also without a recorder, so that outputs name the same rows with and without.
        recorder: writes each batch before anybody acts on it; None = nobody asked for it.
    """
    with batches, out:
        async for batch in batches:
            numbered = numbering.push(batch)
            if recorder is not None:
                recorder.write(numbered)
            await out.send(numbered)
