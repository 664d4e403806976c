"""The count of trials or paths: in place on a terminal, now and then elsewhere, silent if asked."""

import sys
from contextlib import suppress

import pytest

from mm.cli.running import counting


def test_on_a_terminal_it_leaves_a_clean_line_however_it_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed next, a verdict or an error, must not stand behind the count."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with suppress(ZeroDivisionError), counting(3, "trials") as show:
        show(1)
        show(1 // 0)
    assert capsys.readouterr().err == "\r1 of 3 trials\r\x1b[K"


def test_elsewhere_it_speaks_every_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now_s = 0.0
    monkeypatch.setattr("mm.cli.running.time.monotonic", lambda: now_s)
    with counting(100, "paths") as show:
        for done in range(1, 26):
            now_s = float(done)
            show(done)
    assert capsys.readouterr().err == "10 of 100 paths\n20 of 100 paths\n"


def test_it_can_be_silenced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with counting(3, "paths", quiet=True) as show:
        show(1)
    assert capsys.readouterr().err == ""
