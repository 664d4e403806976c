"""The simulated market keeps a book's rules at every step, not only in the files it leaves."""

import io
from collections.abc import Sequence
from functools import partial
from random import Random

import pytest

from mm.synthetic.event_queue import EventQueue, count, mixed_wait
from mm.synthetic.ladder import ASK, BID, Ladder
from mm.synthetic.sample import simulate
from mm.synthetic.scene import EPOCH_US, START_US
from mm.synthetic.sizes import FAR, NEAR, ROW, SWEEP, TAKER, TOUCH, Sizes
from mm.synthetic.tape import Fill, Tape, price_text
from mm.synthetic.wire import CABLE_US, Wire


class CheckedTape(Tape):
    """A tape that looks at the book before and after each change."""

    def __init__(self, seed: int) -> None:
        self.matches = 0
        self.latest_us = 0
        wire = Wire(Random(seed), EPOCH_US + START_US)
        super().__init__(io.StringIO(), io.StringIO(), io.StringIO(), wire, Random(seed))

    def level(self, sent_us: int, side: int, price: int, lots: int) -> None:
        assert sent_us >= self.latest_us
        self.latest_us = sent_us
        super().level(sent_us, side, price, lots)
        assert self.book.bids.best() < self.book.asks.best()

    def match(self, sent_us: int, taker: int, prints: Sequence[Fill], levels: list[Fill]) -> None:
        self.matches += 1
        resting = self.book.side(-taker)
        best = [resting.price_at(rank) for rank in range(len(levels))]
        assert [price for price, _ in levels] == best
        assert [lots for _, lots in levels[:-1]] == [0] * (len(levels) - 1)
        for price, left in levels:
            printed = [lots for at, lots in prints if at == price]
            assert min(printed) > 0
            assert resting.lots[price] - left == sum(printed)
        reach = [abs(price - best[0]) for price, _ in prints]
        assert reach == sorted(reach)
        assert {price for price, _ in prints} == set(best)
        super().match(sent_us, taker, prints, levels)


@pytest.mark.parametrize("seed", range(5))
def test_trades_take_what_rests_best_price_first(seed: int) -> None:
    tape = CheckedTape(seed)
    simulate(tape, seconds=120, seed=seed)
    assert tape.matches > 5


def test_a_ladder_keeps_the_best_price_first_on_both_sides() -> None:
    for side, best, next_best in ((BID, 30, 20), (ASK, 10, 20)):
        ladder = Ladder(side)
        for price in (20, 10, 30):
            ladder.put(price, 5)
        assert ladder.touch() == (best, 5)
        ladder.put(best, 0)
        ladder.put(best, 0)
        assert ladder.best() == next_best


def test_ranks_name_the_levels_of_a_band_of_distances() -> None:
    bids = Ladder(BID)
    for price in (100, 99, 95, 90, 50):
        bids.put(price, 1)
    start, end = bids.ranks(1, 10)
    assert [bids.price_at(rank) for rank in range(start, end)] == [99, 95]


def test_the_wire_is_first_in_first_out_and_never_faster_than_its_cable() -> None:
    draws = Random(1)
    wire, sent, before = Wire(Random(2), 0), 0, 0
    for _ in range(5_000):
        sent += int(draws.expovariate(1 / 2_000)) // 1_000 * 1_000
        arrived = wire.deliver(sent)
        assert arrived >= max(before, sent + CABLE_US)
        before = arrived


def test_a_message_can_share_the_microsecond_of_the_one_before() -> None:
    wire = Wire(Random(3), 0)
    first = wire.deliver(1_000)
    assert wire.deliver(1_000, with_last=True) == first


def test_the_agenda_calls_in_order_of_time_then_of_entry() -> None:
    event_queue = EventQueue()
    heard: list[tuple[str, int]] = []

    def hear(name: str, now: int) -> None:
        heard.append((name, now))

    for time, name in ((5, "late"), (3, "first"), (3, "second")):
        event_queue.at(time, partial(hear, name))
    for _ in range(3):
        event_queue.step()
    assert heard == [("first", 3), ("second", 3), ("late", 5)]


def test_waits_and_counts_have_the_means_they_are_named_for() -> None:
    random, n = Random(4), 20_000
    assert sum(count(random, 0.7) for _ in range(n)) / n == pytest.approx(0.7, rel=0.03)
    mixture = ((0.5, 2.0), (0.5, 10.0))
    mean_ms = sum(mixed_wait(random, mixture) for _ in range(n)) / n / 1000
    assert mean_ms == pytest.approx(6.0, rel=0.04)


@pytest.mark.parametrize("sizes", [TOUCH, NEAR, FAR, TAKER, SWEEP, ROW])
def test_every_size_is_at_least_one_lot(sizes: Sizes) -> None:
    random = Random(5)
    assert min(sizes.draw(random) for _ in range(2_000)) >= 1


@pytest.mark.parametrize(("ticks", "text"), [(646_000, "64600"), (646_001, "64600.1"), (5, "0.5")])
def test_prices_have_no_trailing_zeros(ticks: int, text: str) -> None:
    assert price_text(ticks) == text
