"""``mm explain``: the story of a fill, worked out by hand on a market of three seconds."""

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pytest

from mm.api import BUY, Account, OrderPad, RowStrategy
from mm.cli import main
from mm.explain.rundir import _plain
from mm.scripting import backtest

T0 = 1_700_000_000_000_000  # 2023-11-14 22:13:20 UTC

RUN_FILE = """
[strategy]
kind = "Scripted"
preprocessing = "Scripted"
symbol = "TEST"
[strategy.scripted]
path = "{folder}/orders.csv"
[data]
tardis_root = "{folder}"
trades_csv = "{trades}"
quotes_csv = "{quotes}"
book_csv = "{book}"
[execution]
latency_ms = 10
response_latency_ms = 5
fill_model = "{model}"
[output]
csv_path = "{folder}/runs"
exchange = "test"
[position]
maker_fee = -0.0001
taker_fee = 0.0005
"""
ORDERS = "ts_decided,side,price,size,type,tif,client_id,action\n"
QUOTES = "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"
TRADES = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
BOOK = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"


def stamp(ms: int) -> str:
    """Exchange and local time of something made ``ms`` after the start, received 2 ms later."""
    return f"test,TEST,{T0 + ms * 1000},{T0 + ms * 1000 + 2000}"


@attrs.frozen
class Bench:
    """A folder with a market, and ``mm`` in this process."""

    folder: Path
    capture: Callable[[], tuple[str, str]]

    def write(self, name: str, header: str, rows: list[str]) -> None:
        (self.folder / name).write_text(header + "".join(f"{row}\n" for row in rows))

    def run(
        self, orders: list[str], *, model: str = "queue", quotes: str = "quotes.csv",
        book: str = "book.csv", trades: str = "trades.csv", seed: int = 0,
    ) -> Path:  # fmt: skip
        """Run the orders; return the run directory."""
        self.write("orders.csv", ORDERS, orders)
        options = {"model": model, "quotes": quotes, "book": book, "trades": trades}
        (self.folder / "run.toml").write_text(RUN_FILE.format(folder=self.folder, **options))
        run_file = str(self.folder / "run.toml")
        assert main(["backtest", "--config", run_file, "--quiet", "--seed", str(seed)]) == 0
        self.capture()
        return max((self.folder / "runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)

    def explain(self, *arguments: object) -> tuple[int, str, str]:
        """Return exit code, output and errors."""
        return (main(["explain", *map(str, arguments)]), *self.capture())

    def lines(self, *arguments: object) -> list[str]:
        code, out, _ = self.explain(*arguments)
        assert code == 0
        return out.splitlines()


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    def capture() -> tuple[str, str]:
        captured = capsys.readouterr()
        return captured.out, captured.err

    bench = Bench(tmp_path, capture)
    # 8 are bid at 100; 3 more join and 2 leave; then a seller takes 5, and 7, and goes through.
    bench.write("book.csv", BOOK, [
        f"{stamp(0)},true,bid,100,8", f"{stamp(0)},true,bid,98,9", f"{stamp(0)},true,ask,101,4",
        f"{stamp(300)},false,bid,100,11", f"{stamp(400)},false,bid,100,9",
        f"{stamp(501)},false,bid,100,4", f"{stamp(2000)},false,ask,101,6",
        f"{stamp(40000)},false,ask,101,4",
    ])  # fmt: skip
    bench.write("quotes.csv", QUOTES, [
        f"{stamp(0)},4,101,100,8", f"{stamp(501)},4,101,100,4", f"{stamp(1400)},4,102,101,4",
        f"{stamp(5000)},4,100,99,4", f"{stamp(40000)},4,100,99,4",
    ])  # fmt: skip
    bench.write("trades.csv", TRADES, [
        f"{stamp(100)},,buy,101,1", f"{stamp(500)},,sell,100,5", f"{stamp(700)},,buy,101,1",
        f"{stamp(800)},,sell,100,7", f"{stamp(900)},,sell,99,3", f"{stamp(40000)},,buy,101,1",
    ])  # fmt: skip
    return bench


RESTING = f"{T0 + 200_000},buy,100,5,post_only,GTC,7,new"


def test_the_story_of_a_queue_worked_out_by_hand(bench: Bench) -> None:
    """8 stand ahead. The cancel of 2 behind 3 newcomers does not help; a print takes 5, so 3 are
    left, and the next print of 7 leaves 4 for us: at 0.8 s, print 4. The row of the book that
    shows the first print's 5 comes 1 ms later and is not a cancel.
    """
    directory = bench.run([RESTING])
    assert bench.lines(directory, 1) == [
        "Fill 1 of 2: bought 4 TEST at 100 as maker (order 1, its fill 1 of 2, client id 7)",
        "",
        "decided   2023-11-14 22:13:20.200000 UTC",
        "          it saw 100 | 101 with position 0",
        "          it wanted bid at 100",
        "arrived   2023-11-14 22:13:20.210000, 10.000 ms later",
        "          accepted: to buy 5 at 100 (post-only limit order, GTC)",
        "          latency 10 ms there and 5 ms back; it took effect 90.000 ms on,"
        " with the venue's next message",
        "queue     8 stood ahead at 100 on arrival",
        "waited    0.590000 s from there to the fill",
        "          2 prints of 12 in all at 100 took from our side",
        "level     changed 3 times in the book: 7 taken off, 3 added, 4 shown just before the fill",
        "          of the 7, prints took 5, cancels 2",
        "filled    2023-11-14 22:13:20.800000, known to us 5.000 ms later",
        "          queue reached: print 4 (sell 7 at 100) used up the 3 still ahead and reached us",
        "left      1 of the order stayed open",
        "fee       0.04 earned as maker's rebate [quote currency]",
        "spread    mid 100.5 at the fill: 0.5 (0.5 ticks, 50.00 bp) better than the mid",
        "after      1 s  mid 101.5, 1.0 (1.0 ticks, 100.00 bp) for us; the fill is worth"
        " +1.5 ticks",
        "           5 s  mid 99.5, 1.0 (1.0 ticks, 100.00 bp) against us; the fill is worth"
        " -0.5 ticks",
        "          30 s  mid 99.5, 1.0 (1.0 ticks, 100.00 bp) against us; the fill is worth"
        " -0.5 ticks",
        "data      trades, quotes, book: the same files as in the run (sha256)",
    ]


def test_without_a_book_the_touch_of_the_quotes_is_followed(bench: Bench) -> None:
    directory = bench.run([RESTING], book="")
    lines = bench.lines(directory, 1)
    assert (
        "level     changed 1 time in the quotes: 4 taken off, 0 added, 4 shown just before the"
        in ("\n".join(lines))
    )
    assert lines[-1] == "data      trades, quotes: the same files as in the run (sha256)"


def test_without_quotes_what_came_after_is_left_out(bench: Bench) -> None:
    lines = bench.lines(bench.run([RESTING], quotes=""), 1)
    assert not any(line.startswith("after") for line in lines)
    assert lines[-1] == "data      trades, book: the same files as in the run (sha256)"


def test_a_print_beyond_our_price_is_said_to_have_passed_it(bench: Bench) -> None:
    text = bench.explain(bench.run([RESTING]), 2)[1]
    assert "1 print of 3 in all below it passed our price" in text
    assert "traded through: print 5 (sell 3 at 99) went past our price" in text
    assert "left      nothing: the order was done" in text


def test_an_order_that_took_never_queued(bench: Bench) -> None:
    order = f"{T0 + 200_000},buy,,2,market,IOC,7,new"
    text = bench.explain(bench.run([order]), 1)[1]
    assert "Fill 1 of 1: bought 2 TEST at 101 as taker" in text
    assert "queue     it crossed the spread, so it never queued" in text
    assert "taker: on arrival it took what was displayed at 101" in text
    assert "fee       0.101 paid as taker [quote currency]" in text
    assert "0.5 (0.5 ticks, 49.50 bp) worse than the mid" in text
    assert "waited" not in text


def test_an_order_that_was_moved_is_told_from_its_last_move(bench: Bench) -> None:
    first = f"{T0 + 100_000},buy,98,5,limit,GTC,7,new"
    directory = bench.run([first, f"{T0 + 200_000},,100,5,limit,,7,replace"])
    text = bench.explain(directory, 1)[1]
    assert "decided   2023-11-14 22:13:20.200000 UTC" in text
    assert "moved: to buy 5 at 100" in text
    assert "queue     8 stood ahead at 100 on arrival" in text


def test_a_models_draw_is_shown_with_its_threshold(bench: Bench) -> None:
    """The second print finds 3 ahead of a level of 4; this seed's draw is below 1 - 3/4."""
    directory = bench.run([RESTING], model="probabilistic", seed=4)
    text = bench.explain(directory, 1)[1]
    assert "model draw: print 4 (sell 7 at 100) reached us past the 3 still ahead" in text
    assert (
        "the model 'probabilistic' drew 0.1991, below its threshold 1 - ahead/level = 0.2500"
        in text
    )


def test_a_file_that_has_changed_since_is_not_looked_at(bench: Bench) -> None:
    directory = bench.run([RESTING])
    with (bench.folder / "trades.csv").open("a") as file:
        file.write(f"{stamp(50000)},,buy,101,1\n")
    lines = bench.lines(directory, 1)
    assert lines[-2:] == [
        "data      quotes, book: the same files as in the run (sha256)",
        f"          {bench.folder}/trades.csv: has changed since the run, so the trades can't be"
        f" looked at",
    ]
    assert not any("took from our side" in line for line in lines)


def test_files_that_are_gone_leave_what_the_run_itself_wrote_down(bench: Bench) -> None:
    directory = bench.run([RESTING])
    for name in ("trades.csv", "quotes.csv", "book.csv"):
        (bench.folder / name).unlink()
    lines = bench.lines(directory, 1)
    assert "          queue reached: print 4 used up the 3 still ahead and reached us" in lines
    assert len([line for line in lines if "No such file or directory" in line]) == 3


def test_json_holds_the_same_facts(bench: Bench) -> None:
    code, out, _ = bench.explain(bench.run([RESTING]), 1, "--json")
    story = json.loads(out)
    assert code == 0
    assert story["found"]["trade"]["rule"] == "queue_reached"
    assert story["found"]["entry"]["event"] == "accepted"
    assert story["prints"]["size_at_price"] == "12"
    assert story["prints"]["trigger"]["amount"] == "7"
    assert story["level"]["removed"] == "7"
    assert story["mids"]["later"] == {"1": "101.5", "5": "99.5", "30": "99.5"}
    assert story["waited_us"] == 590_000


def test_a_fill_can_be_named_by_its_order(bench: Bench) -> None:
    directory = bench.run([RESTING])
    assert bench.explain(directory, "order:1") == bench.explain(directory, 1)


@pytest.mark.parametrize(
    ("fill", "fault"),
    [
        ("3", "has no fill '3', expected 1 to 2, or order:ID for the first fill of an order"),
        ("0", "has no fill '0', expected 1 to 2, or order:ID for the first fill of an order"),
        ("x", "has no fill 'x', expected 1 to 2, or order:ID for the first fill of an order"),
        ("order:9", "has no fill of order '9'; name an order_id from it"),
    ],
)
def test_an_unknown_fill_is_a_fault_of_usage(bench: Bench, fill: str, fault: str) -> None:
    directory = bench.run([RESTING])
    assert bench.explain(directory, fill) == (2, "", f"mm: {directory}/trades.csv: {fault}\n")


def test_a_run_without_fills_has_nothing_to_explain(bench: Bench) -> None:
    directory = bench.run([])
    expected = f"mm: {directory}/trades.csv: has no fill to explain; the run ended without any\n"
    assert bench.explain(directory, 1) == (2, "", expected)


def test_a_folder_that_is_no_run_is_a_fault_of_usage(bench: Bench) -> None:
    expected = (
        f"mm: {bench.folder}/runs/manifest.json: cannot be read: No such file or directory; name"
        f" the directory of a run that has ended\n"
    )
    assert bench.explain(bench.folder / "runs", 1) == (2, "", expected)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"ts,price\n1,2\n"], ids=["0", "no text", "other"]
)
@pytest.mark.parametrize(
    "name", ["config.toml", "order_events.csv", "orders.csv", "quotes.csv", "trades.csv"]
)
def test_a_run_that_is_not_as_it_was_left_is_not_explained(
    bench: Bench, name: str, data: bytes
) -> None:
    directory = bench.run([RESTING])
    (directory / name).write_bytes(data)
    assert bench.explain(directory, 1) == (
        2,
        "",
        f"mm: {directory}/{name}: is not what the run wrote (its sha256 is not the manifest's); run"
        " the backtest again\n",
    )


