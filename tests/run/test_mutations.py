"""One row of the data left out, doubled, delayed or stamped ahead: a result that hardly moves, or a
health table that shows it.

The bound is what one order can come to: a wrong row may cost or give a fill, which is held to the
end at worst, so one order's size times the range of the price. Whatever moves equity by more must
be in the health table, as a kind of defect that healthy data do not have, or have a tenth less of.

Of 200 rows a kind and set of files, what did not show moved equity by a tenth of the bound at most
with a book (one trade left out), and by two fifths without (a quote that came 0.8 s late).

By hand, over a minute of real data, with the ten worst of each kind (about a second a mutation):

    MM_MUTATIONS=200 pytest tests/run/test_mutations.py -s
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import attrs
import pytest
from tests.conftest import MARKET_DATA
from tests.run.mutations import FILES, KINDS, Bench, Mutation, Outcome, Tape
from tests.short_market import SAMPLE

from mm.registry import load_registry

COUNT: Final = int(os.environ.get("MM_MUTATIONS", "8"))
SEED: Final = int(os.environ.get("MM_MUTATIONS_SEED", "1"))
SHOWN: Final = 10
SETS: Final = (FILES, ("trades", "book"), ("trades", "quotes"))
"""What people have: without quotes nothing contradicts a book but itself, and without a book
nothing says how much stands behind the touch."""

RUN_FILE = """\
[strategy]
kind = "Grid"
preprocessing = "Grid"
symbol = "{symbol}"
[strategy.grid]
quote_size = {size}
max_position = {most}
half_spread = {step}
interval = {step}
levels = 3
skew = {skew}
[strategy.grid.sequencer]
interval_ms = 100
[data]
tardis_root = "{folder}"
{files}
[execution]
latency_ms = 5
response_latency_ms = 5
[output]
csv_path = "{folder}/runs"
exchange = "test"
sinks = []
[position]
contract_type = "{contract_type}"
"""


@attrs.frozen
class Market:
    """What to read, and quotes near enough to its touch that many of them fill."""

    folder: Path
    seconds: int
    symbol: str
    contract_type: str
    size: float
    step: float

    def run_file(self, folder: Path, names: Iterable[str]) -> str:
        return RUN_FILE.format(
            files="\n".join(f'{name}_csv = "{name}.csv"' for name in names),
            folder=folder, symbol=self.symbol, contract_type=self.contract_type, size=self.size,
            most=10 * self.size, step=self.step, skew=self.step / self.size / 10,
        )  # fmt: skip

    def bound(self, tape: Tape) -> float:
        """One order's size times the range of the price, in settlement currency."""
        prices = [float(line.split(",")[6]) for line in tape.rows["trades"]]
        least, most = min(prices), max(prices)
        if self.contract_type == "Inverse":
            return self.size * (1 / least - 1 / most)
        return self.size * (most - least)


REAL = Market(
    MARKET_DATA / "binance-futures_ETHUSDT_2024-08-08", 60, "ETHUSDT", "Linear", 0.1, 0.02
)
BUNDLED = Market(SAMPLE, 180, "XBTUSD", "Inverse", 100, 0.5)
MARKET = REAL if REAL.folder.is_dir() else BUNDLED


@pytest.fixture(scope="module")
def tape() -> Tape:
    return Tape.read(MARKET.folder, MARKET.seconds)


@pytest.fixture(scope="module", params=SETS, ids=" and ".join)
def bench(
    tape: Tape, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Bench:
    folder = tmp_path_factory.mktemp("mutations")
    chosen = tape.only(request.param)
    chosen.write(folder)
    run_file = folder / "run.toml"
    run_file.write_text(MARKET.run_file(folder, chosen.rows), encoding="utf-8")
    return Bench(folder, run_file, load_registry(), chosen)


@pytest.fixture(scope="module")
def healthy(bench: Bench) -> Outcome:
    """Give the run on the data as they are: whole, busy and the same each time."""
    outcome = bench.run()
    assert outcome.status == "complete"
    assert outcome.fills > 20
    assert bench.run() == outcome
    return outcome


@attrs.frozen
class Tried:
    """A mutation, how far it moved equity, and what the health table has of it."""

    mutation: Mutation
    change: float
    outcome: Outcome
    shown: list[str]

    def __str__(self) -> str:
        health = "; ".join(self.shown) or "nothing"
        return f"{self.mutation}: equity {self.change:+.6g}, {self.outcome.fills} fills; {health}"


def trials(bench: Bench, healthy: Outcome, kind: str) -> Iterator[Tried]:
    for mutation in bench.tape.draw(kind, COUNT, SEED):
        outcome = bench.mutated(mutation)
        change = 0.0 if outcome.refused else outcome.equity - healthy.equity
        yield Tried(mutation, change, outcome, outcome.shows(healthy))


@pytest.mark.parametrize("kind", KINDS)
def test_one_wrong_row_moves_equity_little_or_shows(
    bench: Bench, healthy: Outcome, kind: str
) -> None:
    bound = MARKET.bound(bench.tape)
    tried = sorted(trials(bench, healthy, kind), key=lambda one: abs(one.change), reverse=True)
    hidden = [one for one in tried if not one.shown]
    print(
        f"\n{kind}, {' and '.join(bench.tape.rows)}: {len(tried)} rows;"
        f" equity {healthy.equity:.6g} with {healthy.fills} fills, bound {bound:.6g};"
        f" {len(tried) - len(hidden)} show; the worst:"
    )
    for one in [*tried[:SHOWN], *(one for one in hidden[:SHOWN] if one not in tried[:SHOWN])]:
        print(f"  {one}")
    assert [str(one) for one in hidden if abs(one.change) > bound] == []


def test_a_mutation_changes_one_row_and_keeps_the_order_of_arrival(bench: Bench) -> None:
    for kind in KINDS:
        for mutation in bench.tape.draw(kind, 6, SEED):
            before, after = bench.tape.rows, bench.tape.mutated(mutation).rows
            added = {"left out": -1, "doubled": 1}.get(kind, 0)
            for name in before:
                more = added if name == mutation.file else 0
                assert len(after[name]) - len(before[name]) == more
            gone, come = (Counter(rows[mutation.file]) for rows in (before, after))
            assert sum((gone - come).values()) == (kind != "doubled")
            assert sum((come - gone).values()) == (kind != "left out")
            times = [int(line.split(",")[3]) for line in after[mutation.file]]
            assert times == sorted(times)
