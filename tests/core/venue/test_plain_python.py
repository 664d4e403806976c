"""The venue without a compiler gives the same reports, to the byte."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import attrs
import numpy as np

from mm.api import BUY, CLEAR, FOK, GTC, IOC, LEVEL, LIMIT, MARKET, NEW, QUOTE, SELL, TICKER, TRADE
from mm.core.venue import Limits

from .replay import replay
from .strategies import MODELS
from .tapes import Command, Decision, Event, Session, ticker


def random_session(seed: int, model: str) -> Session:
    """A session of 300 messages and 60 decisions from a numpy generator."""
    rng = np.random.default_rng(seed)

    def pick(*values: int) -> int:
        return int(rng.choice(values))

    def price(side: int) -> int:
        return pick(97, 98, 99, 99, 99, 100) if side == BUY else pick(100, 100, 100, 101, 102, 99)

    def event(n: int, kind: int, ts: int, side: int) -> Event:
        behind = pick(0, 1, 2, 5)
        return Event(
            ts_local=ts, ts_exchange=ts - behind, kind=kind, row=n, side=pick(side, side, 0)
            if kind == TRADE else side, price=price(-side if kind == TRADE else side),
            size=pick(0, 1, 3, 8), instrument=n % 2, ask_price=price(SELL), ask_size=pick(0, 4),
        )  # fmt: skip

    def command() -> Command:
        side = pick(BUY, SELL)
        return Command(
            action=pick(NEW, NEW, NEW, 1, 2, 3), client_id=pick(*range(8)), price=price(side),
            size=pick(1, 2, 5, 9, 0), instrument=pick(0, 1), side=side,
            type=pick(LIMIT, LIMIT, LIMIT, MARKET), tif=pick(GTC, GTC, GTC, IOC, FOK),
            post_only=pick(0, 0, 1), reduce_only=pick(0, 0, 0, 1),
        )  # fmt: skip

    def told(n: int, kind: int, ts: int) -> Event:
        if kind == TICKER:
            mark = 100_250_000 + pick(0, 250_000)
            rate = pick(10**9, -(10**9))
            return attrs.evolve(ticker(ts, mark, rate, ts + 9), instrument=n % 2)
        return event(n, kind, ts, pick(BUY, SELL))

    kinds = [TRADE, TRADE, LEVEL, LEVEL, LEVEL] * 8 + [QUOTE, QUOTE, CLEAR, TICKER, TICKER]
    times = np.cumsum(rng.integers(0, 4, 300)) + 100
    tape = [told(n + 1, pick(*kinds), int(ts)) for n, ts in enumerate(times)]
    decisions = [
        Decision(int(ts), ((command(),), (command(), command())))
        for ts in np.sort(rng.integers(100, int(times[-1]), 60))
    ]
    return Session(
        tuple(tape), tuple(decisions), 3, 2, model, seed, instruments=2, crosses=seed == 1,
        entry_multiple=0.5, response_multiple=1.0, jitter=0.3 * seed,
        limits=Limits(order_lots=8, position_lots=30, stale_us=6, collar=0.025, loss=seed * 40.0),
    )  # fmt: skip


def digest() -> str:
    """Hash all reports of two sessions for each model, cut up in batches and blocks."""
    total = hashlib.sha256()
    for seed in range(2):
        for model in MODELS:
            session = random_session(seed, model)
            outcome, _ = replay(session, cuts=(True, False, False), lengths=(1, 7, 3))
            assert len(outcome.reports) > 60
            total.update(repr((outcome.reports, outcome.marks, outcome.sent)).encode())
    return total.hexdigest()


def test_compiled_and_plain_python_give_the_same_reports() -> None:
    code = "from venue.test_plain_python import digest; print(digest())"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    plain = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert plain.stdout.strip() == digest()
