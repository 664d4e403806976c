"""How a run's data are: what a live connector says, and the defects from all who can see any."""

from mm.api import Connector, Defect, Health, Survey
from mm.core.venue import SimulatedVenue


def health_of(connector: Connector) -> Health | None:
    """Ask a connector how it is doing; None if it does not say."""
    ask = getattr(connector, "health", None)
    health: Health | None = None if ask is None else ask()
    return health


def defects_of(
    survey: Survey, venue: SimulatedVenue, live: Health | None = None
) -> tuple[Defect, ...]:
    """Put together what the survey, the venue and the connection found.

    Args:
        survey: of the data.
        venue: that met them.
        live: the connector's last word; None = it does not say.
    """
    told: tuple[Defect, ...] = getattr(live, "defects", ())
    return (*survey.health, *venue.defects(), *told)
