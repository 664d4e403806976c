"""Distributions laid down as an installer would, without one: metadata and sources in a folder."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def lay_down(project: Path) -> Path:
    """Have a project's plugin found in its ``src``, which is for PYTHONPATH; return that."""
    content = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = content["entry-points"]["mm_engine.plugins"]
    name, version = content["name"], content["version"]
    info = project / "src" / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    lines = ["[mm_engine.plugins]", *(f"{key} = {value}" for key, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    return project / "src"


def run(
    *arguments: str, path: Path | None = None, folder: Path = REPOSITORY, code: int = 0
) -> str:  # fmt: skip
    """Run a module of this Python with ``path`` on PYTHONPATH; return what it printed."""
    command = [sys.executable, "-m", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(path or "")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr
