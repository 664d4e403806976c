"""What the recorded files say about the time around a fill: prints, the level, mids.

Reads Tardis CSV files line by line, no further than needed, and only if they are what the run read
(sha256), or the recording that a killed run left. The exchange's times are moved by the same
constant as in the run. Judges nothing.
"""

import csv
import gzip
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs

from mm.explain.clock import RunClock

MICRO: Final = 1_000_000
HORIZONS_S: Final = (1, 5, 30)
"""How long after the fill the mid is looked at."""

_PRICES: Final = ("price", "bid_price", "ask_price")
_SIZES: Final = ("amount", "bid_amount", "ask_amount")
_DIGITS: Final = 15
_EVER: Final = 2**62  # µs

_Place: TypeAlias = tuple[int, int]
"""Of a row: the file's number among those of its kind, from 0, and the row's in it, from 1."""


@attrs.frozen(kw_only=True)
class Prints:
    """What traded while the order waited."""

    at_price: int
    """Prints at our price that took from our side."""
    size_at_price: Decimal
    """Contracts."""
    size_before: Decimal
    """Of it, what printed before the moment of the fill; the level can have shown no more."""
    beyond: int
    """Prints beyond our price: whoever traded there passed it."""
    size_beyond: Decimal
    trigger: Mapping[str, str] | None
    """The row that filled us."""


@attrs.frozen(kw_only=True)
class Level:
    """How the size displayed at our price changed while the order waited."""

    source: str
    """``book`` or ``quotes``; of the latter only while our price was the touch."""
    changes: int
    added: Decimal
    """Contracts, the sum of all increases."""
    removed: Decimal
    at_fill: Decimal | None
    """Contracts displayed just before the fill; None = not shown."""


@attrs.frozen(kw_only=True)
class Window:
    """Where and when to look."""

    buy: bool
    """Whether we bought."""
    price: Decimal
    start: int
    """µs, exchange: when the order took its place."""
    end: int
    """µs, exchange: the fill."""
    end_local: int
    """µs, local: when we knew of it."""
    print_row: int | None
    """Row of the print that filled us."""


