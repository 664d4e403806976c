"""The tree is what it says it is: who imports whom, what is packaged, how long a file may be.

Sources are parsed, not imported. Where a rule has exceptions, they stand here by name, with the
reason.
"""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from mm.registry import load_registry

REPOSITORY = Path(__file__).parents[1]
ENGINE = REPOSITORY / "engine" / "mm"
PLUGINS = sorted(path for path in (REPOSITORY / "plugins").glob("mm_*") if path.is_dir())
SOURCES = [path for top in (ENGINE, *PLUGINS) for path in sorted(top.rglob("*.py"))]

IMPURE = {"trio", "asyncio", "time", "random", "datetime", "logging"}
IMPURE_PLUGIN_MODULES = {
    "plugins/mm_bitmex/command.py": {"datetime", "time", "trio"},  # runs the mock; reads --start
    "plugins/mm_bitmex/connector.py": {"time", "trio"},  # a connector is a task; anchors its clock
    "plugins/mm_bitmex/mock/connection.py": {"trio"},  # the mock's tasks: one connection
    "plugins/mm_bitmex/mock/line.py": {"trio"},  # the mock's bytes
    "plugins/mm_bitmex/mock/player.py": {"trio"},  # a recording's frames and their times
    "plugins/mm_bitmex/mock/server.py": {"trio"},  # the mock's nursery
    "plugins/mm_bitmex/mock/wire.py": {"datetime"},  # writes times as the exchange does
    "plugins/mm_bitmex/rest.py": {"trio"},  # waits between two tries
    "plugins/mm_bitmex/shell.py": {"trio"},  # the connector's reader
    "plugins/mm_bitmex/stream.py": {"trio"},  # the connector's writer
    "plugins/mm_bitmex/websocket.py": {"trio"},  # bytes of a socket
    "plugins/mm_sinks/console.py": {"datetime"},  # shows data time to people
    "plugins/mm_tardis/connector.py": {"trio"},  # a connector is a task
    "plugins/mm_tardis/inspect.py": {"datetime"},  # shows data time to people
    "plugins/mm_tardis/surveys.py": {"trio"},  # the connector's readers
}
SUBMODULES_OF_API: dict[str, set[str]] = {}
TOP_LEVEL = {
    "CHANGELOG.md", "LICENSE", "README.md", "config", "engine", "example", "plugins",
    "pyproject.toml", "tests",
}  # fmt: skip


