"""How a run's data are: what a live connector says, and the defects from all who can see any."""

from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

import attrs

from mm.api import Connector, Defect, Health, News, Survey
from mm.core.venue import SimulatedVenue
from mm.run.disk import Disk


def health_of(connector: Connector, disk: Disk | None = None) -> Health | None:
    """Ask a connector how it is doing, and the disk of its run; None if the former does not say."""
    ask = getattr(connector, "health", None)
    health: Health | None = None if ask is None else ask()
    return health if disk is None else disk.add_to(health)


Hear: TypeAlias = Callable[[], Health | None]
"""Gives a connector's health, with the news since this listener's last call."""

_NEWS_KEPT: Final = 1000


class Hearing:
    """A connector's health for several listeners: it tells its news once, and each hears all."""

    def __init__(self, connector: Connector, disk: Disk | None = None) -> None:
        """Listen to ``connector``, and to ``disk``, through this alone from now on."""
        self._connector, self._disk = connector, disk
        self._news: deque[News] = deque(maxlen=_NEWS_KEPT)
        self._told = 0

    def tell(self, news: News) -> None:
        """Let every listener hear something that is not the connector's."""
        self._news.append(news)
        self._told += 1

    def listener(self) -> Hear:
        """Give one who hears what is told from now on."""
        heard = self._told

        def hear() -> Health | None:
            nonlocal heard
            health = health_of(self._connector, self._disk)
            if health is None:
                return None
            self._news.extend(health.news)
            self._told += len(health.news)
            fresh = min(self._told - heard, len(self._news))
            heard = self._told
            return attrs.evolve(health, news=tuple(self._news)[len(self._news) - fresh :])

        return hear


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