class Recording:
    """The files that a run read."""

    def __init__(
        self,
        inputs: Sequence[Mapping[str, Any]],
        clock: RunClock,
        tick: Decimal = Decimal(0),
        lot: Decimal = Decimal(0),
        *,
        symbol: str,
    ) -> None:
        """Take ``inputs`` from the manifest; ``clock`` moves exchange times.

        Rows of any other ``symbol`` are passed over.
        Floats were rounded to multiples of ``tick`` and ``lot``, and are here; 0 = were not.
        """
        self._inputs = {
            name: list(entries) for name, entries in groupby(inputs, itemgetter("name"))
        }
        self._clock = clock
        self._symbol = symbol
        self._steps = [(_PRICES, tick), (_SIZES, lot)]
        self.problems: list[str] = []
        """A sentence for each file that cannot be used."""
        self.unchecked: list[str] = []
        """Names of the files whose hash nobody knows."""
        self._paths = {
            name: [Path(entry["path"]) for entry in entries]
            for name, entries in self._inputs.items()
            if [self._is_same(entry) for entry in entries].count(False) == 0
        }

    @property
    def used(self) -> list[str]:
        """Names of the files that are what the run read."""
        return list(self._paths)

    def _is_same(self, entry: Mapping[str, Any]) -> bool:
        name, path = entry["name"], Path(entry["path"])
        if "://" in entry["path"]:
            self._note(
                f"the run listened to {entry['path']} and was not recorded, so the market around"
                " the fill can't be looked at; mm live --record DIR keeps it"
            )
            return False
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            self.problems.append(f"{path}: {error.strerror}, so the {name} can't be looked at")
            return False
        if not entry["sha256"]:
            self.unchecked += [name] if name not in self.unchecked else []
        elif found != entry["sha256"]:
            self.problems.append(
                f"{path}: has changed since the run, so the {name} can't be looked at"
            )
            return False
        return True

    def _note(self, problem: str) -> None:
        """Keep a sentence, once."""
        self.problems += [problem] if problem not in self.problems else []

    def _rows(self, name: str, until: int) -> Iterator[tuple[_Place, int, dict[str, str]]]:
        """Yield a row's place, its exchange time and its fields, up to a local time."""
        for number, path in enumerate(self._paths[name]):
            for row_number, row in enumerate(_read(path), start=1):
                local = int(row["local_timestamp"])
                if local > until:
                    return
                if row["symbol"] != self._symbol:
                    continue
                made = int(row["timestamp"] or 0)
                for names, step in self._steps:
                    _round_floats(row, names, step)
                yield (number, row_number), self._clock.made(made, local), row

    def _place(self, row_number: int, until: int) -> _Place:
        """Find the print of this number; of several files the last that has one by then."""
        if len(self._paths["trades"]) == 1:
            return 0, row_number
        places = (place for place, _, _ in self._rows("trades", until) if place[1] == row_number)
        return max(places, default=(0, row_number))

    def prints(self, window: Window) -> Prints | None:
        """Count what traded from the order's arrival to its fill; None without the file."""
        if "trades" not in self._paths:
            return None
        taker = "sell" if window.buy else "buy"
        counts, sizes, before = [0, 0], [Decimal(0), Decimal(0)], Decimal(0)
        trigger = None
        fill = self._place(window.print_row, window.end_local) if window.print_row else None
        for place, ts, row in self._rows("trades", window.end_local):
            if place == fill:
                trigger = row
            past = place > fill if fill else ts > window.end
            if ts < window.start or past or row["side"] not in (taker, "unknown", ""):
                continue
            price = Decimal(row["price"])
            beyond = price < window.price if window.buy else price > window.price
            if beyond or price == window.price:
                counts[beyond] += 1
                sizes[beyond] += Decimal(row["amount"])
            if price == window.price and ts < window.end:
                before += Decimal(row["amount"])
        return Prints(
            at_price=counts[0],
            size_at_price=sizes[0],
            size_before=before,
            beyond=counts[1],
            size_beyond=sizes[1],
            trigger=trigger,
        )

    def level(self, window: Window) -> Level | None:
        """Follow the size displayed at our price; None without a file that shows it."""
        for name, sizes in (("book", self._in_book), ("quotes", self._in_quotes)):
            if name in self._paths:
                return _followed(name, sizes(window), window)
        return None

    def _in_book(self, window: Window) -> Iterator[tuple[int, Decimal]]:
        """Yield (exchange time, size) of our level whenever a row sets it."""
        side, texts = "bid" if window.buy else "ask", dict[str, bool]()
        in_snapshot = False
        for _, ts, row in self._rows("book", window.end_local):
            snapshot = row["is_snapshot"] == "true"
            if snapshot and not in_snapshot:
                yield ts, Decimal(0)  # a snapshot starts from nothing
            in_snapshot = snapshot
            text = row["price"]
            if text not in texts:
                texts[text] = Decimal(text) == window.price
            if texts[text] and row["side"] == side:
                yield ts, Decimal(row["amount"])

    def _in_quotes(self, window: Window) -> Iterator[tuple[int, Decimal]]:
        """Yield (exchange time, size) of our level while it is the touch, or before it."""
        name = "bid" if window.buy else "ask"
        for _, ts, row in self._rows("quotes", window.end_local):
            if not row[f"{name}_price"]:
                continue
            price = Decimal(row[f"{name}_price"])
            if price == window.price:
                yield ts, Decimal(row[f"{name}_amount"])
            elif (price < window.price) == window.buy:
                yield ts, Decimal(0)

    def mids(self, ts: int) -> dict[int, Decimal | None]:
        """Give the mid some seconds after ``ts`` (exchange); None where the data end before."""
        targets = {seconds: ts + seconds * MICRO for seconds in HORIZONS_S}
        found: dict[int, Decimal | None] = {}
        if "quotes" not in self._paths:
            return found
        mid: Decimal | None = None
        for _, made, row in self._rows("quotes", _EVER):
            for seconds, target in targets.items():
                if made > target and seconds not in found:
                    found[seconds] = mid
            if len(found) == len(targets):
                break
            if row["bid_price"] and row["ask_price"]:
                mid = (Decimal(row["bid_price"]) + Decimal(row["ask_price"])) / 2
        return {seconds: found.get(seconds) for seconds in targets}


def _round_floats(row: dict[str, str], names: Sequence[str], step: Decimal) -> None:
    """Put fields of 15 digits or more on the grid, as the run did that accepted the file."""
    for name in names:
        text = row.get(name, "")
        if len(text) > _DIGITS and step:
            row[name] = format((Decimal(text) / step).to_integral_value() * step, "f")


def _read(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a file; of a recording that was cut off, those that were written whole."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    with (
        suppress(EOFError),
        (gzip.open if packed else open)(path, "rt", newline="") as file,
    ):
        yield from csv.DictReader(file)


def _followed(name: str, sizes: Iterator[tuple[int, Decimal]], window: Window) -> Level:
    """Add up how a level changed within the window."""
    size: Decimal | None = None
    changes, added, removed = 0, Decimal(0), Decimal(0)
    for ts, now in sizes:
        if ts > window.end:
            break
        if ts >= window.start and size is not None and now != size:
            changes += 1
            added += max(now - size, Decimal(0))
            removed += max(size - now, Decimal(0))
        # What the fill's own moment shows is its result: the row of a match comes beside it.
        if ts < window.end or size is None:
            size = now
    return Level(source=name, changes=changes, added=added, removed=removed, at_fill=size)
