"""The files of a sample agree with one another and with the Tardis format, whatever the seed."""

import csv
import gzip
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from mm.api import UsageError
from mm.synthetic import DEFAULT_SECONDS, SampleReport, write_sample

NAMES = ("trades", "quotes", "book")
SECONDS = 30
Row = dict[str, str]


def rows(directory: Path, name: str) -> list[Row]:
    with gzip.open(directory / f"{name}.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def lines(directory: Path, name: str) -> list[str]:
    return gzip.decompress((directory / f"{name}.csv.gz").read_bytes()).decode().splitlines()


@pytest.fixture(scope="module", params=[0, 1, 7, 12345])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sample")
    write_sample(directory, seconds=SECONDS, seed=request.param)
    return directory


def messages(book: list[Row]) -> Iterator[tuple[list[Row], dict[str, dict[float, str]]]]:
    """Each message with the book after it."""
    sides: dict[str, dict[float, str]] = {"bid": {}, "ask": {}}
    for _, group in groupby(book, key=lambda row: row["local_timestamp"]):
        message = list(group)
        for row in message:
            if row["amount"] == "0":
                sides[row["side"]].pop(float(row["price"]), None)
            else:
                sides[row["side"]][float(row["price"])] = row["amount"]
        yield message, sides


def test_replaying_the_book_gives_the_quotes_exactly(sample: Path) -> None:
    derived: list[tuple[str, ...]] = []
    touch: tuple[str, ...] = ()
    for message, sides in messages(rows(sample, "book")):
        bid, ask = max(sides["bid"]), min(sides["ask"])
        now = (sides["ask"][ask], f"{ask:.10g}", f"{bid:.10g}", sides["bid"][bid])
        if now != touch:
            last = message[-1]
            derived.append((last["timestamp"], last["local_timestamp"], *now))
            touch = now
    keys = ("timestamp", "local_timestamp", "ask_amount", "ask_price", "bid_price", "bid_amount")
    assert [tuple(row[key] for key in keys) for row in rows(sample, "quotes")] == derived


def test_the_book_is_never_crossed_or_locked_after_a_message(sample: Path) -> None:
    for _, sides in messages(rows(sample, "book")):
        assert max(sides["bid"]) < min(sides["ask"])


def test_every_deletion_and_no_other_change_names_a_known_level(sample: Path) -> None:
    known: dict[tuple[str, str], str] = {}
    for row in rows(sample, "book"):
        key = (row["side"], row["price"])
        assert known.get(key, "0") != row["amount"]
        known[key] = row["amount"]


def test_each_order_took_from_the_book_what_its_trades_say(sample: Path) -> None:
    taken: dict[tuple[str, str, str], int] = {}
    for trade in rows(sample, "trades"):
        side = "ask" if trade["side"] == "buy" else "bid"
        key = (trade["timestamp"], side, trade["price"])
        taken[key] = taken.get(key, 0) + int(trade["amount"])
    fell: dict[tuple[str, str, str], list[int]] = {}
    known: dict[tuple[str, str], int] = {}
    for row in rows(sample, "book"):
        level, amount = (row["side"], row["price"]), int(row["amount"])
        fell.setdefault((row["timestamp"], *level), []).append(known.get(level, 0) - amount)
        known[level] = amount
    assert taken
    for key, amount in taken.items():
        assert amount in fell[key]


@pytest.mark.parametrize("name", NAMES)
def test_local_time_never_decreases_and_never_precedes_the_exchange(
    sample: Path, name: str
) -> None:
    table = rows(sample, name)
    local = [int(row["local_timestamp"]) for row in table]
    assert local == sorted(local)
    assert all(int(row["timestamp"]) % 1000 == 0 for row in table)
    latency = [int(row["local_timestamp"]) - int(row["timestamp"]) for row in table]
    assert min(latency) >= 6_000


def test_exchange_time_steps_back_only_behind_the_snapshot(sample: Path) -> None:
    sent = [int(row["timestamp"]) for row in rows(sample, "book")]
    steps = [i for i in range(1, len(sent)) if sent[i] < sent[i - 1]]
    snapshot = sum(row["is_snapshot"] == "true" for row in rows(sample, "book"))
    assert steps == [snapshot]


@pytest.mark.parametrize("name", NAMES)
def test_amounts_are_positive_multiples_of_100_and_numbers_are_short(
    sample: Path, name: str
) -> None:
    for row in rows(sample, name):
        for key, text in row.items():
            if key.endswith("amount"):
                assert int(text) % 100 == 0
                assert int(text) > 0 or (name == "book" and row["is_snapshot"] == "false")
            if key.endswith("price"):
                assert text == f"{float(text):.10g}"


def test_the_book_starts_with_one_snapshot_asks_from_the_highest_then_bids(sample: Path) -> None:
    book = rows(sample, "book")
    snapshot = [row for row in book if row["is_snapshot"] == "true"]
    assert book[: len(snapshot)] == snapshot
    assert len({row["local_timestamp"] for row in snapshot}) == 1
    sides = [row["side"] for row in snapshot]
    assert sides == sorted(sides)
    for side in ("ask", "bid"):
        prices = [float(row["price"]) for row in snapshot if row["side"] == side]
        assert prices == sorted(set(prices), reverse=True)
    assert (snapshot[0]["price"], snapshot[-1]["price"]) == ("3201030", "250")


def test_trade_ids_are_unique_and_rise(sample: Path) -> None:
    ids = [row["id"] for row in rows(sample, "trades")]
    assert ids == sorted(set(ids))


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_sample(tmp_path / name, seconds=5, seed=3)
    for name in NAMES:
        file = f"{name}.csv.gz"
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_another_seed_gives_another_market(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_sample(tmp_path / str(seed), seconds=5, seed=seed)
    assert lines(tmp_path / "1", "quotes") != lines(tmp_path / "2", "quotes")


def test_a_longer_sample_starts_with_the_rows_of_a_shorter_one(tmp_path: Path) -> None:
    for seconds in (10, 30):
        write_sample(tmp_path / str(seconds), seconds=seconds, seed=4)
    for name in NAMES:
        short, long = lines(tmp_path / "10", name), lines(tmp_path / "30", name)
        # The last quote may stand for a message that the longer sample adds a row to.
        kept = len(short) - 1
        assert short[:kept] == long[:kept]


def test_the_report_counts_what_was_written(tmp_path: Path) -> None:
    shares: list[float] = []
    report = write_sample(tmp_path / "new", seconds=4, seed=9, progress=shares.append)
    assert isinstance(report, SampleReport)
    assert report.rows == {name: len(rows(tmp_path / "new", name)) for name in NAMES}
    assert report.file_bytes == sum(f.stat().st_size for f in (tmp_path / "new").iterdir())
    assert shares == [0.25, 0.5, 0.75, 1.0]


def test_a_sample_without_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"sample length is 0 s; expected 1 s or more"):
        write_sample(tmp_path, seconds=0)


def test_the_shipped_sample_is_what_the_defaults_write(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "example" / "data_sample"
    report = write_sample(tmp_path, seconds=DEFAULT_SECONDS)
    assert report.file_bytes <= 6_000_000
    for name in NAMES:
        assert lines(tmp_path, name) == lines(shipped, name)
