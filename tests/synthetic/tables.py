"""Load a Tardis directory into numpy columns, for statistics only.

Knows the CSV columns and nothing of what they mean. It trusts its input: checking recordings is
the connector's job, and this loader keeps a whole file in memory, which the engine never does.
"""

import csv
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

Column: TypeAlias = npt.NDArray[np.int64]
"""One column: µs, ticks or contracts."""

TICKS_PER_USD: Final = 10  # XBTUSD: tick 0.1 USD since 2024-07-31 (protocols, BitMEX section)
SIDES: Final = {"buy": 1, "sell": -1, "bid": 1, "ask": -1, "unknown": 0}

QUOTE_COLUMNS: Final = ("bid_price", "bid_amount", "ask_price", "ask_amount")
TRADE_COLUMNS: Final = ("side", "price", "amount")
BOOK_COLUMNS: Final = ("is_snapshot", "side", "price", "amount")


@attrs.frozen
class Table:
    """Columns of one file by name; ``exchange`` and ``local`` are its two clocks [µs]."""

    columns: dict[str, Column]

    def __getattr__(self, name: str) -> Column:
        try:
            return self.columns[name]
        except KeyError:
            raise AttributeError(name) from None

    def __len__(self) -> int:
        return len(self.columns["local"])


def load(path: Path, names: tuple[str, ...]) -> Table | None:
    """Read the named columns and both clocks; None when there is no such file."""
    if not path.exists():
        return None
    wanted = ("timestamp", "local_timestamp", *names)
    cells: list[list[int]] = [[] for _ in wanted]
    with gzip.open(path, "rt", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        places = [header.index(name) for name in wanted]
        parsers = [_parser(name) for name in wanted]
        for row in reader:
            for column, place, parse in zip(cells, places, parsers, strict=True):
                column.append(parse(row[place]))
    keys = ("exchange", "local", *names)
    return Table({k: np.array(c, dtype=np.int64) for k, c in zip(keys, cells, strict=True)})


def _parser(name: str) -> Callable[[str], int]:
    if name.endswith("price"):
        return lambda text: round(float(text) * TICKS_PER_USD)
    if name == "side":
        return SIDES.__getitem__
    if name == "is_snapshot":
        return lambda text: int(text == "true")
    return lambda text: int(float(text)) if text else 0
