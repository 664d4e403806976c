"""Random files: what the survey accepts, the reader accepts too; else a DataError says why.

Files of all kinds are made and broken by a seed. Each is read alone or with others, as a run does:
surveyed, then replayed on the grid that the survey found, or one that is given. The events must be
those that the survey counted. A slice of them is tried by default; all, for some minutes, by

    MM_FUZZ_FILES=60000 pytest tests/plugins/test_tardis_fuzz.py -s

MM_FUZZ_SEED begins elsewhere. What fails is named by its seed, and written anew by ``make(seed)``.
"""

import gzip
import os
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import trio
from tests.plugins.tardis_directory import HEADS, Collector

from mm.api import CLEAR, TRADE, DataError, Instrument
from mm.api.parts import Survey
from mm_tardis import TardisConfig, build
from mm_tardis import tally as ta
from mm_tardis.inspect import inspect_files, inspection_text
from mm_tardis.layout import KIND_NAMES
from mm_tardis.table import BOOK

COUNT: Final = int(os.environ.get("MM_FUZZ_FILES", "800"))
SEED: Final = int(os.environ.get("MM_FUZZ_SEED", "1"))
PARTS: Final = 10

Random = np.random.Generator
Steps = tuple[Decimal | None, Decimal | None]
T0: Final = 1_722_470_400_000_000
DEPTH: Final = ",".join(
    ["exchange,symbol,timestamp,local_timestamp"]
    + [f"{side}[{n}].{what}" for n in range(3) for side in ("asks", "bids")
       for what in ("price", "amount")]
)  # fmt: skip
JUNK: Final = (
    "", "0", "-1", "-", ".", "1.", ".5", "+1", "abc", "NaN", "inf", "1e", "1e-8", "1E+5", "1e18",
    "1e300", "1e-300", "0.1000000000000000055511", "64600.100000000006", "2.5e-17", "1e-17",
    "123456789012345678", "999999999999999999", "1234567890123456789", "9223372036854775807",
    "0.000000000000000001", "1722470400000000", "9999999999999999", "1722470400000", "true",
    "false", "buy", "bid", "ask", "unknown", "XBTUSD", "ETHUSD", "bitmex", "\x00", "é", '"1"', " 1",
    "1 ", "1,1",
)  # fmt: skip
ODD: Final = (0.0, 0.02, 0.3)
"""How often a row of a file is odd; most files have none."""


def number(rng: Random, style: int, price: bool) -> str:
    """A number as somebody might write it; ``style`` is the file's."""
    if style == 5:
        return str(rng.choice(JUNK[1:]))
    base = int(rng.integers(646_000, 646_040)) if price else int(rng.integers(0, 50)) * 100
    if style == 0:
        return str(base / 10) if price else str(base)
    if style == 1:
        return f"{base / 10:.4f}" if price else f"{base}.000"
    if style == 2:
        return repr(0.1 * base + 0.2) if price else repr(base * 0.3)
    if style == 3:
        return f"{base}e-{int(rng.integers(0, 19))}"
    digits = int(rng.integers(1, 20))
    return "".join(str(d) for d in rng.integers(1, 10, digits)) + "0" * int(rng.integers(0, 4))


def level(rng: Random, style: int, odd: float) -> tuple[str, str]:
    """Price and size; odd ones are written otherwise, or not there."""
    if rng.random() < odd:
        return ("", "") if rng.random() < 0.3 else level(rng, int(rng.integers(0, 6)), 0)
    return number(rng, style, True), number(rng, style, False)


def fields(rng: Random, kind: str, style: int, odd: float) -> list[str]:
    """What stands behind the four common fields of a row."""
    price, size = level(rng, style, odd)
    if kind == "trades":
        name = "" if rng.random() < 0.2 else f"t{int(rng.integers(0, 30))}"
        return [name, str(rng.choice(["buy", "sell", "unknown"], p=[0.5, 0.45, 0.05])), price, size]
    if kind == "book":
        flag = "true" if rng.random() < 0.5 else "false"
        return [flag, str(rng.choice(["bid", "ask"])), price, size]
    if kind == "quotes":
        ask, ask_size = level(rng, style, odd)
        return [ask_size, ask, price, size]
    if kind == "depth":
        return [field for _ in range(6) for field in level(rng, style, odd)]
    rate = str(rng.choice(["0.0001", "-5.0E-5", "", "0", "1e-20"]))
    if rng.random() < odd:
        rate = str(rng.choice(JUNK))
    return [str(rng.choice(["1722484800000000", ""])), rate, "", "", "", "", price]