def project() -> Any:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def imports_of(path: Path) -> set[str]:
    """Dotted names of the modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def tops(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def impure_imports(*folders: Path) -> dict[str, set[str]]:
    """File -> what it imports of IMPURE, where it does."""
    files = (path for folder in folders for path in sorted(folder.rglob("*.py")))
    found = {name_of(path): tops(imports_of(path)) & IMPURE for path in files}
    return {name: modules for name, modules in found.items() if modules}


def packaged_files() -> Iterator[str]:
    """Files of the packages as they should stand in the wheel."""
    for top in (ENGINE, *PLUGINS):
        for path in top.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(top.parent).as_posix()


def test_every_plugin_folder_is_packaged_and_has_an_entry_point() -> None:
    content = project()
    packages = content["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert sorted(packages) == ["engine/mm", *(name_of(path) for path in PLUGINS)]
    entry_points = content["project"]["entry-points"]["mm_engine.plugins"]
    assert sorted(entry_points.values()) == [path.name for path in PLUGINS]


def test_core_and_api_know_no_tasks_no_clock_no_chance_and_no_log() -> None:
    assert impure_imports(ENGINE / "core", ENGINE / "api") == {}


def test_plugins_are_as_pure_but_for_the_modules_named_above() -> None:
    assert impure_imports(*PLUGINS) == IMPURE_PLUGIN_MODULES


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [("api", ("mm.api.",)), ("core", ("mm.api.", "mm.core."))],
    ids=["api", "core"],
)
def test_the_inner_parts_import_nothing_of_the_outer_ones(
    folder: str, allowed: tuple[str, ...]
) -> None:
    for path in sorted((ENGINE / folder).rglob("*.py")):
        ours = {f"{module}." for module in imports_of(path) if module.startswith("mm")}
        assert [m for m in ours if not m.startswith(allowed)] == [], name_of(path)


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_imports_nothing_of_mm_but_its_interface(plugin: Path) -> None:
    for path in sorted(plugin.rglob("*.py")):
        modules = imports_of(path)
        allowed = {
            "mm.api",
            "mm.api.addresses",
            "mm.api.jit",
            "mm.api.cache",
            "mm.api.draws",
        } | SUBMODULES_OF_API.get(name_of(path), set())
        assert {m for m in modules if m.partition(".")[0] == "mm"} <= allowed, name_of(path)
        others = {m for m in tops(modules) if m.startswith("mm_")}
        assert others <= {plugin.name}, f"{name_of(path)} imports another plugin"


def test_the_example_imports_nothing_of_mm_but_its_interface() -> None:
    for path in (REPOSITORY / "example" / "mm-example-strategy" / "src").rglob("*.py"):
        assert {m for m in imports_of(path) if m.partition(".")[0] == "mm"} <= {"mm.api"}


def test_nothing_named_engine_is_imported() -> None:
    every = [
        *SOURCES,
        *(REPOSITORY / "tests").rglob("*.py"),
        *(REPOSITORY / "example").rglob("*.py"),
    ]
    assert [name_of(path) for path in every if "engine" in tops(imports_of(path))] == []


def test_what_is_imported_is_a_declared_dependency() -> None:
    declared = {
        re.split(r"[^\w-]", requirement)[0].replace("-", "_")
        for requirement in project()["project"]["dependencies"]
    }
    ours = {"mm", *(path.name for path in PLUGINS)}
    ours |= {"pytest"}  # of the extra; the next test says where
    ours |= {"plotly"}  # of the extra report: draws its charts
    ours |= {"hypercorn", "prometheus_client", "starlette"}  # of the extra web: serve the page
    ours |= {"pandas", "polars"}  # asked for by who has them: Table.to_pandas, to_polars
    imported = {module for path in SOURCES for module in tops(imports_of(path))}
    declared |= {"arro3"}  # what both arro3_core and arro3_io are imported as
    assert imported - sys.stdlib_module_names - ours <= declared


def test_kernels_are_compiled_in_one_place_whose_cache_cannot_go_stale() -> None:
    users = [name_of(path) for path in SOURCES if "numba" in tops(imports_of(path))]
    assert users == [
        "engine/mm/api/addresses.py", "engine/mm/api/inlined.py", "engine/mm/api/jit.py",
        "engine/mm/api/row_function.py", "engine/mm/api/row_types.py",
    ]  # fmt: skip


def test_only_the_contract_classes_need_pytest() -> None:
    """``mm plugins check`` has to work where it is not installed."""
    users = [name_of(path) for path in SOURCES if "pytest" in tops(imports_of(path))]
    assert users == ["engine/mm/testing/contracts.py"]


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_module_has_a_header_and_at_most_300_lines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    header = ast.get_docstring(ast.parse(text))
    assert header, "a module opens with what it is and what it refuses to know"
    assert text.count("\n") <= 300 or "over 300 lines" in header


def test_the_top_of_the_repository_holds_only_what_belongs_there() -> None:
    ignored = [line.rstrip("/") for line in (REPOSITORY / ".gitignore").read_text().splitlines()]
    names = {path.name for path in REPOSITORY.iterdir() if not path.name.startswith(".")}
    strangers = {n for n in names if not any(fnmatch(n, pattern) for pattern in ignored)}
    assert strangers <= TOP_LEVEL


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "wheel",
        "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(REPOSITORY),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.iterdir()
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(
    wheel: zipfile.ZipFile,
) -> None:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == set(packaged_files())


def test_every_package_says_that_it_is_typed(wheel: zipfile.ZipFile) -> None:
    for package in ("mm", *(path.name for path in PLUGINS)):
        assert f"{package}/py.typed" in wheel.namelist()


# --- floors and maps -----------------------------------------------------------------------------

FLOORS: list[set[str]] = [
    {"api", "suggest"},
    {
        "blame",
        "core",
        "discovery",
        "extras",
        "health",
        "metrics",
        "picture",
        "plugin_check",
        "rows",
        "schema",
        "times",
    },
    {"alerts", "judge", "registry", "quotes"},
    {"config", "scaffold"},
    {"record"},
    {"synthetic"},
    {"run"},
    {"calibrate", "explain", "simulate", "testing"},
    {"prove", "results"},
    {"study", "web"},
    {"cli"},
    {"scripting", "sweeping"},
]
"""The rooms of ``engine/mm`` from the ground up: each imports only what lies below it."""

KNOW_TRIO = {
    "alerts/command.py", "alerts/delivery.py", "alerts/watch.py", "alerts/webhook.py", "blame.py",
    "calibrate/read.py", "cli/alerts.py", "cli/backtest.py", "cli/calibrate.py", "cli/data.py",
    "cli/data_cache.py", "cli/display.py", "cli/live.py", "cli/live_log.py", "cli/live_view.py",
    "cli/prove.py", "cli/record.py", "cli/running.py", "cli/sweep.py", "cli/sweeping.py",
    "cli/watch.py", "scripting.py", "study/cluster.py", "study/desk.py", "study/markets.py",
    "study/pool.py", "study/worker.py", "study/workshop.py", "sweeping.py", "web/app.py",
    "web/serve.py",
}  # fmt: skip
"""Modules of the engine that import Trio, beside all of ``run``, ``testing``, ``prove`` and
``simulate``, whose task that is."""


def rooms_of(path: Path) -> set[str]:
    """The rooms of ``engine/mm`` that a module of it imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "mm":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mm."):
            found.add((node.module or "").split(".")[1])
    return found


