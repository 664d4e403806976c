"""Compiled kernels: code that has changed is compiled, wherever it stands."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mm.api.jit import _directory, _private_folder, fingerprint

OUTER = """
from mm.api.jit import kernel
from striped.inner import half

@kernel
def quarter(x):
    return half(half(x))
"""
INNER = """
from mm.api.jit import kernel

@kernel
def half(x):
    return x / {by}
"""


def quarter_of_12(site: Path) -> str:
    environment = {
        **os.environ, "PYTHONPATH": str(site), "XDG_CACHE_HOME": str(site / "cache"),
        "HOME": str(site),
    }  # fmt: skip
    command = [sys.executable, "-c", "from striped.outer import quarter; print(quarter(12.0))"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_kernel_whose_callee_in_another_file_has_changed_is_compiled_anew(tmp_path: Path) -> None:
    package = tmp_path / "striped"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "outer.py").write_text(OUTER)
    (package / "inner.py").write_text(INNER.format(by=2))
    assert quarter_of_12(tmp_path) == "3.0"
    (package / "inner.py").write_text(INNER.format(by=-4))
    assert quarter_of_12(tmp_path) == "0.75"


def test_a_plugins_kernels_are_compiled_anew_when_the_interface_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its constants are compiled in."""
    for name in ("plugin", "mm/api"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()

    class Spec:
        def __init__(self, name: str) -> None:
            self.submodule_search_locations = [str(tmp_path / name.replace(".", "/"))]

    monkeypatch.setattr("mm.api.jit.importlib.util.find_spec", Spec)
    before = fingerprint("plugin")
    (tmp_path / "mm" / "api" / "__init__.py").write_text("NEW = 2\n")
    assert fingerprint("plugin") != before


@pytest.fixture
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    _private_folder.cache_clear()
    yield home
    _private_folder.cache_clear()


def directory_now() -> Path:
    """What is chosen when nothing has been chosen yet in this process."""
    return _directory.__wrapped__("mm")


def test_kernels_are_kept_in_a_folder_closed_to_others(
    cache_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = directory_now()
    assert directory.is_relative_to(cache_home)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("opened", [0, 1, 2, 3])
def test_a_folder_that_others_can_write_to_is_not_used(
    cache_home: Path, capsys: pytest.CaptureFixture[str], opened: int
) -> None:
    """Neither the directory itself, nor any above it, through which it could be replaced."""
    directory = directory_now()
    place = (directory, *directory.parents)[opened]
    place.chmod(0o777)
    assert not directory_now().is_relative_to(cache_home)
    told = f"mm: compiled code is not kept: {place} can be written to by others; set XDG_CACHE_HOME"
    assert told in capsys.readouterr().err


def test_a_folder_that_belongs_to_another_is_not_used(
    cache_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = directory_now().stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    if owner == 0:
        os.chown(directory_now(), 4711, -1)
    assert not directory_now().is_relative_to(cache_home)
    assert "belongs to another user" in capsys.readouterr().err


def test_a_cache_that_cannot_be_made_is_told_once(
    cache_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache_home.write_text("a file where the folder should be")
    first, second = directory_now(), directory_now()
    assert first == second
    assert capsys.readouterr().err.count("compiled code is not kept") == 1


@pytest.mark.parametrize("setting", ["NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT"])
def test_nothing_is_said_of_a_cache_that_nobody_uses(tmp_path: Path, setting: str) -> None:
    """Neither where numba was told of another place, nor where nothing is compiled."""
    (tmp_path / "no_folder").touch()
    value = "1" if setting == "NUMBA_DISABLE_JIT" else str(tmp_path / "numba")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "no_folder"), setting: value}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *sys.path])
    package = tmp_path / "striped"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "inner.py").write_text(INNER.format(by=2))
    code = "from mm.api.jit import is_cold; from striped.inner import half; print(half(3.0))"
    command = [sys.executable, "-c", f"{code}; is_cold('striped')"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1.5\n", "")