def lines(rng: Random, kind: str) -> list[str]:
    """A header and rows; most are good."""
    style = int(rng.choice([0, 1, 2, 3, 4, 5], p=[0.7, 0.1, 0.1, 0.05, 0.03, 0.02]))
    odd = float(rng.choice(ODD, p=[0.7, 0.2, 0.1]))
    local, always = T0, rng.random()
    made = [DEPTH if kind == "depth" else HEADS[kind]]
    for _ in range(int(rng.integers(0, 40))):
        pauses = [0, 1, 1000, 100_000, 1_000_001, 20_000_000]
        local += int(rng.choice(pauses, p=[0.3, 0.1, 0.3, 0.2, 0.08, 0.02]))
        late = int(rng.choice([5000, 0, -300], p=[0.9, 0.05, 0.05]))
        if rng.random() < odd / 10:
            late = int(rng.choice([10**9, -(10**9)]))
        exchange = "" if rng.random() < 0.02 else str(local - late)
        rest = fields(rng, kind, style, odd)
        if kind == "book" and always < 0.3:
            rest[0] = "true"
        symbol = "ETHUSD" if always > 0.9 and rng.random() < 0.4 else "XBTUSD"
        made.append(",".join(["bitmex", symbol, exchange, str(local), *rest]))
    return made


def break_line(rng: Random, rows: list[str]) -> None:
    """Change one line."""
    at = int(rng.integers(0, len(rows)))
    columns = rows[at].split(",")
    which = int(rng.integers(0, 8))
    if which == 0:
        columns[int(rng.integers(0, len(columns)))] = str(rng.choice(JUNK))
        rows[at] = ",".join(columns)
    elif which == 1:
        del rows[at]
    elif which == 2:
        rows.insert(at, rows[int(rng.integers(0, len(rows)))])
    elif which == 3:
        other = int(rng.integers(0, len(rows)))
        rows[at], rows[other] = rows[other], rows[at]
    elif which == 4:
        rows[at] = rows[at][: int(rng.integers(0, len(rows[at]) + 1))]
    elif which == 5:
        rows.insert(at, "")
    elif which == 6:
        rng.shuffle(columns)
        rows[at] = ",".join(columns)
    else:
        rows[at] += str(rng.choice([",", " ", "\r", ",1"]))
    if not rows:
        rows.append("")


