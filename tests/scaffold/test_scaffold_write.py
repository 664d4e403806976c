"""A new folder is written whole or not at all, and never over anything."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mm.api import UsageError
from mm.scaffold import write_new

FILES = {"README.md": "read\n", "src/my_own/py.typed": ""}


def below(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("place", ["new", "deeper/new", "empty"])
def test_a_new_or_empty_folder_is_filled(tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    write_new(tmp_path / place, FILES)
    assert below(tmp_path / place) == sorted(FILES)
    assert (tmp_path / place / "README.md").read_text() == "read\n"


def test_others_may_read_it_as_they_may_any_new_folder(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    write_new(tmp_path / "new", FILES)
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("name", ["kept.txt", ".hidden"])
def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("mine")
    with pytest.raises(UsageError, match="mine is not empty; choose a new folder"):
        write_new(tmp_path / "mine", FILES)
    assert below(tmp_path) == [f"mine/{name}"]


def test_a_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(UsageError, match="mine is there and is no folder"):
        write_new(tmp_path / "mine", FILES)
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"file/new cannot be written: \w+"):
        write_new(tmp_path / "file" / "new", FILES)


def test_nothing_is_left_of_what_was_broken_off(tmp_path: Path) -> None:
    class Broken(Mapping[str, str]):
        def __getitem__(self, key: str) -> str:
            if key == "src/my_own/py.typed":
                raise KeyboardInterrupt
            return FILES[key]

        def __iter__(self) -> Iterator[str]:
            return iter(FILES)

        def __len__(self) -> int:
            return len(FILES)

    with pytest.raises(KeyboardInterrupt):
        write_new(tmp_path / "new", Broken())
    assert list(tmp_path.iterdir()) == []
