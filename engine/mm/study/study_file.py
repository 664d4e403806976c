"""Study files: the base run file, axes, constraints and sampler of a study, in TOML.

    [study]
    base = "example/backtest.toml"
    sampler = "random"
    runs = 20

    [[axis]]
    key = "strategy.avellaneda.gamma"
    distribution = "loguniform"
    from = 0.05
    to = 0.5

Every fault is told with its line, all at once. Knows no sampler's work.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from mm.api import ConfigError, UsageError, read_file
from mm.config.overrides import parse_toml
from mm.config.scan import scan, split_key
from mm.judge import Split
from mm.study.axes import Axis, refuse_twice, shaped_axis, tables_axis
from mm.study.constraints import Constraint, parse_constraint
from mm.study.design import Design, Objective
from mm.study.splits import parse_split
from mm.suggest import did_you_mean

_MOST_BYTES: Final = 1 << 22
_TABLES: Final = ("study", "axis", "constraint", "objective")
_STUDY: Final[dict[str, type]] = {
    "base": str,
    "output": str,
    "sampler": str,
    "runs": int,
    "seed": int,
    "storage": str,
    "each": str,
    "prune": bool,
}
_AXIS: Final = ("key", "name", "values", "sets", "from", "to", "count", "scale", "distribution")
_DISTRIBUTIONS: Final = ("uniform", "loguniform", "integer")
_HERE: Final = "$HERE/"


@attrs.frozen
class StudyFile:
    """What a study file says."""

    base: Path
    """The run file."""
    output: Path | None
    """The study's folder."""
    design: Design


