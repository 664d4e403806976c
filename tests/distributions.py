"""Fake distributions: a folder on sys.path with metadata and a module, as an installer leaves."""

from pathlib import Path
from textwrap import dedent


def lay_down(
    folder: Path,
    dist: str,
    plugin: str,
    source: str,
    version: str = "1.0",
    *,
    module: str = "",
    entry: str = "",
) -> str:
    """Lay down a distribution with one module and one plugin; return the module's name.

    Args:
        folder: to be put on sys.path.
        dist: the distribution's name.
        plugin: the name of its entry point.
        source: of the module.
        version: of the distribution.
        module: its name; empty = one that follows from ``dist``.
        entry: what the entry point names; empty = the module.
    """
    module = module or f"{dist}_module".replace("-", "_")
    (folder / f"{module}.py").write_text(dedent(source), encoding="utf-8")
    info = folder / f"{dist.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    points = f"[mm_engine.plugins]\n{plugin} = {entry or module}\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    return module
