"""A recording process to be killed, and what it would have written.

Run as a program it waits for lines ``FOLDER SECONDS``, forks a recorder for each, kills it after
so long, and answers: importing everything once makes fifty kills a matter of seconds.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.record.streams import MIDNIGHT, event, gap, level, quote, snapshot, start, stream

from mm.api import TICKER, TRADE, MarketBatch
from mm.record.numbering import DAY_US, Numbering

HEARTBEAT_US = 100_000


def batches() -> Iterator[MarketBatch]:
    """An endless stream that comes to another day every hundred batches."""
    numbering = Numbering("killed")
    n = 0
    while True:
        n += 1
        ts = MIDNIGHT - 2_000_000 + n * HEARTBEAT_US + n // 100 * DAY_US
        parts = [event(ts, TRADE, price=n, size=1, side=1)] if n % 2 else []
        parts.append(quote(ts, 1000 + n, 1001 + n))
        if n % 50 == 1:
            parts += snapshot(ts, *range(1000, 1100))
        elif n % 50 == 49:
            parts += gap(ts, 1000)[1:]
        else:
            parts += [level(ts, 900 + n % 300, n % 5), level(ts, 901 + n % 300, n % 7)]
        parts += [event(ts, TICKER, price=10**6 * n)] if n % 10 == 0 else []
        yield numbering.push(MarketBatch(stream(parts), ts))


def record_for_ever(folder: Path) -> None:
    recorder = start(folder)
    for batch in batches():
        recorder.write(batch)


def main() -> None:
    """Fork, kill, answer."""
    next(batches())  # compiled once, before the first fork
    for line in sys.stdin:
        folder, seconds = line.rsplit(" ", 1)
        pid = os.fork()
        if pid == 0:
            record_for_ever(Path(folder))
        time.sleep(float(seconds))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        print("killed", flush=True)


if __name__ == "__main__":
    main()
