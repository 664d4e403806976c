"""The book behind the touch: how it looks at the start, and its ceaseless requoting.

By distance from the touch there is a number of levels the book tends to and a share of the churn.
A requote takes a level away and brings one back in the same zone; where levels are too many or too
few, one half of that is left out. It never touches the best level and never crosses it.
"""

from bisect import bisect
from functools import partial
from itertools import accumulate
from random import Random
from typing import Final

import attrs

from mm.synthetic.event_queue import wait
from mm.synthetic.ladder import ASK, BID, Ladder
from mm.synthetic.scene import OPENING_BID, START_US, Scene
from mm.synthetic.sizes import FAR, NEAR, TOUCH


@attrs.frozen
class Zone:
    """A band of distances behind the touch."""

    near: int
    """Ticks, included."""
    far: int
    """Ticks, excluded."""
    bids: float
    """Levels it tends to (xbtusd_stats.json, mean_amount_by_distance_ticks); below 1: sometimes."""
    asks: float
    churn: float
    """Share of the book's rows [%] (protocols 4.6, "Updates"), less those of the touch."""


ZONES: Final = (
    Zone(1, 10, 0.3, 0.3, 2.6),
    Zone(10, 25, 2, 2, 8.4),
    Zone(25, 50, 4, 5, 2.4),
    Zone(50, 100, 10, 8, 0.9),
    Zone(100, 250, 30, 14, 44.4),
    Zone(250, 500, 39, 36, 15.5),
    Zone(500, 1_000, 80, 64, 15.5),
    Zone(1_000, 2_000, 108, 68, 4.0),
    Zone(2_000, 5_000, 175, 68, 2.5),
    Zone(5_000, 10_000, 159, 110, 1.6),
)
# Beyond those the sample holds still: 607 and 740 levels up to 50 000 ticks, 2207 and 930 beyond.
STILL_ZONES: Final = (Zone(10_000, 50_000, 607, 740, 0.0), Zone(50_000, 600_000, 2_190, 900, 0.0))

# The absurd ends of the real book [ticks]: lots.
FAR_BIDS: Final = {2_500: 1, 5_000: 3, 7_500: 5, 10_000: 351, 10_500: 5, 15_000: 2, 25_000: 3}
FAR_ASKS: Final = {32_010_300: 9, 10_000_000: 15_000, 9_500_000: 30_000, 7_500_000: 120}

ROWS_PER_S: Final = 185.0  # the real feed has about 370; scaled down to keep the sample small
BURST_ROWS: Final = 8.0  # mean of a burst; gaps between messages: p50 0.16, p90 6 ms
REQUOTE_GAP_MS: Final = 0.15  # mean gap inside a burst
UPDATES: Final = 0.18  # share of rows that only change a size
ON_HALF_USD: Final = 0.3  # near prices moved to multiples of 5 ticks on purpose
# The first changes, older than the snapshot they follow (the real ones: .116 to .148, it .150).
FIRST_BURSTS_US: Final = (START_US, 117_000, 139_000, 145_000)


class Depth:
    """The makers behind the touch."""

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._random = random
        self._bounds = list(accumulate(zone.churn for zone in ZONES))
        for time_us in FIRST_BURSTS_US:
            scene.event_queue.at(time_us, self._burst)
        scene.event_queue.at(FIRST_BURSTS_US[-1], self._next_burst)

    def build(self) -> None:
        """Fill the empty book around the opening touch."""
        for side, best, ends in ((BID, OPENING_BID, FAR_BIDS), (ASK, OPENING_BID + 1, FAR_ASKS)):
            ladder = self._scene.book.side(side)
            ladder.put(best, TOUCH.draw(self._random))
            for price, lots in ends.items():
                ladder.put(price, lots)
            for zone in (*ZONES, *STILL_ZONES):
                for _ in range(round(zone.bids if side == BID else zone.asks)):
                    ladder.put(self._free_price(ladder, zone), self._size(zone))

    def _next_burst(self, now_us: int) -> None:
        gap_us = wait(self._random, 1000 * BURST_ROWS / ROWS_PER_S)
        self._scene.event_queue.at(now_us + gap_us, self._next_burst)
        self._burst(now_us)

    def _burst(self, now_us: int) -> None:
        """Requote a few levels within a millisecond or two."""
        self._go_on(int(self._random.expovariate(1 / BURST_ROWS)) + 1, now_us)

    def _go_on(self, rows: int, now_us: int) -> None:
        rows -= self._requote(now_us)
        if rows > 0:
            then_us = now_us + wait(self._random, REQUOTE_GAP_MS)
            self._scene.event_queue.at(then_us, partial(self._go_on, rows))

    def _requote(self, now_us: int) -> int:
        """Change one zone of one side; returns the rows written."""
        random = self._random
        side = random.choice((BID, ASK))
        zone = ZONES[min(bisect(self._bounds, random.random() * self._bounds[-1]), len(ZONES) - 1)]
        ladder = self._scene.book.side(side)
        start, end = ladder.ranks(zone.near, zone.far)
        held, goal = end - start, zone.bids if side == BID else zone.asks
        price = ladder.price_at(random.randrange(start, end)) if held else 0
        if held and random.random() < 2 * UPDATES / (1 + UPDATES):
            self._scene.resize(now_us, side, price, self._size(zone))
            return 1
        lots = ladder.lots[price] if held else self._size(zone)
        goes = held > 0 and random.random() * goal < held
        comes = random.random() * held < goal
        if goes:
            self._scene.level(now_us, side, price, 0)
        if comes:
            self._scene.level(now_us, side, self._free_price(ladder, zone), lots)
        return goes + comes

    def _free_price(self, ladder: Ladder, zone: Zone) -> int:
        while True:
            price = ladder.behind(self._random.randrange(zone.near, zone.far))
            price = self._on_grid(price, zone)
            if price not in ladder.lots and zone.near <= ladder.side * (ladder.best() - price):
                return price

    def _on_grid(self, price: int, zone: Zone) -> int:
        """Round as people do: the further out, the rounder (84 % of all are multiples of 5)."""
        if zone.far <= 1_000:
            step = 5 if self._random.random() < ON_HALF_USD else 1
        elif zone.far <= 10_000:
            step = 5
        else:
            step = self._random.choice((5, 10, 10, 100, 1_000))
        return price - price % step

    def _size(self, zone: Zone) -> int:
        return (NEAR if zone.far <= 2_000 else FAR).draw(self._random)