@pytest.mark.parametrize("floor", range(len(FLOORS)), ids=lambda n: "-".join(sorted(FLOORS[n])))
def test_no_import_runs_upwards(floor: int) -> None:
    below: set[str] = set().union(*FLOORS[:floor])
    for room in FLOORS[floor]:
        folder = ENGINE / room
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [ENGINE / f"{room}.py"]:
            if "templates" not in path.parts:
                assert rooms_of(path) - below - {room, "__version__"} == set(), name_of(path)


KNOW_PLUGINS = {
    # Defaults, so that a run file need not name what everybody takes.
    "config/choice.py": {"Touch"},
    "config/tables.py": {"Avellaneda", "tardis"},
    "cli/verbs/data.py": {"tardis"},
    # The format that recordings are written in is the one that this connector reads.
    "record/text.py": {"tardis"},
}
"""Modules of the engine that name a plugin's connector, strategy or transformer, and which."""


def test_the_host_knows_no_plugin_by_name() -> None:
    packages = {path.name for path in PLUGINS}
    for path in sorted(ENGINE.rglob("*.py")):
        if not {"templates", "testing"} & set(path.parts):
            assert tops(imports_of(path)) & packages == set(), name_of(path)


def test_only_defaults_name_a_part() -> None:
    kinds = ("connector", "strategy", "transformer", "command")
    parts = {offer.name for _, kind, offer in load_registry().parts() if kind in kinds}
    found: dict[str, set[str]] = {}
    for path in sorted(ENGINE.rglob("*.py")):
        if {"templates", "testing"} & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value in parts:
                found.setdefault(path.relative_to(ENGINE).as_posix(), set()).add(str(node.value))
    assert found == KNOW_PLUGINS


def test_every_room_stands_on_a_floor() -> None:
    rooms = {path.stem for path in ENGINE.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert rooms - {"__init__", "__main__", "__pycache__", "py"} == set().union(*FLOORS)


def test_only_named_modules_of_the_engine_know_trio() -> None:
    tasks = {"run", "testing", "prove", "simulate"}
    found = {
        path.relative_to(ENGINE).as_posix()
        for path in ENGINE.rglob("*.py")
        if path.relative_to(ENGINE).parts[0] not in tasks and "trio" in tops(imports_of(path))
    }
    assert found == KNOW_TRIO


def packages() -> list[Path]:
    """Packages of more modules than one can see at a glance."""
    inits = (path for path in SOURCES if path.name == "__init__.py" and path.parent != ENGINE)
    return [path.parent for path in inits if len(members(path.parent)) > 5]


def members(package: Path) -> set[str]:
    return {
        path.stem
        for path in package.iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    }


@pytest.mark.parametrize("package", packages(), ids=name_of)
def test_the_map_in_a_packages_header_names_its_modules_and_no_others(package: Path) -> None:
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    header = ast.get_docstring(tree, clean=False) or ""
    before_tables = header.partition("::")[0]
    # A row's names come first, separated by commas; two spaces end them, a last comma goes on.
    cells = re.findall(r"^ *((?:\w+, )*\w+)(?:,$| {2,}(?![ ─│└►]))", before_tables, re.MULTILINE)
    named = {name for cell in cells for name in cell.split(", ")}
    assert named - {"__init__"} == members(package)
