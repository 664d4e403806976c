"""``mm plugins new``: what it prints, and how it refuses."""

from pathlib import Path

import pytest

from mm.cli import main


def test_it_says_what_it_wrote_and_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "my own"
    assert main(["plugins", "new", "strategy", "my-own", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert lines[0] == f"strategy MyOwn in {len(files)} files below '{folder}':"
    assert sorted(line.strip() for line in lines[1 : len(files) + 1]) == files
    assert lines[-3:] == [
        f"  pip install -e '{folder}[dev]'",
        f"  pytest '{folder}'",
        "  mm plugins check my-own",
    ]


def test_a_refusal_is_one_sentence_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plugins", "new", "strategy", "Avellaneda", str(tmp_path / "new")]) == 2
    assert main(["plugins", "new", "strategy", "avellaneda", str(tmp_path / "new")]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("; 'avellaneda' would do")
    assert second.startswith("mm: a plugin avellaneda (mm-engine ")
    assert not (tmp_path / "new").exists()


def test_an_unknown_kind_is_answered_with_the_kinds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plugins", "new", "strateg", "my-own", str(tmp_path / "new")]) == 2
    error = capsys.readouterr().err
    assert "strategy" in error
    assert "sink" in error
