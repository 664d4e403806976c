"""A strategy and a transformer with observers around them: what they did, took, changed.

Each hands every call on to the part inside. They know nothing of what the part should do.
"""

import time

import numpy as np

from mm.api import Account, Decisions, MarketBatch, Rows, Strategy, Transformer
from mm.testing.kit.network import first_difference
from mm.testing.kit.purity import Impurity, watching


class WatchedStrategy:
    """Watches ``observe`` and ``decide`` for impurities and for changed inputs."""

    def __init__(self, strategy: Strategy) -> None:
        """Watch ``strategy``."""
        self.requires = strategy.requires
        self.found: list[tuple[str, Impurity]] = []
        """(method, what it did)."""
        self.changed: list[str] = []
        """Inputs that were written to, in words."""
        self._strategy = strategy

    def observe(self, rows: Rows) -> Rows:
        """See rows."""
        before = rows.tobytes()
        with watching() as found:
            seen = self._strategy.observe(rows)
        self.found += [("observe", one) for one in found]
        if rows.tobytes() != before:
            self.changed.append("observe() changed the rows it was given")
        return seen

    def decide(self, rows: Rows, account: Account) -> Decisions:
        """Decide rows."""
        asked, working = rows.tobytes(), account.working.tobytes()
        with watching() as found:
            decisions = self._strategy.decide(rows, account)
        self.found += [("decide", one) for one in found]
        if rows.tobytes() != asked:
            self.changed.append("decide() changed the rows it was given")
        if account.working.tobytes() != working:
            self.changed.append("decide() changed account.working")
        return decisions


class TwiceAsked:
    """Asks for each answer twice, where the strategy answers several rows at once."""

    def __init__(self, strategy: Strategy) -> None:
        """Ask ``strategy``."""
        self.requires = strategy.requires
        self.differed: int | None = None
        """µs: the first row of the first question with two answers."""
        self._strategy = strategy

    def observe(self, rows: Rows) -> Rows:
        """See rows, once."""
        return self._strategy.observe(rows)

    def decide(self, rows: Rows, account: Account) -> Decisions:
        """Decide, and once more if there were several rows."""
        first = self._strategy.decide(rows, account)
        if len(first.trace) > 1 and self.differed is None:
            before = {"orders": first.orders.copy(), "trace": first.trace.copy()}
            second = self._strategy.decide(rows, account)
            after = {"orders": second.orders, "trace": second.trace}
            if first_difference(before, after) is not None:
                self.differed = int(rows["ts"][0])
        return first


class TimedStrategy:
    """Measures what a decision costs the processor, whoever else wants it."""

    def __init__(self, strategy: Strategy) -> None:
        """Measure ``strategy``."""
        self.requires = strategy.requires
        self.seconds = 0.0
        self.rows = 0
        self._strategy = strategy

    def observe(self, rows: Rows) -> Rows:
        """See rows."""
        started = time.thread_time()
        seen = self._strategy.observe(rows)
        self.seconds += time.thread_time() - started
        return seen

    def decide(self, rows: Rows, account: Account) -> Decisions:
        """Decide rows."""
        started = time.thread_time()
        decisions = self._strategy.decide(rows, account)
        self.seconds += time.thread_time() - started
        self.rows += len(decisions.trace)
        return decisions

    @property
    def per_decision(self) -> float:
        """Seconds."""
        return self.seconds / max(self.rows, 1)


class WatchedTransformer:
    """Watches ``push`` for impurities and for changed inputs."""

    def __init__(self, transformer: Transformer) -> None:
        """Watch ``transformer``."""
        self.dtype: np.dtype[np.void] = transformer.dtype
        self.found: list[tuple[str, Impurity]] = []
        self.changed: list[str] = []
        self._transformer = transformer

    def push(self, batch: MarketBatch) -> Rows:
        """Take a batch."""
        before = batch.events.tobytes()
        with watching() as found:
            rows = self._transformer.push(batch)
        self.found += [("push", one) for one in found]
        if batch.events.tobytes() != before:
            self.changed.append("push() changed the batch it was given")
        return rows
