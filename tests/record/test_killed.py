"""kill -9 at any moment leaves files that can be read, with the beginning of what was to come."""

import gzip
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.record.killed import batches
from tests.record.streams import XBTUSD, read

from mm.api import Rows
from mm.record.text import HEADERS, NAMES, csv_lines
from mm_tardis.members import whole_bytes

KILLS = 50


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of recordings whose process was killed up to 60 ms after its start."""
    parent = tmp_path_factory.mktemp("killed")
    draw = random.Random(5)
    folders = [parent / str(n) for n in range(KILLS)]
    orders = "".join(f"{folder} {draw.uniform(0.002, 0.06)}\n" for folder in folders)
    done = subprocess.run(
        [sys.executable, "-m", "tests.record.killed"],
        cwd=Path(__file__).parents[2],
        input=orders,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "killed\n" * KILLS
    return folders


def whole_text(path: Path) -> str:
    with path.open("rb") as file:
        size = path.stat().st_size
        return gzip.decompress(file.read(whole_bytes(file.fileno(), size))).decode()


def lines_of(folder: Path, kind: int) -> list[str]:
    """All lines of a kind, over the days, without the headers."""
    texts = [whole_text(path) for path in sorted(folder.glob(f"{NAMES[kind]}_*.csv.gz"))]
    assert all(text.startswith(HEADERS[kind]) and text.endswith("\n") for text in texts)
    return [line for text in texts for line in text.splitlines(True)[1:]]


def test_every_file_holds_the_beginning_of_the_truth(killed: list[Path]) -> None:
    found = [[lines_of(folder, kind) for kind in range(4)] for folder in killed]
    longest = [max(len(lines[kind]) for lines in found) for kind in range(4)]
    assert min(longest) > 10, "the recorders must have come far enough to prove something"
    truth: list[list[str]] = [[], [], [], []]
    for batch in batches():
        for kind, lines in enumerate(csv_lines(batch.events, XBTUSD, "bitmex")):
            truth[kind] += lines
        if all(len(lines) >= far for lines, far in zip(truth, longest, strict=True)):
            break
    for recording in found:
        for kind in range(4):
            assert recording[kind] == truth[kind][: len(recording[kind])]


def test_every_recording_with_rows_can_be_replayed(killed: list[Path]) -> None:
    def counted(events: Rows) -> int:
        return int((events["row"] > 0).sum())

    replayed = 0
    for folder in killed:
        rows = [len(lines_of(folder, kind)) for kind in range(4)]
        if not all(list(folder.glob(f"{name}_*.csv.gz")) for name in NAMES) or not sum(rows):
            continue
        assert (folder / "replay.toml").exists()
        _, out = read(folder)
        assert counted(out.events) == sum(rows)
        replayed += 1
    assert replayed > KILLS // 2
