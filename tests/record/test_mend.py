"""A recording that was cut off anywhere is cut to a moment at which all its files are whole."""

import gzip
import itertools
import random
import shutil
from pathlib import Path

import pytest
from tests.record.killed import batches
from tests.record.streams import XBTUSD, start

from mm.api import DataError
from mm.record.mend import Mended, mend
from mm.record.text import HEADERS, NAMES, csv_lines

LAST = 1024  # bytes of a file that are cut off one by one


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording over a midnight, whose process was killed: nothing is closed."""
    folder = tmp_path_factory.mktemp("whole")
    recorder = start(folder)
    for batch in itertools.islice(batches(), 158):
        recorder.write(batch)
    return folder


def truth(until: int) -> list[str]:
    """What the files of all days hold of each kind, up to ``until``."""
    lines: list[list[str]] = [[], [], [], []]
    for batch in itertools.islice(batches(), 158):
        if batch.watermark <= until:
            for kind, some in enumerate(csv_lines(batch.events, XBTUSD, "bitmex")):
                lines[kind] += some
    return ["".join(some) for some in lines]


def held(folder: Path) -> list[str]:
    found = []
    for kind, name in enumerate(NAMES):
        texts = [
            gzip.decompress(path.read_bytes()).decode()
            for path in sorted(folder.glob(f"{name}_*.csv.gz"))
        ]
        assert all(text.startswith(HEADERS[kind]) for text in texts)
        found.append("".join(text.removeprefix(HEADERS[kind]) for text in texts))
    return found


def damaged(whole: Path, folder: Path, name: str, size: int) -> Mended:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder)
    path = folder / name
    with path.open("r+b") as file:
        file.truncate(size)
    return mend(folder)


def test_what_was_not_committed_is_cut_off(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    (day,) = folder.glob("trades_*-02.csv.gz")
    with day.open("ab") as file:
        file.write(b"\x1f\x8b half of a member")
    found = mend(folder)
    assert found.bytes_cut == len(b"\x1f\x8b half of a member")
    assert found.damaged == ()
    assert held(folder) == truth(found.until)
    assert mend(folder) == Mended(until=found.until, empty=False, bytes_cut=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_ends_early_at_any_byte_takes_the_others_along(
    whole: Path, tmp_path: Path, name: str
) -> None:
    """Every offset of the last kilobyte leaves the beginning of the truth, to one moment."""
    (path,) = whole.glob(f"{name}_*-02.csv.gz")
    size = path.stat().st_size
    found, known = set(), {}
    offsets = range(max(size - LAST, 0), size)
    for offset in random.Random(3).sample(offsets, min(len(offsets), 150)):
        mended = damaged(whole, tmp_path / "copy", path.name, offset)
        assert mended.damaged == (path.name,)
        if mended.until not in known:
            known[mended.until] = truth(mended.until)
        assert held(tmp_path / "copy") == known[mended.until]
        assert mend(tmp_path / "copy").until == mended.until
        found.add(mended.until)
    assert len(found) > 3, "the cuts must fall into several members"


def test_a_member_that_does_not_match_its_checksum_is_no_part_of_it(
    whole: Path, tmp_path: Path
) -> None:
    (path,) = whole.glob(f"{NAMES[2]}_*-02.csv.gz")
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    with (folder / path.name).open("r+b") as file:
        file.seek(path.stat().st_size - 200)
        file.write(bytes(100))
    mended = mend(folder)
    assert mended.damaged == (path.name,)
    assert held(folder) == truth(mended.until)


def test_what_nobody_committed_is_not_touched(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    (folder / "committed").unlink()
    with pytest.raises(DataError, match="committed: is missing, expected a recording with a note"):
        mend(folder)
    (folder / "committed").write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match="is damaged, so nobody knows what is whole"):
        mend(folder)
    assert held(folder)[0] == held(whole)[0]


@pytest.mark.parametrize("slot", [0, 1])
def test_half_a_note_leaves_the_one_before(whole: Path, tmp_path: Path, slot: int) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    last = mend(folder).until
    data = bytearray((folder / "committed").read_bytes())
    data[1024 * slot + 20 : 1024 * slot + 40] = bytes(20)
    (folder / "committed").write_bytes(data)
    found = mend(folder)
    assert last - 600_000 <= found.until <= last
    assert held(folder) == truth(found.until)
