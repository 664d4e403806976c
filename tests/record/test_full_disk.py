"""A file of a recording on a disk that is full for a while: whole members, and no line is lost."""

import errno
import gzip
import os
import shutil
from pathlib import Path

import pytest

from mm.api import UsageError
from mm.record.committed import CommitFile, Committed, read_committed
from mm.record.files import MemberFile


class FullDisk:
    """The system's calls, of which the next ``faults`` writes end half-way through, and the next
    ``cuts`` cuts are refused."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, faults: int, cuts: int = 0) -> None:
        self.faults = faults
        self.cuts = cuts
        self._begun = False
        self._write, self._ftruncate = os.write, os.ftruncate
        monkeypatch.setattr("mm.record.files.os.write", self.write)
        monkeypatch.setattr("mm.record.files.os.ftruncate", self.ftruncate)

    def write(self, file: int, data: memoryview) -> int:
        """Take half, and then nothing."""
        if not self.faults:
            return self._write(file, data)
        self._begun = not self._begun
        if self._begun:
            return self._write(file, data[: len(data) // 2])
        self.faults -= 1
        raise OSError(28, "No space left on device")

    def ftruncate(self, file: int, length: int) -> None:
        """Refuse as often as told."""
        if self.cuts:
            self.cuts -= 1
            raise OSError(5, "Input/output error")
        self._ftruncate(file, length)


def test_what_a_full_disk_refused_is_written_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lines.gz"
    file = MemberFile(path, "header\n")
    disk = FullDisk(monkeypatch, faults=3)
    file.add(["a\n"])
    for _ in range(3):
        with pytest.raises(UsageError, match="No space left on device"):
            file.flush()
        assert gzip.decompress(path.read_bytes()) == b"header\n"
        assert path.stat().st_size == file.end
    assert not disk.faults
    file.add(["b\n"])
    file.close()
    assert gzip.decompress(path.read_bytes()) == b"header\na\nb\n"
    assert path.stat().st_size == file.end


def test_half_a_member_that_could_not_be_cut_back_is_cut_back_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lines.gz"
    file = MemberFile(path, "header\n")
    FullDisk(monkeypatch, faults=1, cuts=1)
    file.add(["a\n"])
    with pytest.raises(UsageError, match="No space left on device"):
        file.flush()
    assert path.stat().st_size > file.end
    file.close()
    assert gzip.decompress(path.read_bytes()) == b"header\na\n"


@pytest.mark.parametrize("taken", [0, 20])
def test_a_note_that_cannot_be_written_leaves_the_one_before_however_often_it_is_tried(
    taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = CommitFile(tmp_path)
    file.write(Committed(1, {"a": 10}))
    file.write(Committed(2, {"a": 20}))
    with monkeypatch.context() as patch:
        pwrite = os.pwrite

        def refuse(file: int, data: bytes, at: int) -> int:
            if not taken:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return pwrite(file, data[:taken], at)

        patch.setattr("mm.record.committed.os.pwrite", refuse)
        for _ in range(3):
            with pytest.raises(UsageError, match=r"committed: .* No space left on device"):
                file.write(Committed(3, {"a": 30}))
            assert read_committed(tmp_path) == Committed(2, {"a": 20})
    file.write(Committed(3, {"a": 30}))
    assert read_committed(tmp_path) == Committed(3, {"a": 30})
    file.close()


def test_a_file_whose_folder_is_removed_is_put_back_once_there_is_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "lines.gz"
    file = MemberFile(path, "header\n")
    file.add(["a\n"])
    file.flush()
    shutil.rmtree(folder)
    file.add(["b\n"])
    for _ in range(2):
        with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
            file.flush()
    folder.mkdir()
    file.flush()
    assert gzip.decompress(path.read_bytes()) == b"header\na\nb\n"
    file.add(["c\n"])
    file.close()
    assert gzip.decompress(path.read_bytes()) == b"header\na\nb\nc\n"
    assert [one.name for one in folder.iterdir()] == ["lines.gz"]


def test_a_note_that_is_put_back_is_gone_on_with(tmp_path: Path) -> None:
    file = CommitFile(tmp_path)
    for n in range(7):
        file.write(Committed(n, {"a": n}))
        (tmp_path / "committed").unlink()
        file.write(Committed(n, {"a": 10 * n}))
        assert read_committed(tmp_path) == Committed(n, {"a": 10 * n})
    assert (tmp_path / "committed").stat().st_size == 2 * 1024
    file.close()


def test_somebody_elses_file_at_the_place_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "lines.gz"
    file = MemberFile(path, "header\n")
    path.rename(tmp_path / "moved")
    path.write_text("another's")
    file.add(["a\n"])
    with pytest.raises(UsageError, match=r"lines.gz: .* the file was removed, and another stands"):
        file.flush()
    assert path.read_text() == "another's"
    path.unlink()
    file.close()
    assert gzip.decompress(path.read_bytes()) == b"header\na\n"
