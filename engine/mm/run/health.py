"""How a live connector is doing, for those that say."""

from mm.api import Connector, Health


def health_of(connector: Connector) -> Health | None:
    """Ask a connector how it is doing; None if it does not say."""
    ask = getattr(connector, "health", None)
    health: Health | None = None if ask is None else ask()
    return health
