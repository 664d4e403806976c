"""A plugin's author sees complete types: the README's strategies, the example, and what
``mm plugins new`` writes, checked strictly from a folder that knows nothing of this repository.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.test_readme_strategies import BLOCKS, REPOSITORY

from mm.registry import build_registry
from mm.scaffold import KINDS, choose_names, render

EXAMPLE = REPOSITORY / "example" / "mm-example-strategy" / "src"


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the sources of plugins, and nothing else."""
    folder = tmp_path_factory.mktemp("outside")
    for number, block in enumerate(BLOCKS):
        (folder / f"readme_{number}.py").write_text(block, encoding="utf-8")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    for kind in KINDS:
        for path, text in render(choose_names(kind, f"my-{kind}", build_registry([]))).items():
            if path.endswith(".py"):
                target = folder / path.removeprefix("src/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
    return folder


def check(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)


def test_pyright_finds_nothing_unknown(outside: Path) -> None:
    pyright = shutil.which("pyright")
    if pyright is None or check([pyright, "--version"], outside).returncode:
        pytest.skip("pyright is not installed, or has no node to run on")
    settings = {"typeCheckingMode": "strict", "include": ["."]}
    (outside / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = check([pyright, "--pythonpath", sys.executable], outside)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 errors, 0 warnings" in done.stdout


def test_mypy_is_content_with_every_line(outside: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    done = check([sys.executable, "-m", "mypy", "--strict", "."], outside)
    assert done.returncode == 0, done.stdout + done.stderr
