"""What a plugin's source imports of mm: only the public interface will still be there next year.

Reads the files of a package and imports nothing.
"""

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mm.testing.kit.findings import Finding

PUBLIC: Final = (
    "mm.api", "mm.api.addresses", "mm.api.cache", "mm.api.draws", "mm.api.jit",
)  # fmt: skip
"""What a plugin may import of mm."""
_FOR_TESTS: Final = "mm.testing"


def check_imports(module: str) -> Finding:
    """Hold the package of ``module`` to the rule of imports.

    Args:
        module: dotted name, as an entry point says it.
    """
    files = list(_files(module.partition(".")[0]))
    faults = [fault for root, path in files for fault in _faults(root, path)]
    if not faults:
        return Finding(
            rule="imports",
            ok=True,
            message=f"{len(files)} files import nothing of mm but {', '.join(PUBLIC)}",
        )
    return Finding(
        rule="imports",
        ok=False,
        message="; ".join(faults),
        change="import from mm.api only (mm.testing in tests): the rest of mm changes at any time",
    )


def _files(package: str) -> Iterator[tuple[Path, Path]]:
    """(folder that names start from, file) of a top-level package or module."""
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    if spec and not places and spec.origin:
        yield Path(spec.origin).parent, Path(spec.origin)
    for place in places:
        for path in sorted(Path(place).rglob("*.py")):
            yield Path(place).parent, path


def _faults(root: Path, path: Path) -> Iterator[str]:
    relative = path.relative_to(root)
    tests = "tests" in relative.parts or path.name.startswith("test_")
    for line, name in _imported(path):
        if name.partition(".")[0] != "mm" or name in PUBLIC:
            continue
        if tests and (name == _FOR_TESTS or name.startswith(f"{_FOR_TESTS}.")):
            continue
        yield f"{relative.as_posix()}:{line} imports {name}"


def _imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every absolute import in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if node.module == "mm":
                for alias in node.names:
                    yield node.lineno, f"mm.{alias.name}"
            else:
                yield node.lineno, node.module
