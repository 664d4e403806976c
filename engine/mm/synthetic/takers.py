"""Those who take: bursts of orders with a side, and the news that moves the fair price.

A branching process (Hawkes & Oakes 1974): some events come by themselves, each brings on others.
Takers see the book and the fair price they move, and match against the book's levels; they leave
nothing resting.
"""

from functools import partial
from random import Random
from typing import Final

from mm.synthetic.event_queue import Mixture, count, mixed_wait, wait
from mm.synthetic.ladder import Ladder
from mm.synthetic.makers import Makers
from mm.synthetic.scene import START_US, Scene, exchange_time
from mm.synthetic.sizes import ROW, SWEEP, TAKER
from mm.synthetic.tape import Fill

# Calibrated together to orders per second 0.71, Fano 14 at 1 s and 78 at 60 s, the quantiles of
# the gaps between orders, side persistence 87 %, sigma at 0.1 to 60 s (protocols 4.6).
ORDERS_PER_S: Final = 0.105  # those that come by themselves
NEWS_PER_S: Final = 0.25
ORDERS_BY_ORDER: Final = 0.78  # mean number that one order brings on, and so forth
NEWS_BY_ORDER: Final = 0.20
ORDERS_BY_NEWS: Final = 0.12
NEWS_BY_NEWS: Final = 0.15
# Shares and means [ms] of the time until then.
CHILD_WAIT: Final[Mixture] = ((0.33, 4.0), (0.22, 40.0), (0.25, 600.0), (0.20, 6000.0))
LEAN: Final = 0.75  # chance that what comes by itself takes the side of the last event
TURN: Final = 0.02  # chance that an event takes the other side than the one that brought it on

# Moves of the fair price [ticks].
IMPACT_TICKS: Final = 66.0  # mean, of an order
NEWS_TICKS: Final = 50.0
CALM: Final = 2.6  # recent orders that halve the impact: a burst moves the price concavely

# What an order asks for: exactly the touch, a size of its own, or a sweep.
WHOLE_TOUCH: Final = 0.12  # of the touch as it stands...
SMALL_TOUCH: Final = 0.60  # ...and while it is small
SMALL_LOTS: Final = 30
FORESEEN: Final = 0.42  # chance that a touch that is not small shrinks just before
SWEEPS: Final = 0.27
PATIENT: Final = 0.50  # of those with a size of their own: limited to the touch's price
REACH_TICKS: Final = 54.0  # mean distance of the limit of the others
CUT: Final = 0.30  # chance that a level's fill is cut into one more row

RETREAT_TICKS: Final = 36.0  # how far makers behind the touch leave before an order, mean
STUBBORN: Final = 5.0  # recent orders that halve that distance
FLURRIES: Final = 0.6  # of size changes at the touch, for each order and each piece of news
STALL_MS: Final = 0.22  # median stall of the recorder, for each recent order


