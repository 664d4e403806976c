"""The public interface: complete, explained, and light to import."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import attrs
import pytest

import mm.api

ALONE = {
    "__init__",
    "addresses",
    "cache",
    "draws",
    "inlined",
    "jit",
    "row_function",
    "row_kernel",
    "row_types",
}
"""Not brought by ``mm.api``: most of them bring numba."""
MODULES = sorted(
    path.stem for path in Path(mm.api.__path__[0]).glob("*.py") if path.stem not in ALONE
)
HEAVY = {"cattrs", "isal", "mm.run", "numba", "rich", "tomlkit", "trio", "trio_websocket"}
DOCUMENTED = [name for name in mm.api.__all__ if inspect.isroutine(getattr(mm.api, name))]
DOCUMENTED += [name for name in mm.api.__all__ if inspect.isclass(getattr(mm.api, name))]


def defined_in(module: ModuleType) -> set[str]:
    """Public names that a module defines itself, constants and aliases included."""
    names: set[str] = set()
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def constants_classes_functions(name: str) -> tuple[bool, bool, str]:
    """Sort as the import sorter does."""
    return not name.isupper(), name[0].islower(), name


def test_all_names_everything_public_in_order() -> None:
    modules = [importlib.import_module(f"mm.api.{name}") for name in MODULES]
    names = set().union(*map(defined_in, modules))
    assert mm.api.__all__ == sorted(names, key=constants_classes_functions)


def test_a_star_import_gives_every_name() -> None:
    names: dict[str, object] = {}
    exec("from mm.api import *", names)
    assert set(mm.api.__all__) <= set(names)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_public_class_or_function_is_documented_with_its_methods(name: str) -> None:
    thing = getattr(mm.api, name)
    assert inspect.getdoc(thing)
    if thing.__module__.startswith("mm."):  # NoConfig and the like, not pluggy's markers
        methods = [m for key, m in vars(thing).items() if not key.startswith("_")]
        assert [m for m in methods if inspect.isfunction(m) and not m.__doc__] == []


@pytest.mark.parametrize("name", [name for name in DOCUMENTED if attrs.has(getattr(mm.api, name))])
def test_a_public_record_cannot_be_changed(name: str) -> None:
    instance_setattr = getattr(mm.api, name).__setattr__
    assert instance_setattr.__qualname__.endswith("_frozen_setattrs")


def test_the_interface_imports_neither_tasks_nor_a_compiler_nor_parsers() -> None:
    code = "import sys, mm.api; print('\\n'.join(sys.modules))"
    command = [sys.executable, "-c", code]
    imported = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "mm.api.orders" in imported
    assert HEAVY & set(imported) == set()
