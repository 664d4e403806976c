"""How a run's data are: what a live connector says, and the defects from all who can see any."""

from mm.api import Connector, Defect, Health, Survey
from mm.core.venue import SimulatedVenue


def health_of(connector: Connector) -> Health | None:
    """Ask a connector how it is doing; None if it does not say."""
    ask = getattr(connector, "health", None)
    health: Health | None = None if ask is None else ask()
    return health


def defects_of(
    survey: Survey, venue: SimulatedVenue, rows: int, live: Health | None = None
) -> tuple[Defect, ...]:
    """Put together what the survey, the venue and the connection found.

    Args:
        survey: of the data.
        venue: that met them.
        rows: how many came.
        live: the connector's last word; None = it does not say.
    """
    told: tuple[Defect, ...] = getattr(live, "defects", ())
    return (*survey.health, *_of_venue(venue, rows), *told)


def _of_venue(venue: SimulatedVenue, rows: int) -> tuple[Defect, ...]:
    ask = getattr(venue, "defects", None)
    if ask is not None:
        return tuple(ask())
    odd = venue.statistics()
    return (
        # One moment in 100 in which the mid and what can be taken are invented.
        _count("crossed_messages", "book", odd.crossed, rows, "kept", 0.01),
        # They fill nobody: 5 % of fills at most are missing.
        _count("prints_without_side", "trades", odd.unsided, rows, "fill nobody", 0.05),
        # They meet the orders of their own time, so hardly any; many are of another day or clock.
        _count("stale_messages", "", odd.stale, rows, "measured no latency", 0.05),
    )


def _count(kind: str, source: str, rows: int, of: int, done: str, limit: float) -> Defect:
    return Defect(kind=kind, source=source, rows=rows, of=max(of, rows, 1), done=done, limit=limit)
