"""Connector task: has a connector send, and says how far it had come if it fails."""

from mm.api import Connector, Instrument, MarketBatch
from mm.blame import blame
from mm.run.channels import Outlet


async def connect(
    connector: Connector,
    owner: str,
    instruments: tuple[Instrument, ...],
    out: Outlet[MarketBatch],
) -> None:
    """Run a connector, which is ``owner``, until it has no more. Owns ``out``.

    Raises:
        PluginError: it raised; with the last watermark that it had sent.
        MMError: as the connector does.
    """

    def reached() -> int | None:
        return None if out.sent is None else out.sent.watermark

    with out, blame(owner, reached):
        await connector.run(instruments, out)
