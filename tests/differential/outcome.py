"""What became of a scripted order, in one form for every simulator."""

import csv
from decimal import Decimal
from pathlib import Path

import attrs


@attrs.frozen
class Outcome:
    """The end of one order."""

    filled: Decimal
    """Contracts."""
    fills: int
    """How many it took; 0 = none."""
    first_us: int
    """µs, exchange, of the first fill; 0 = none."""
    last_us: int
    """µs, exchange, of the last fill; 0 = none."""
    taker: bool
    """Whether any of it took."""
    rule: str
    """Why the last fill happened, where the simulator says so."""


UNFILLED = Outcome(Decimal(0), 0, 0, 0, taker=False, rule="")


def of_our_run(directory: Path) -> dict[int, Outcome]:
    """Read the outcomes of a run of ours from its ``trades.csv``, by client id."""
    found: dict[int, Outcome] = {}
    with (directory / "trades.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            before = found.get(int(row["client_id"]), UNFILLED)
            ts = int(row["ts_venue"])
            found[int(row["client_id"])] = Outcome(
                before.filled + Decimal(row["size"]),
                before.fills + 1,
                before.first_us or ts,
                ts,
                before.taker or row["liquidity"] == "taker",
                row["rule"],
            )
    return found


def of_their_run(path: Path) -> dict[int, Outcome]:
    """Read the outcomes that ``theirs.py`` wrote, by client id."""
    found = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            found[int(row["client_id"])] = Outcome(
                Decimal(row["filled"]),
                int(row["fills"]),
                int(row["first_us"]),
                int(row["last_us"]),
                row["taker"] == "1",
                "",
            )
    return found
