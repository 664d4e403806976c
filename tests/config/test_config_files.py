"""Files that a configuration names: what is no plain file, has no end or fails is said in words."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from tests.config.walk import write_market

from mm.api import ConfigError, DataError, MMError, open_file, read_file
from mm.config import load_config
from mm.config.reading import MOST_BYTES
from mm.registry import load_registry
from mm.run.session import plan_run

Read = Callable[[Path], object]


def run_file(path: Path) -> object:
    return load_config(path, load_registry())


def part(key: str, *others: str) -> Read:
    """Read a file that a part is told of."""

    def read(path: Path) -> object:
        market = path.parent / "market"
        market.mkdir(exist_ok=True)
        config = write_market(market)
        loaded = load_config(config, load_registry(), (f'{key}="{path}"', *others))
        return trio.run(plan_run, loaded)

    return read


READS: dict[str, Read] = {
    "run file": run_file,
    "script": part(
        "strategy.scripted.path", "strategy.kind=Scripted", "strategy.preprocessing=Scripted"
    ),
    "latency table": part("execution.table.path", "execution.latency_model=table"),
    "quotes": part("data.quotes_csv"),
}  # fmt: skip


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/stdin", "/proc/self/mem", "fifo", "folder"])
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_what_is_no_plain_file_is_refused_and_not_waited_for(
    read: Read, name: str, tmp_path: Path
) -> None:
    """A pipe has no writer here, so reading it would never end."""
    path = tmp_path / "named"
    if name == "fifo":
        os.mkfifo(path)
    elif name == "folder":
        path.mkdir()
    else:
        target = Path(name)
        if name == "/dev/stdin":
            os.mkfifo(tmp_path / "pipe")
            target = tmp_path / "pipe"
        if not target.exists():
            pytest.skip(f"this system has no {name}")
        path.symlink_to(target)
    with pytest.raises(MMError) as caught:
        read(path)
    said = "cannot be read: Input/output error" if name == "/proc/self/mem" else "this is "
    assert f"{path}: {said}" in str(caught.value)
    assert "; " in str(caught.value)  # what to do


@pytest.mark.parametrize("name", ["run file", "script", "latency table"])
def test_a_file_that_no_memory_could_hold_is_refused_by_its_size(name: str, tmp_path: Path) -> None:
    """It is sparse, so it takes no room on the disk."""
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match=r"the file has 1099511627776 bytes, expected a .* of at"):
        READS[name](path)


def test_a_run_file_may_be_as_long_as_said(tmp_path: Path) -> None:
    path = write_market(tmp_path)
    text = path.read_text()
    path.write_text(text + "#" * (MOST_BYTES - len(text)))
    run_file(path)
    path.write_text(text + "#" * (MOST_BYTES - len(text) + 1))
    with pytest.raises(ConfigError, match=r"run\.toml: the file has 1048577 bytes, expected a run"):
        run_file(path)


def test_a_file_that_fails_half_way_is_a_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def __enter__(self) -> "Failing":
            return self

        def __exit__(self, *exc: object) -> None: ...

        def read(self, count: int) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("mm.api.files.io.FileIO", lambda path: Failing())
    path = tmp_path / "x.csv"
    path.touch()
    with pytest.raises(DataError, match=r"x\.csv: cannot be read: Input/output error; copy it"):
        read_file(path, expected="a CSV file", most_bytes=9, error=DataError)


def test_a_name_that_no_system_takes_is_a_fault_of_the_name() -> None:
    with pytest.raises(ConfigError, match="the file cannot be opened: embedded null byte"):
        open_file(Path("a\0b"), expected="a file")
    with pytest.raises(ConfigError, match="the file cannot be opened: File name too long"):
        open_file(Path("x" * 5000), expected="a file")