@pytest.mark.parametrize(
    ("name", "now", "before"),
    [
        ("trades.csv", "ts_known,", "ts_received,"),
        ("quotes.csv", "ts_decided,", "ts,"),
        ("orders.csv", "ts_decided,", "ts,"),
        ("order_events.csv", "ts_known,ts_venue,", "ts_venue,ts_known,"),
    ],
)
def test_a_run_of_another_version_is_refused_in_a_sentence(
    bench: Bench, name: str, now: str, before: str
) -> None:
    directory = bench.run([RESTING])
    path = directory / name
    manifest = json.loads((directory / "manifest.json").read_text())
    path.write_text(path.read_text().replace(now, before, 1))
    manifest["outputs"][name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (directory / "manifest.json").write_text(json.dumps(manifest))
    assert bench.explain(directory, 1) == (
        4,
        "",
        f"mm: {path}: its columns are not those that this version writes; run it again, or open it"
        " with the version that the run's manifest.json names\n",
    )


def test_sizes_are_told_without_an_exponent_and_without_zeros() -> None:
    texts = ("100.0", "1e-8", "0.125", "64600.5", "-3.0", "10000000000000000100.0", "")
    assert [_plain(text) for text in texts] == [
        "100", "0.00000001", "0.125", "64600.5", "-3", "10000000000000000100", "",
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that nobody can read")
def test_a_table_that_cannot_be_read_is_a_fault_of_usage(bench: Bench) -> None:
    directory = bench.run([RESTING])
    (directory / "orders.csv").unlink()
    (directory / "orders.csv").symlink_to("/proc/self/mem")
    code, out, err = bench.explain(directory, 1)
    assert (code, out) == (2, "")
    assert err.startswith(f"mm: {directory}/orders.csv: cannot be read: Input/output error; name")


def test_a_damaged_manifest_is_said_to_be_damaged(bench: Bench) -> None:
    directory = bench.run([RESTING])
    (directory / "manifest.json").write_bytes(b"\xff\xfe")
    code, out, err = bench.explain(directory, 1)
    assert (code, out) == (2, "")
    assert err.startswith(f"mm: {directory}/manifest.json: is damaged: ")


def test_prints_are_found_in_several_files_of_trades(bench: Bench) -> None:
    """Rows are counted in each file, and the story is the same but for the print's row."""
    code, one, _ = bench.explain(bench.run([RESTING]), 1, "--json")
    rows = (bench.folder / "trades.csv").read_text().splitlines()[1:]
    (bench.folder / "trades.csv").unlink()
    bench.write("trades_1.csv", TRADES, rows[:1])
    bench.write("trades_2.csv", TRADES, rows[1:5])
    bench.write("trades_3.csv", TRADES, rows[5:])
    directory = bench.run([RESTING], trades="trades_?.csv")
    again, several, _ = bench.explain(directory, 1, "--json")
    assert (code, again) == (0, 0)
    first, second = json.loads(one), json.loads(several)
    row = int(first["found"]["trade"].pop("print_row"))
    assert int(second["found"]["trade"].pop("print_row")) == row - 1
    assert second["prints"] == first["prints"]
    assert second["level"] == first["level"]


TWO_MARKETS = """
[strategy]
kind = "TwoLots"
[account]
currency = "USD"
[data]
tardis_root = "{folder}"
trades_csv = "trades.csv"
quotes_csv = "quotes.csv"
[execution]
latency_ms = 10
response_latency_ms = 5
[output]
csv_path = "{folder}/runs"
[[market]]
symbol = "TEST"
data.book_csv = "book.csv"
[[market]]
symbol = "OTHER"
exchange = "elsewhere"
data.trades_csv = "other_trades.csv"
data.quotes_csv = "other_quotes.csv"
execution.latency_ms = 40
execution.queue.fills_when_crossed = true
"""


class TwoLots(RowStrategy):
    """Joins the best bid of each market with five lots, once."""

    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        working = account.working["instrument"] == row["instrument"]
        if not working.any() and account.position[int(row["instrument"])] == 0:
            orders.limit(BUY, int(row["bid"]), 5, post_only=True)


def test_a_fill_is_explained_by_the_market_that_it_was_on(bench: Bench) -> None:
    """The other market's file has rows of both: prints of TEST must not count as its own."""
    other = [stamp(ms).replace("TEST", "OTHER") for ms in (0, 300, 600, 40000)]
    bench.write("other_quotes.csv", QUOTES, [f"{one},4,201,200,3" for one in other])
    bench.write("other_trades.csv", TRADES, [
        f"{stamp(450)},,sell,200,50", f"{stamp(550)},,sell,200,60", f"{other[2]},,sell,200,2",
        f"{other[2]},,sell,200,9", f"{other[3]},,buy,201,1",
    ])  # fmt: skip
    path = bench.folder / "two.toml"
    path.write_text(TWO_MARKETS.format(folder=bench.folder))
    run = backtest(path, strategy=TwoLots, progress=False)
    bench.capture()
    trades = run.trades
    assert trades["symbol"].tolist().count("OTHER") == 1
    number = trades["symbol"].tolist().index("OTHER") + 1
    lines = "\n".join(bench.lines(run.path, number))
    assert "OTHER at 200 as maker" in lines
    assert "print 4 (sell 9 at 200) used up the 1 still ahead and reached us" in lines
    assert "40.000 ms later" in lines
    assert "2 prints of 11 in all at 200 took from our side" in lines
    assert "data      trades, quotes: the same files as in the run (sha256)" in lines
    first = "\n".join(bench.lines(run.path, trades["symbol"].tolist().index("TEST") + 1))
    assert "TEST at 100 as maker" in first
    assert "10.000 ms later" in first
    assert "data      trades, quotes, book: the same files as in the run (sha256)" in first
