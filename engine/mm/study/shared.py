"""A market that was read once, in a file that all processes map into their memory.

The process that plans a study reads the stream and writes its batches down; each worker is given
what the survey found and the same batches, out of the same pages. Knows no sets.
"""

import mmap
import pickle
import shutil
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from mm.api import EVENT, Connector, Instrument, MarketBatch, MMError, Outlet, Survey
from mm.run.survey import Market

_ROWS: Final = "rows"
_ABOUT: Final = "about"
_SHARE_OF_DISK: Final = 0.5
"""Of what is free: the most that a market may take."""


@attrs.frozen
class _About:
    """What a market is, beside its rows."""

    survey: Survey
    instruments: tuple[Instrument, ...]
    notes: tuple[str, ...]
    batches: list[tuple[int, int]]
    """Rows and watermark of each."""


async def write_market(market: Market, folder: Path) -> bool:
    """Read the stream of a market and write it down, for ``open_market``.

    Args:
        market: as surveyed.
        folder: a new one, not made yet.

    Returns:
        False: it cannot be read or takes too much room. Then each run reads for itself, and says
        what is wrong.
    """
    writer = _Writer(folder)
    try:
        await market.connector.run(market.instruments, writer)
    except (MMError, OSError):
        return False
    finally:
        writer.close()
    return writer.seal(market)


def open_market(folder: Path) -> Market:
    """Give what ``write_market`` wrote; rows are mapped, and a change of them is our own."""
    about: _About = pickle.loads((folder / _ABOUT).read_bytes())
    connector = _Written(about, folder / _ROWS)
    return Market(
        connector=connector,
        survey=about.survey,
        instruments=about.instruments,
        notes=about.notes,
    )


class _Writer:
    """An outlet that writes down what goes through it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._file = (folder / _ROWS).open("wb")
        self._room = int(shutil.disk_usage(folder).free * _SHARE_OF_DISK)
        self._batches: list[tuple[int, int]] = []

    async def send(self, value: MarketBatch, /) -> None:
        self._room -= value.events.nbytes
        if self._room >= 0:
            self._file.write(value.events.data)
            self._batches.append((len(value.events), value.watermark))

    def close(self) -> None:
        self._file.close()

    def seal(self, market: Market) -> bool:
        """Say what it is; False = there was no room for it."""
        if self._room < 0:
            shutil.rmtree(self._folder)
            return False
        about = _About(market.survey, market.instruments, market.notes, self._batches)
        (self._folder / _ABOUT).write_bytes(pickle.dumps(about))
        return True


class _Written(Connector):
    """A connector whose stream was written down."""

    def __init__(self, about: _About, path: Path) -> None:
        self._about = about
        with path.open("rb") as file:
            empty = path.stat().st_size == 0
            self._rows = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

    async def survey(self) -> Survey:
        """Give what was found."""
        return self._about.survey

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        """Send the stream. Owns ``out``."""
        at = 0
        try:
            for rows, watermark in self._about.batches:
                events = np.frombuffer(self._rows, EVENT, rows, at)
                at += events.nbytes
                await out.send(MarketBatch(events, watermark))
        finally:
            out.close()
