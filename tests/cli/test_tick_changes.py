"""A tick size that changes within the data, in a run: found or said, told, and held to."""

import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest

from mm.cli import main

START = 1_722_470_400_000_000  # 2024-08-01 00:00 UTC
CHANGE_ROW = 2000
CHANGE = "2024-08-01T00:03:20"
RUN = """\
[strategy]
kind = "Scripted"
preprocessing = "Scripted"
symbol = "XBTUSD"
[strategy.scripted]
path = "{folder}/orders.csv"
[data]
tardis_root = "{folder}"
quotes_csv = "quotes.csv"
[output]
csv_path = "{folder}/runs"
exchange = "bitmex"
"""


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    """Ten minutes of quotes on half ticks, then on tenths; two orders at a tenth, one in each."""
    draw = random.Random(5)
    middle = 646_000
    lines = ["exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount"]
    for row in range(6000):
        tick = 5 if row < CHANGE_ROW else 1
        middle += draw.randint(-20, 20)
        bid = middle // tick * tick
        ts = START + 100_000 * row
        lines.append(f"bitmex,XBTUSD,{ts},{ts},100,{(bid + tick) / 10},{bid / 10},100")
    (tmp_path / "quotes.csv").write_text("\n".join(lines) + "\n")
    early, late = START + 10_000_000, START + 400_000_000
    orders = [
        "ts_decided,side,price,size,type,tif,client_id,action",
        f"{early},buy,60000.1,100,limit,GTC,1,new",
        f"{early},buy,60000.5,100,limit,GTC,2,new",
        f"{late},buy,60000.1,100,limit,GTC,3,new",
    ]
    (tmp_path / "orders.csv").write_text("\n".join(orders) + "\n")
    (tmp_path / "run.toml").write_text(RUN.format(folder=tmp_path))
    return tmp_path / "run.toml"


def backtest(
    run_file: Path, capsys: pytest.CaptureFixture[str], *sets: str
) -> tuple[dict[str, Any], list[str]]:
    """Run; return the summary and what became of each order first."""
    settings = [part for one in sets for part in ("--set", one)]
    assert main(["backtest", "--config", str(run_file), "--json", "--quiet", *settings]) == 0
    summary = json.loads(capsys.readouterr().out)
    with (Path(summary["run_dir"]) / "order_events.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return summary, [f"{row['client_id']} {row['event']} {row['reason']}".strip() for row in rows]


HELD_TO = ["1 rejected off_tick", "2 accepted", "3 accepted"]


def test_a_change_that_the_data_show_is_told_and_held_to(
    run_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary, events = backtest(run_file, capsys)
    assert events == HELD_TO
    assert summary["tick_size"] == "0.1"
    (note,) = [note for note in summary["notes"] if "tick size is" in note]
    assert f"the tick size is 0.5 until {CHANGE.replace('T', ' ')}" in note
    assert " UTC, then 0.1, first seen in " in note
    (entry,) = [e for e in summary["health"] if e["kind"] == "tick_size_changes"]
    assert (entry["rows"], entry["sick"]) == (1, False)
    assert entry["first"].startswith(f"{run_file.parent / 'quotes.csv'}:{CHANGE_ROW + 2}"[:-1])


def test_a_change_can_be_said_and_then_only_that_counts(
    run_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said to be at once or never, it is so whatever the prices look like."""
    said = f'instrument.tick_changes=["{CHANGE}Z 0.1"]'
    assert backtest(run_file, capsys, "instrument.tick_size=0.5", said)[1] == HELD_TO
    late = 'instrument.tick_changes=["2024-08-01T02:08:00+02:00 0.1"]'
    _, events = backtest(run_file, capsys, "instrument.tick_size=0.5", late)
    assert events == ["1 rejected off_tick", "2 accepted", "3 rejected off_tick"]
    _, events = backtest(run_file, capsys, "instrument.tick_size=0.1")
    assert events == ["1 accepted", "2 accepted", "3 accepted"]


def test_inspection_shows_the_grid_by_part_of_the_file(
    run_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(run_file.parent / "quotes.csv")
    main(["data", "inspect", path])
    assert f"tick 0.5 until {CHANGE.replace('T', ' ')}" in capsys.readouterr().out
    main(["data", "inspect", "--json", path])
    assert "then 0.1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tick", "changes", "message"),
    [
        ('""', '"2024-08-01T00:00:00Z 0.1"', "tick_changes needs tick_size"),
        ("0.5", '"2024-08-01T00:00:00 0.1"', "expected a time with its zone and a tick size"),
        ("0.5", '"2024-08-01T00:00:00Z 0"', "expected a time with its zone and a tick size"),
        ("0.5", '"2024-08-01T00:00:00Z nan"', "expected a time with its zone and a tick size"),
        ("0.5", '"0.1"', "tick_changes[0] is '0.1', expected a time"),
        (
            "0.5",
            '"2024-08-02T00:00:00Z 0.1", "2024-08-01T00:00:00Z 1"',
            "tick_changes[1] is of 2024-08-01T00:00:00Z, expected a time after",
        ),
    ],
)
def test_changes_that_cannot_be_are_refused_with_the_reason(
    run_file: Path, capsys: pytest.CaptureFixture[str], tick: str, changes: str, message: str
) -> None:
    with run_file.open("a") as file:
        file.write(f"[instrument]\ntick_size = {tick}\ntick_changes = [{changes}]\n")
    assert main(["config", "check", str(run_file)]) == 3
    assert message in "".join(capsys.readouterr())
