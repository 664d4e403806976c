"""Compiled kernels: code that has changed is compiled, wherever it stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mm.api.jit import _fingerprint

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
    before = _fingerprint("plugin")
    (tmp_path / "mm" / "api" / "__init__.py").write_text("NEW = 2\n")
    assert _fingerprint("plugin") != before
