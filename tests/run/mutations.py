"""A market with one row of its files changed, and what a run makes of it.

The files are kept as text; a mutation writes one of them anew, and the run is made in this process,
whose kernels are compiled. Knows no defect by name: it compares health tables.
"""

import gzip
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

import attrs
import trio

from mm.api import DataError
from mm.config import load_config
from mm.registry import Registry
from mm.run.build import Options
from mm.run.session import plan_run, run_plan

FILES: Final = ("trades", "quotes", "book")
KINDS: Final = ("left out", "doubled", "delayed", "future-stamped")
TIMESTAMP, LOCAL = 2, 3
_NEAR: Final = 2e-5
_RESENT_US: Final = 3_000
"""As of a second recorder: what it adds comes a little later."""


@attrs.frozen
class Mutation:
    """One change of one row."""

    kind: str
    file: str
    row: int
    """From 0, below the header."""
    by_us: int
    """How much later it comes, or was made; 0 = at once."""

    def __str__(self) -> str:
        later = f" by {self.by_us / 1e6:.3f} s" if self.by_us else ""
        return f"{self.file} line {self.row + 2} {self.kind}{later}"


@attrs.frozen
class Outcome:
    """What a run came to."""

    equity: float
    fills: int
    health: dict[tuple[str, str], int]
    """(kind, source) -> rows, where there are any."""
    status: str
    refused: str | None = None

    def shows(self, healthy: "Outcome") -> list[str]:
        """Say what its health table has that the healthy run's has not, or by a tenth more."""
        if self.refused is not None:
            return [f"refused: {self.refused}"]
        return [
            f"{source} {kind}: {rows}"
            for (kind, source), rows in self.health.items()
            if rows > 1.1 * healthy.health.get((kind, source), 0)
        ]


@attrs.frozen
class Tape:
    """The files of a market as text."""

    headers: dict[str, str]
    rows: dict[str, list[str]]

    @classmethod
    def read(cls, folder: Path, seconds: int) -> "Tape":
        """Take the first ``seconds`` of each file."""
        headers: dict[str, str] = {}
        rows: dict[str, list[str]] = {}
        end = None
        for name in ("quotes", "trades", "book"):
            with gzip.open(folder / f"{name}.csv.gz", "rt") as file:
                headers[name] = next(file)
                kept = rows[name] = []
                for line in file:
                    local = _time(line)
                    end = end or local + seconds * 1_000_000
                    if local > end:
                        break
                    kept.append(line)
        return cls(headers, rows)

    def only(self, names: Sequence[str]) -> "Tape":
        """Give the market without its other files."""
        return Tape(
            {name: self.headers[name] for name in names}, {name: self.rows[name] for name in names}
        )

    def write(self, folder: Path, names: Sequence[str] = ()) -> None:
        """Write these files anew; none named = all."""
        for name in names or self.rows:
            lines = chain([self.headers[name]], self.rows[name])
            (folder / f"{name}.csv").write_text("".join(lines))

    def mutated(self, mutation: Mutation) -> "Tape":
        """Give the same market with one row changed."""
        rows = list(self.rows[mutation.file])
        _CHANGES[mutation.kind](rows, mutation.row, mutation.by_us)
        return attrs.evolve(self, rows={**self.rows, mutation.file: rows})

    def draw(self, kind: str, count: int, seed: int) -> Iterator[Mutation]:
        """Draw mutations of a kind: as many in each file, from its second second on.

        Most rows of a book are far from where anybody trades and never matter. So as many again
        are of those within ``_NEAR`` of the price that traded last.
        """
        chance = random.Random(f"{seed} {kind}")
        start = {name: _time(self.rows[name][0]) + 1_000_000 for name in self.rows}
        allowed = {
            name: [at for at, line in enumerate(rows) if _time(line) >= start[name]]
            for name, rows in self.rows.items()
        }
        near = self._near(allowed.get("book", []))
        names = [*self.rows, *(["near"] if near else [])]
        for number in range(count):
            name = names[number % len(names)]
            rows = near if name == "near" else allowed[name]
            by_us = {
                "left out": 0,
                "doubled": chance.choice((0, _RESENT_US)),
                "delayed": round(10 ** chance.uniform(5, 6.5)),
                "future-stamped": round(10 ** chance.uniform(5, 7.5)),
            }[kind]
            yield Mutation(kind, "book" if name == "near" else name, chance.choice(rows), by_us)

    def _near(self, rows: list[int]) -> list[int]:
        times = [_time(line) for line in self.rows["trades"]]
        prices = [float(line.split(",")[6]) for line in self.rows["trades"]]
        found = []
        for at in rows:
            line = self.rows["book"][at]
            last = prices[max(bisect_right(times, _time(line)) - 1, 0)]
            if abs(float(line.split(",")[6]) / last - 1) < _NEAR:
                found.append(at)
        return found


def _time(line: str) -> int:
    return int(line.split(",", 4)[LOCAL])


def _leave_out(rows: list[str], row: int, by_us: int) -> None:
    del rows[row]


def _double(rows: list[str], row: int, by_us: int) -> None:
    _insert(rows, row + 1, _moved(rows[row], LOCAL, by_us))


def _delay(rows: list[str], row: int, by_us: int) -> None:
    _insert(rows, row, _moved(rows.pop(row), LOCAL, by_us))


def _stamp(rows: list[str], row: int, by_us: int) -> None:
    fields = rows[row].split(",")
    fields[TIMESTAMP] = str(int(fields[LOCAL]) + by_us)
    rows[row] = ",".join(fields)


def _moved(line: str, field: int, by_us: int) -> str:
    fields = line.split(",")
    fields[field] = str(int(fields[field]) + by_us)
    return ",".join(fields)


def _insert(rows: list[str], at: int, line: str) -> None:
    """Put a row where its time is, at or after a place; at the end of what came at that time."""
    local = _time(line)
    while at < len(rows) and _time(rows[at]) <= local:
        at += 1
    rows.insert(at, line)


_CHANGES: Final = {
    "left out": _leave_out, "doubled": _double, "delayed": _delay, "future-stamped": _stamp,
}  # fmt: skip


@attrs.frozen
class Bench:
    """A folder in which runs are made."""

    folder: Path
    run_file: Path
    registry: Registry
    tape: Tape

    def run(self) -> Outcome:
        """Make the run on the files as they are."""
        try:
            summary = trio.run(self._run)
        except DataError as error:
            return Outcome(float("nan"), 0, {}, "refused", str(error))
        health = {
            (entry["kind"], entry["source"]): entry["rows"]
            for entry in summary["health"]
            if entry["rows"]
        }
        return Outcome(summary["equity"], summary["fills"], health, summary["status"])

    def mutated(self, mutation: Mutation) -> Outcome:
        """Make the run with one row changed, and undo the change."""
        self.tape.mutated(mutation).write(self.folder, [mutation.file])
        try:
            return self.run()
        finally:
            self.tape.write(self.folder, [mutation.file])

    async def _run(self) -> dict[str, Any]:
        loaded = load_config(self.run_file, self.registry)
        plan = await plan_run(loaded)
        result = await run_plan(plan, Options(), trio.CancelScope())
        if result.error is not None:
            raise result.error
        return dict(result.summary)
