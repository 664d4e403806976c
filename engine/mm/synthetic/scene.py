"""What the market's parts share: the tape with its book, the event queue, and the fair price.

The fair price is what makers believe the contract is worth: the touch follows it, at their pace.
Takers and news move it. Nobody outside the simulation sees it.
"""

import math
from typing import Final

from mm.synthetic.event_queue import EventQueue
from mm.synthetic.ladder import Book
from mm.synthetic.tape import Tape

EPOCH_US: Final = 1_722_470_400_000_000  # 2024-08-01T00:00:00Z
START_US: Final = 116_000  # simulated time of the first events [µs]
OPENING_BID: Final = 646_000  # ticks; the real hour opened at 64 600.0 × 64 600.1
HEAT_S: Final = 8.0  # how long a burst of orders is remembered


class Scene:
    """The simulated market's common state."""

    def __init__(self, tape: Tape, event_queue: EventQueue) -> None:
        self.tape = tape
        self.event_queue = event_queue
        self.fair = OPENING_BID + 0.5
        """Ticks."""
        self._heat = 0.0
        self._heat_us = 0

    @property
    def book(self) -> Book:
        """The book as it stands."""
        return self.tape.book

    def level(self, now_us: int, side: int, price: int, lots: int) -> None:
        """Change a level now."""
        self.tape.level(exchange_time(now_us), side, price, lots)

    def resize(self, now_us: int, side: int, price: int, lots: int) -> None:
        """Change a level's size now; if it is that already, to one lot more."""
        same = self.book.side(side).lots[price] == lots
        self.level(now_us, side, price, lots + same)

    def heat(self, now_us: int) -> float:
        """Orders of late: a count that fades with a half-life of about 6 s."""
        self._heat *= math.exp((self._heat_us - now_us) / (HEAT_S * 1e6))
        self._heat_us = now_us
        return self._heat

    def warm(self, now_us: int) -> None:
        """Count an order."""
        self._heat = self.heat(now_us) + 1.0


def exchange_time(now_us: int) -> int:
    """The exchange's stamp [µs since 1970]: whole milliseconds."""
    return EPOCH_US + now_us - now_us % 1000