class Takers:
    """The flow of taker orders and news."""

    def __init__(self, scene: Scene, makers: Makers, random: Random) -> None:
        self._scene = scene
        self._makers = makers
        self._random = random
        self._last_us = 0
        self._side = 1
        self._plan_order(START_US)
        self._plan_news(START_US)

    def _plan_order(self, now_us: int) -> None:
        self._scene.event_queue.at(
            now_us + wait(self._random, 1000 / ORDERS_PER_S), self._first_order
        )

    def _plan_news(self, now_us: int) -> None:
        self._scene.event_queue.at(now_us + wait(self._random, 1000 / NEWS_PER_S), self._first_news)

    def _first_order(self, now_us: int) -> None:
        self._plan_order(now_us)
        self._order(self._lean(), now_us)

    def _first_news(self, now_us: int) -> None:
        self._plan_news(now_us)
        self._news(self._random.choice((1, -1)), now_us)

    def _lean(self) -> int:
        return self._side if self._random.random() < LEAN else -self._side

    def _order(self, taker: int, now_us: int) -> None:
        """Take; now and then the touch is left by others just before, which is why it is taken."""
        ladder = self._scene.book.side(-taker)
        price, lots = ladder.touch()
        if lots > SMALL_LOTS and self._random.random() < FORESEEN:
            self._scene.level(now_us, -taker, price, min(lots - 1, ROW.draw(self._random)))
            self._scene.event_queue.at(now_us + 1000, partial(self._take, taker))
        else:
            self._take(taker, now_us)

    def _take(self, taker: int, now_us: int) -> None:
        if now_us < self._last_us + 1000:
            # One order a millisecond: rows that share an exchange timestamp are one order.
            self._scene.event_queue.at(self._last_us + 1000, partial(self._take, taker))
            return
        self._last_us = now_us
        scene = self._scene
        heat = scene.heat(now_us)
        scene.warm(now_us)
        self._makers.retreat(now_us, -taker, RETREAT_TICKS / (1 + heat / STUBBORN))
        scene.tape.wire.stall(exchange_time(now_us), STALL_MS * (1 + heat))
        prints, levels = self._fill(scene.book.side(-taker))
        scene.tape.match(exchange_time(now_us), taker, prints, levels)
        self._side = taker
        self._move(taker, IMPACT_TICKS / (1 + heat / CALM))
        self._bring_on(now_us, taker, ORDERS_BY_ORDER, NEWS_BY_ORDER)

    def _news(self, side: int, now_us: int) -> None:
        self._move(side, NEWS_TICKS / (1 + self._scene.heat(now_us) / CALM))
        self._bring_on(now_us, side, ORDERS_BY_NEWS, NEWS_BY_NEWS)

    def _move(self, side: int, mean_ticks: float) -> None:
        self._scene.fair += side * self._random.expovariate(1 / mean_ticks)

    def _bring_on(self, now_us: int, side: int, orders: float, news: float) -> None:
        self._makers.wake(now_us)
        self._makers.stir(now_us, FLURRIES)
        drawn = self._random.expovariate(1.0)
        restless = (drawn + drawn**2 / 2) / 2  # mean 1, fat tail: some orders bring on dozens
        for mean, act in ((orders, self._order), (news, self._news)):
            for _ in range(count(self._random, mean * restless)):
                then = -side if self._random.random() < TURN else side
                delay_us = mixed_wait(self._random, CHILD_WAIT)
                self._scene.event_queue.at(now_us + delay_us, partial(act, then))

    def _fill(self, ladder: Ladder) -> tuple[list[Fill], list[Fill]]:
        """What an order takes from ``ladder``: the trade rows, and the levels it leaves behind."""
        want, reach = self._wish(ladder.touch()[1])
        prints: list[Fill] = []
        levels: list[Fill] = []
        for key in ladder.keys:
            if want == 0 or key > ladder.keys[0] + reach:
                break
            price = -ladder.side * key
            taken = min(want, ladder.lots[price])
            want -= taken
            prints += self._rows(price, taken)
            levels.append((price, ladder.lots[price] - taken))
        return prints, levels

    def _wish(self, touch_lots: int) -> tuple[int, int]:
        """Lots wanted, and how many ticks beyond the touch they may cost."""
        random = self._random
        kind = random.random()
        whole = SMALL_TOUCH if touch_lots <= SMALL_LOTS else WHOLE_TOUCH
        if kind < whole:
            return touch_lots, 0
        reach = int(random.expovariate(1 / REACH_TICKS))
        if kind < whole + SWEEPS:
            return SWEEP.draw(random), reach
        return TAKER.draw(random), 0 if random.random() < PATIENT else reach

    def _rows(self, price: int, lots: int) -> list[Fill]:
        rows = []
        while lots > 1 and self._random.random() < CUT:
            piece = min(ROW.draw(self._random), lots - 1)
            rows.append((price, piece))
            lots -= piece
        return [*rows, (price, lots)]
