"""A file of a recording on a disk that is full for a while: whole members, and no line is lost."""

import gzip
import os
from pathlib import Path

import pytest

from mm.api import UsageError
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