def break_bytes(rng: Random, data: bytes) -> bytes:
    """Change some bytes."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(0, len(changed) + 1))
        which = int(rng.integers(0, 3))
        if which == 0:
            changed[at : at + 1] = bytes([int(rng.integers(0, 256))])
        elif which == 1:
            del changed[at : at + int(rng.integers(1, 4))]
        else:
            changed[at:at] = bytes(rng.choice(list(b"0159.,-eE\n\r "), 1).astype(np.uint8))
    return bytes(changed)


def contents(rng: Random, kind: str) -> bytes:
    """A whole file: good as it was made, or broken here and there."""
    rows = lines(rng, kind)
    for _ in range(int(rng.choice([0, 1, 3], p=[0.65, 0.3, 0.05]))):
        break_line(rng, rows)
    end = "\r\n" if rng.random() < 0.05 else "\n"
    data = "".join(row + end for row in rows).encode()
    if rng.random() < 0.05:
        data = data.rstrip()
    if rng.random() < 0.2:
        data = break_bytes(rng, data)
    if rng.random() < 0.1:
        data = gzip.compress(data, 1)
        if rng.random() < 0.2:
            data = break_bytes(rng, data)
    return data


def make(seed: int) -> tuple[dict[str, bytes], dict[str, Any], Steps]:
    """The files by name, the configuration, and the steps that are given, of one trial."""
    rng = np.random.default_rng(seed)
    touch = str(rng.choice(["quotes", "book", "depth"]))
    kinds = (
        [touch] + ["trades"] * (rng.random() < 0.3) + ["derivative_ticker"] * (rng.random() < 0.2)
    )
    files = {f"{kind}.csv": contents(rng, kind) for kind in kinds}
    config: dict[str, Any] = {
        f"{'book' if kind == 'depth' else kind}_csv": f"{kind}.csv" for kind in kinds
    }
    if rng.random() < 0.3:
        config["block_bytes"] = int(rng.integers(64, 400))
    config["keep_repeated_trades"] = bool(rng.random() < 0.1)
    config["strict"] = bool(rng.random() < 0.05)
    given = rng.random() < 0.2
    tick = Decimal(str(rng.choice(["0.1", "0.5", "1", "0.00000001"]))) if given else None
    lot = Decimal(str(rng.choice(["100", "1", "0.001"]))) if given and rng.random() < 0.5 else None
    return files, config, (tick, lot)


async def survey_and_read(config: TardisConfig, steps: Steps) -> bool:
    """Say whether the survey accepts the files; if so, the reader must."""
    connector: Any = build(config, "XBTUSD")
    tick, lot = steps
    connector.take_grid(tick, lot)
    try:
        survey: Survey = await connector.survey()
    except DataError:
        return False
    found_tick, found_lot = survey.grid[0]
    tick = tick or (Decimal(found_tick) if found_tick else None)
    lot = lot or (Decimal(found_lot) if found_lot else None)
    if tick is None or lot is None:
        return False  # the host asks for them
    out = Collector()
    await connector.run((Instrument(symbol="XBTUSD", tick_size=tick, lot_size=lot),), out)
    check(connector._found, out, survey)
    return True


def check(found: Any, out: Collector, survey: Survey) -> None:
    """The events are those that were counted, in order."""
    parts = [batch.events for batch in out.batches]
    events = np.concatenate(parts) if parts else np.empty(0, [("kind", "i1"), ("row", "i8")])
    whole = any(f.kind == BOOK and (f.depth or not f.count(ta.CHANGES)) for f in found)
    if not whole:
        assert len(events[events["kind"] != CLEAR]) == survey.total_rows
        clears = sum(f.count(ta.SNAPSHOTS) + f.count(ta.AGAIN) for f in found)
        assert (events["kind"] == CLEAR).sum() == clears
    for batch in out.batches:
        assert (np.diff(batch.events["ts_local"]) >= 0).all()
        assert (batch.events["ts_exchange"] <= batch.events["ts_local"]).all()
    assert all(f.name in KIND_NAMES for f in found)
    assert (events["row"][events["kind"] == TRADE] > 0).all()


def try_one(directory: Path, seed: int) -> bool:
    """One trial; what goes wrong names its seed."""
    files, config, steps = make(seed)
    for name, data in files.items():
        (directory / name).write_bytes(data)
    try:
        options = TardisConfig(tardis_root=str(directory), **config)
        accepted = trio.run(survey_and_read, options, steps)
        for one in inspect_files([directory / name for name in files]):
            assert inspection_text(one)
    except BaseException as error:
        error.add_note(f"seed {seed}")
        raise
    return accepted


@pytest.mark.parametrize("part", range(PARTS))
def test_what_the_survey_accepts_the_reader_accepts_and_all_else_is_a_data_error(
    tmp_path: Path, part: int
) -> None:
    count = COUNT // PARTS
    first = SEED * 1_000_000 + part * count
    accepted = sum(try_one(tmp_path, seed) for seed in range(first, first + count))
    print(f"{accepted} of {count} accepted")
    assert count // 10 < accepted < count


def test_a_row_that_is_cut_off_behind_a_long_number_is_a_data_error(tmp_path: Path) -> None:
    """One file of 50 000 ended in an IndexError: its row had a field too few."""
    try_one(tmp_path, 1_012_814)