def read_study(path: Path) -> StudyFile:
    """Read a study file.

    Paths in it are seen from the current directory, or, after ``$HERE/``, from the file's folder.

    Raises:
        ConfigError: with every fault found.
    """
    raw = read_file(path, expected="a study file in TOML", most_bytes=_MOST_BYTES)
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        content = parse_toml(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    reader = _Reader(path, text)
    made = reader.read(content)
    if reader.faults:
        raise ConfigError(*(text for _, text in sorted(reader.faults)))
    return made


class _Reader:
    """Makes a study of what TOML says, noting faults."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._places = scan(text)
        self.faults: list[tuple[int, str]] = []

    def read(self, content: Mapping[str, Any]) -> StudyFile:
        for name in content:
            if name not in _TABLES:
                near = did_you_mean(name, _TABLES)
                self._fault((name,), f"unknown table{near or ','} expected {', '.join(_TABLES)}")
        study = self._study(content.get("study", {}))
        axes = [self._axis(*one) for one in self._tables(content, "axis")]
        constraints = [self._constraint(*one) for one in self._tables(content, "constraint")]
        objectives = [self._objective(*one) for one in self._tables(content, "objective")]
        design = Design(
            axes=[one for one in axes if one],
            sampler=study.get("sampler", "grid"),
            runs=study.get("runs"),
            seed=study.get("seed", 0),
            storage=study.get("storage"),
            each=study.get("each"),
            prune=study.get("prune", False),
            split=study.get("split"),
            constraints=[one for one in constraints if one],
            objectives=[one for one in objectives if one],
            where=f"{self._path}: ",
        )
        if not self.faults:
            design.check()
        output = study.get("output")
        base = self._beside(study.get("base", ""))
        return StudyFile(base, None if output is None else self._beside(output), design)

    def _study(self, table: Any) -> dict[str, Any]:
        if not isinstance(table, dict):
            self._fault(("study",), "expected a table")
            return {}
        found: dict[str, Any] = {}
        for key, value in table.items():
            if key == "split":
                found[key] = self._split(value)
                continue
            kind = _STUDY.get(key)
            if kind is None:
                near = did_you_mean(key, _STUDY)
                self._fault(("study", key), f"unknown key{near or ','} expected {_names(_STUDY)}")
            elif (
                type(value) is not kind
                or value == ""
                or (isinstance(value, int) and key == "runs" and value < 1)
            ):
                what = {int: "a whole number", bool: "true or false"}.get(kind, "a text")
                self._fault(("study", key), f"{value}, expected {what}")
            else:
                found[key] = value
        if "base" not in table:
            self._fault(("study",), "base is absent, expected the path of a run file")
        return found

    def _split(self, table: Any) -> Split | None:
        try:
            return parse_split(table)
        except ValueError as error:
            self._fault(("study", "split"), str(error))
            return None

    def _tables(self, content: Mapping[str, Any], name: str) -> list[tuple[int, Mapping[str, Any]]]:
        found = content.get(name, [])
        if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
            self._fault((name,), f"expected tables under [[{name}]]")
            return []
        return list(enumerate(found))

    def _axis(self, number: int, table: Mapping[str, Any]) -> Axis | None:
        at = ("axis", number)
        for name in table:
            if name not in _AXIS:
                near = did_you_mean(name, _AXIS)
                self._fault((*at, name), f"unknown key{near or ','} expected {_names(_AXIS)}")
                return None
        where = f"{self._place(at)}:"
        try:
            if "sets" in table:
                return self._sets(at, where, table)
            key = table.get("key")
            if not isinstance(key, str) or split_key(key) is None:
                raise UsageError(f"{where} expected a key, such as strategy.avellaneda.gamma")
            if "values" in table:
                return self._values(where, key, table)
            return self._shaped(where, key, table)
        except UsageError as error:
            self._note(at, str(error))
            return None

    def _values(self, where: str, key: str, table: Mapping[str, Any]) -> Axis:
        values = table["values"]
        if not isinstance(values, list) or not values or set(table) != {"key", "values"}:
            raise UsageError(f"{where} {key}: expected values = […], and no from or to beside it")
        refuse_twice(f"{where} {key}", values)
        return Axis(key, tuple(values), where)

    def _shaped(self, where: str, key: str, table: Mapping[str, Any]) -> Axis:
        drawn = table.get("distribution")
        shape = str(drawn or table.get("scale", "linear"))
        names = ("linear", "log") if drawn is None else _DISTRIBUTIONS
        if shape not in names:
            near = did_you_mean(shape, names)
            raise UsageError(f"{where} {key}: {shape!r}{near or ','} expected {_names(names)}")
        wanted = ("from", "to", "count") if drawn is None else ("from", "to")
        known = {"key", *wanted, "scale" if drawn is None else "distribution"}
        if not set(wanted) <= set(table) <= known:
            raise UsageError(
                f"{where} {key}: expected values, or from, to and count, or from, to and a"
                " distribution"
            )
        numbers = [str(table[name]) for name in wanted]
        return shaped_axis(key, shape, numbers, where, f"{where} {key}")

    def _sets(self, at: tuple[str | int, ...], where: str, table: Mapping[str, Any]) -> Axis:
        name, sets = table.get("name"), table["sets"]
        if not isinstance(name, str) or set(table) != {"name", "sets"}:
            raise UsageError(f"{where} expected a name beside the sets, and nothing else")
        if not isinstance(sets, list) or not all(
            isinstance(one, Mapping) and isinstance(one.get("label"), str) for one in sets
        ):
            raise UsageError(f'{where} {name}: expected sets = [{{label = "…", KEY = VALUE}}, …]')
        labels = [one["label"] for one in sets]
        refuse_twice(f"{where} {name}", labels)
        tables = [{key: value for key, value in one.items() if key != "label"} for one in sets]
        return tables_axis(name, dict(zip(labels, tables, strict=True)), where, f"{where} {name}")

    def _constraint(self, number: int, table: Mapping[str, Any]) -> Constraint | None:
        at, rule = ("constraint", number), table.get("rule")
        if not isinstance(rule, str) or len(table) != 1:
            self._fault(at, 'expected rule = "KEY < KEY" and nothing else')
            return None
        try:
            return parse_constraint(rule, self._place((*at, "rule")))
        except UsageError as error:
            self._note(at, str(error))
            return None

    def _objective(self, number: int, table: Mapping[str, Any]) -> Objective | None:
        figure, direction = table.get("figure"), table.get("direction", "maximize")
        known = set(table) <= {"figure", "direction"}
        if not isinstance(figure, str) or direction not in ("maximize", "minimize") or not known:
            self._fault(
                ("objective", number),
                'expected figure = "equity" or the like, and direction = "maximize" or "minimize"',
            )
            return None
        return Objective(figure, direction == "minimize")

    def _beside(self, name: str) -> Path:
        if name.startswith(_HERE):
            return self._path.parent / name.removeprefix(_HERE)
        return Path(name)

    def _place(self, at: tuple[str | int, ...]) -> str:
        line = self._places.line(at)
        return str(self._path) if line is None else f"{self._path}:{line}"

    def _fault(self, at: tuple[str | int, ...], text: str) -> None:
        self._note(at, f"{self._place(at)}: {'.'.join(map(str, at))}: {text}")

    def _note(self, at: tuple[str | int, ...], text: str) -> None:
        self.faults.append((self._places.line(at) or 0, text))


def _names(names: Any) -> str:
    return ", ".join(names)
