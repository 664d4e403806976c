"""Write a synthetic sample: wires the simulation up, runs it, and closes the files.

The same seed gives the same bytes; a longer sample starts with the rows of a shorter one.
Memory does not grow with length: rows go straight into the compressed files.
"""

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from random import Random
from typing import Final

import attrs

from mm.api.errors import UsageError
from mm.synthetic.depth import Depth
from mm.synthetic.event_queue import EventQueue
from mm.synthetic.makers import Makers
from mm.synthetic.scene import EPOCH_US, START_US, Scene
from mm.synthetic.takers import Takers
from mm.synthetic.tape import Tape
from mm.synthetic.wire import Wire

DEFAULT_SECONDS: Final = 1800  # 3.7 MB with seed 0
FILES: Final = ("trades.csv.gz", "quotes.csv.gz", "book.csv.gz")
SECOND_US: Final = 1_000_000

# As in the real file: made at 00:00:00.150, received at 00:00:00.229, after a backlog.
SNAPSHOT_SENT_US: Final = EPOCH_US + 150_000
SNAPSHOT_LOCAL_US: Final = EPOCH_US + 229_046

Progress = Callable[[float], None]
"""Called now and then with the share that is done, 0 to 1."""


@attrs.frozen(kw_only=True)
class SampleReport:
    """What was written."""

    directory: Path
    seconds: int
    seed: int
    rows: dict[str, int]
    """Data rows by ``trades``, ``quotes``, ``book``."""
    file_bytes: int
    """Size of the three files together."""


def write_sample(
    directory: Path,
    *,
    seconds: int = DEFAULT_SECONDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> SampleReport:
    """Write trades, quotes and book of a simulated XBTUSD market into ``directory``.

    Args:
        directory: made if absent; files of an earlier sample in it are replaced.
        seconds: length of simulated time, at least 1.
        seed: any integer.
        progress: told about once per simulated second how much is done.

    Raises:
        UsageError: if ``seconds`` is below 1.
        OSError: if the files cannot be written.
    """
    if seconds < 1:
        raise UsageError(f"sample length is {seconds} s; expected 1 s or more; raise --seconds")
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        trades, quotes, book = (
            stack.enter_context(_compressed(directory / name)) for name in FILES
        )
        wire = Wire(_stream(seed, "wire"), EPOCH_US + START_US)
        tape = Tape(trades, quotes, book, wire, _stream(seed, "tape"))
        simulate(tape, seconds=seconds, seed=seed, progress=progress)
    size = sum((directory / name).stat().st_size for name in FILES)
    return SampleReport(
        directory=directory, seconds=seconds, seed=seed, rows=tape.rows, file_bytes=size
    )


def simulate(tape: Tape, *, seconds: int, seed: int, progress: Progress | None = None) -> None:
    """Run the market for ``seconds`` of simulated time and record it on ``tape``."""
    event_queue = EventQueue()
    scene = Scene(tape, event_queue)
    depth = Depth(scene, _stream(seed, "depth"))
    depth.build()
    tape.snapshot(SNAPSHOT_SENT_US, SNAPSHOT_LOCAL_US)
    makers = Makers(scene, _stream(seed, "makers"))
    Takers(scene, makers, _stream(seed, "takers"))
    for second in range(1, seconds + 1):
        while event_queue.next_time() < second * SECOND_US:
            event_queue.step()
        if progress is not None:
            progress(second / seconds)
    tape.close()


def _stream(seed: int, purpose: str) -> Random:
    """A generator of its own for each purpose, so that parts do not disturb one another's draws."""
    return Random(f"{seed}/{purpose}")


@contextmanager
def _compressed(path: Path) -> Iterator[TextIOWrapper]:
    """Open a gzip file whose bytes depend on its contents only: no name, no time."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=9, fileobj=raw, mtime=0) as packed,
        TextIOWrapper(packed, encoding="ascii", newline="", write_through=False) as text,
    ):
        yield text
