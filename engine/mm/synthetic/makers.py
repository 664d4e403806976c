"""Those who make the touch: they pull stale quotes, close wide spreads, and fidget with sizes.

They know the fair price and the book, and nothing of orders to come. At rest the spread is one
tick and straddles the fair price. A touch level on the wrong side of it is pulled, a gap is closed
step by step, at a pace drawn for each episode: most within milliseconds, some in a second.
"""

from random import Random
from typing import Final

from mm.synthetic.event_queue import Mixture, count, mixed_wait, pick_mean, wait
from mm.synthetic.ladder import ASK, BID
from mm.synthetic.scene import START_US, Scene
from mm.synthetic.sizes import TOUCH

# Calibrated to the episodes of protocols 4.6 (duration p50 13.7, p75 77, p90 323 ms; 7.4 rows).
PACE: Final[Mixture] = ((0.56, 1.8), (0.25, 22.0), (0.19, 140.0))
PACE_CHANGE: Final = 0.08  # chance at each step that another pace is drawn
SHORTEST_MS: Final = 1.0  # nobody answers faster: p5 of episode duration is 3 ms
URGENT_MS: Final = 2.5  # pace while a stale level stands
PULL_FIRST: Final = 0.7  # chance to pull a stale level rather than to improve the other side

# How far an improvement goes: all the way, one tick, or somewhere between.
ALL_THE_WAY: Final = 0.45
ONE_TICK: Final = 0.33

MOVE_UP: Final = 0.85  # chance that who improves comes from the old touch: it goes from there
RETREAT: Final = 0.55  # chance that makers behind the touch foresee an order

# Size-only rows: 9.3 a second, in flurries (touch rows: Fano 20 at 1 s, gap p50 5 ms).
FIDGETS_PER_S: Final = 1.6  # those that come by themselves
FIDGET_CHILDREN: Final = 0.72  # mean number that one brings on
FIDGET_WAIT: Final[Mixture] = ((0.55, 6.0), (0.25, 40.0), (0.2, 500.0))
REDRAW: Final = 0.4  # chance that the size is drawn afresh; else something is added or taken
LEAVE: Final = 0.045  # the whole touch level goes, to be restored: a flicker


class Makers:
    """The makers at the touch."""

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._random = random
        self._awake = False
        self._pace_ms = 1.0
        self._plan_fidget(START_US)

    def wake(self, now_us: int) -> None:
        """Look at the touch: it or the fair price has moved."""
        if not self._awake:
            self._awake = True
            self._pace_ms = pick_mean(self._random, PACE)
            self._plan_repair(now_us)

    def retreat(self, now_us: int, side: int, mean_ticks: float) -> None:
        """Clear some ground behind the touch of ``side``, which is about to be taken."""
        if self._random.random() < RETREAT:
            ladder = self._scene.book.side(side)
            far = 2 + int(self._random.expovariate(1 / mean_ticks))
            start, end = ladder.ranks(1, far)
            for price in [ladder.price_at(rank) for rank in range(start, end)]:
                self._scene.level(now_us, side, price, 0)

    def stir(self, now_us: int, mean: float) -> None:
        """Start about ``mean`` flurries of size changes."""
        for _ in range(count(self._random, mean)):
            self._scene.event_queue.at(now_us + mixed_wait(self._random, FIDGET_WAIT), self._fidget)

    def _plan_repair(self, now_us: int) -> None:
        if self._random.random() < PACE_CHANGE:
            self._pace_ms = pick_mean(self._random, PACE)
        mean_ms = URGENT_MS if self._stale() else self._pace_ms
        delay_us = int(1000 * SHORTEST_MS) + wait(self._random, mean_ms)
        self._scene.event_queue.at(now_us + delay_us, self._repair)

    def _stale(self) -> bool:
        """Whether a touch level stands on the wrong side of the fair price."""
        wanted = int(self._scene.fair)
        return self._scene.book.asks.best() <= wanted or self._scene.book.bids.best() > wanted

    def _repair(self, now_us: int) -> None:
        step = self._choose_step()
        if step is None:
            self._awake = False
            return
        side, price = step
        ladder = self._scene.book.side(side)
        before = ladder.best()
        lots = 0 if price == before else TOUCH.draw(self._random)
        self._scene.level(now_us, side, price, lots)
        if lots and self._random.random() < MOVE_UP:
            self._scene.level(now_us, side, before, 0)
        self._plan_repair(now_us)

    def _choose_step(self) -> tuple[int, int] | None:
        """The level to change next: a stale touch goes, a new price inside the spread comes."""
        bid, ask = self._scene.book.bids.best(), self._scene.book.asks.best()
        wanted = int(self._scene.fair)
        pulls = [(ASK, ask)] if ask <= wanted else [(BID, bid)] if bid > wanted else []
        gaps = []
        if bid < min(wanted, ask - 1):
            gaps.append((BID, bid, min(wanted, ask - 1)))
        if ask > max(wanted + 1, bid + 1):
            gaps.append((ASK, ask, max(wanted + 1, bid + 1)))
        if pulls and (not gaps or self._random.random() < PULL_FIRST):
            return pulls[0]
        if not gaps:
            return None
        side, now, goal = self._random.choice(gaps)
        return side, self._improve(now, goal)

    def _improve(self, now: int, goal: int) -> int:
        kind = self._random.random()
        if kind < ALL_THE_WAY:
            return goal
        towards = 1 if goal > now else -1
        if kind < ALL_THE_WAY + ONE_TICK:
            return now + towards
        return now + towards * self._random.randint(1, abs(goal - now))

    def _plan_fidget(self, now_us: int) -> None:
        self._scene.event_queue.at(now_us + wait(self._random, 1000 / FIDGETS_PER_S), self._begin)

    def _begin(self, now_us: int) -> None:
        self._plan_fidget(now_us)
        self._fidget(now_us)

    def _fidget(self, now_us: int) -> None:
        """Change the size of one side's touch; now and then it leaves altogether."""
        random = self._random
        side = random.choice((BID, ASK))
        price, lots = self._scene.book.side(side).touch()
        if random.random() < LEAVE:
            self._scene.level(now_us, side, price, 0)
            self.wake(now_us)
        else:
            self._scene.resize(now_us, side, price, self._new_size(lots))
        self.stir(now_us, FIDGET_CHILDREN)

    def _new_size(self, lots: int) -> int:
        kind, other = self._random.random(), TOUCH.draw(self._random)
        if kind < REDRAW:
            return other
        if kind < REDRAW + (1 - REDRAW) / 2:
            return lots + other
        return lots - other if other < lots else max(1, other - lots)
