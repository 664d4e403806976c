"""One run file as text and as data, with the overrides in it, and the list of its faults.

Says of every fault where it is: file and line, or the flag that brought it. Knows nothing of
which keys exist.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from mm.api import ConfigError, MMError, PluginError
from mm.config.edit import key_text, set_values, toml_text
from mm.config.overrides import (
    Override,
    apply_override,
    is_tables,
    parse_override,
    parse_toml,
    shortcut,
)
from mm.config.reading import beside, parsed, read_text
from mm.config.scan import Keys, Scan, scan
from mm.config.scan import Path as Place


@attrs.define
class Document:
    """A document under examination: faults are noted, and raised together at the end."""

    path: Path
    _text: str
    """With the overrides in it, but for the edits."""
    data: dict[str, Any]
    """What ``text`` says."""
    _places: Scan
    """Of the text as it stands in the file."""
    _overrides: dict[Place, Override]
    _faults: list[tuple[int, str]]
    """(line or 0, text)"""
    _edits: list[tuple[dict[Place, Any], str]] = attrs.field(factory=list)
    """Values with the comment of each, made to the text when somebody asks for it."""
    _plugin_errors: list[PluginError] = attrs.field(factory=list)
    _excused: set[Keys] = attrs.field(factory=set)
    _market: tuple[int, dict[str, Any]] | None = None
    """Of a document that a table of a market makes: its number, and the table."""

    @classmethod
    def read(
        cls,
        path: Path,
        overrides: Sequence[str | Override],
        shortcuts: Mapping[str, Any],
        text: str | None = None,
    ) -> "Document":
        """Read a file, or take its ``text``, and put the overrides into it.

        Raises:
            ConfigError: the file cannot be read, or is not TOML.
        """
        text = read_text(path) if text is None else text
        data = parsed(path, text)
        here = dict(beside(path, (), data))
        if here:
            text = set_values(text, here)
            data = parse_toml(text)
        places = scan(text)
        faults: list[tuple[int, str]] = []
        applied: dict[Place, Override] = {}
        for override in _all_overrides(overrides, shortcuts, faults):
            try:
                place = apply_override(data, override)
            except ValueError as exc:
                faults.append((0, str(exc)))
            else:
                applied[place] = override
        text = set_values(text, {place: one.value for place, one in applied.items()})
        return cls(path, text, parse_toml(text), places, applied, faults)

    @property
    def text(self) -> str:
        """The file with the overrides, and what was implied, in it."""
        for values, comment in self._edits:
            self._text = set_values(self._text, values, comment)
        self._edits = []
        return self._text

    def with_overrides(self, overrides: Sequence[Override]) -> "Document":
        """Copy a document under no examination yet, with more overrides in it."""
        made = attrs.evolve(
            self, text=self.text, data=_copy(self.data), overrides=dict(self._overrides),
            faults=list(self._faults), edits=[], plugin_errors=[], excused=set(),
        )  # fmt: skip
        for override in overrides:
            made._override_key(override)
        return made

    def of_market(self, number: int) -> "Document":
        """Give the document that the run would have if market ``number`` were its only one.

        Faults of it are noted here.
        """
        data = _copy({key: one for key, one in self.data.items() if key != "market"})
        table = self.data["market"][number]
        for key, name in (("symbol", "strategy"), ("exchange", "output")):
            if key in table and isinstance(data.setdefault(name, {}), dict):
                data[name][key] = table[key]
        data = merged(data, {key: one for key, one in table.items() if isinstance(one, dict)})
        return attrs.evolve(self, data=data, edits=[], market=(number, table))

    def _place(self, path: Place) -> Place:
        """Where a key of a market's document stands in the file."""
        if self._market is None:
            return path
        number, table = self._market
        own = path[1:] if path in (("strategy", "symbol"), ("output", "exchange")) else path
        key = tuple(one for one in own if isinstance(one, str))  # a list's items are where it is
        if holds(table, key) or (holds(table, key[:1]) and not holds(self.data, key)):
            return ("market", number, *own)
        return path  # of what the markets share

    def _override_key(self, override: Override) -> None:
        try:
            changed = attrs.evolve(override, value=_as_read(override.value))
            place = apply_override(self.data, changed)
        except ValueError as exc:
            self._faults.append((0, str(exc)))
            return
        self._overrides[place] = override
        self._edits.append(({place: override.value}, ""))

    def get(self, path: Keys, default: Any) -> Any:
        """Return the value at a path, or the default if it is absent."""
        return _found(self.data, path, default)

    @property
    def overridden(self) -> tuple[Place, ...]:
        """Every key that the command line has set."""
        return tuple(self._overrides)

    def holds(self, path: Keys) -> bool:
        """Whether the document has this key."""
        return holds(self.data, path)

    def imply(self, path: Keys, value: Any) -> None:
        """Set a key that the document does not hold, as a default that depends on another key."""
        apply_override(self.data, Override(path, _as_read(value), ""))
        self._edits.append(({path: value}, "default"))

    def set_default(self, override: Override) -> None:
        """Set a key, unless the command line has set it by ``--set``, which prevails."""
        if override.path not in self._overrides:
            self._override_key(override)

    @property
    def faulty(self) -> bool:
        """Whether any fault was noted."""
        return bool(self._faults or self._plugin_errors)

    def fault(self, path: Place, text: str) -> None:
        """Note what is wrong at a path."""
        path = self._place(path)
        self._faults.append((self._places.line(path) or 0, f"{self._where(path)}: {text}"))

    def plugin_fault(self, path: Place, error: PluginError) -> None:
        """Note that the part named at a path cannot be had."""
        path = self._place(path)
        text = f"{self._where(path)}: {error}"
        placed = PluginError(text)
        placed.__cause__ = error.__cause__
        self._plugin_errors.append(placed)

    def excuse(self, table: Keys) -> None:
        """Let a table pass unread: the part that would know it cannot be had."""
        self._excused.add(table)

    def excused(self, table: Keys) -> bool:
        """Whether a table is to pass unread."""
        return table in self._excused

    def error(self) -> MMError:
        """Return the error that says all: of plugins, if nothing but plugins is wrong."""
        plugins = list(dict.fromkeys(str(error) for error in self._plugin_errors))
        if self._faults:
            ordered = sorted(self._faults, key=lambda fault: fault[0])
            # Several markets may meet one fault in what they share.
            return ConfigError(*dict.fromkeys(text for _, text in ordered), *plugins)
        error = PluginError("\n".join(plugins))
        error.__cause__ = self._plugin_errors[0].__cause__
        return error

    def _override(self, path: Place) -> Override | None:
        prefixes = (path[:length] for length in range(len(path), 0, -1))
        return next((self._overrides[p] for p in prefixes if p in self._overrides), None)

    def _where(self, path: Place) -> str:
        override = self._override(path)
        if override is not None:
            said = override.label.endswith(f" {key_text(path)}")
            return override.label if said else f"{override.label}: {key_text(path)}"
        line = self._places.line(path)
        place = f"{self.path}:{line}" if line is not None else str(self.path)
        return f"{place}: {key_text(path)}"


def _found(table: Any, path: Place, default: Any) -> Any:
    for key in path:
        if not isinstance(table, dict) or key not in table:
            return default
        table = table[key]
    return table


def holds(table: dict[str, Any], path: Place) -> bool:
    """Whether tables within tables have a key."""
    absent = object()
    return _found(table, path, absent) is not absent


def _copy(table: dict[str, Any]) -> dict[str, Any]:
    """Copy tables within tables; values are never changed."""
    return {key: _copied(one) for key, one in table.items()}


def _copied(one: Any) -> Any:
    if is_tables(one):
        return [_copied(item) for item in one]
    return _copy(one) if isinstance(one, dict) else one


def merged(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Put tables over those of the same name, key by key; neither is changed."""
    made = _copy(below)
    for key, one in above.items():
        under = made.get(key)
        if isinstance(one, dict):
            made[key] = merged(under if isinstance(under, dict) else {}, one)
        else:
            made[key] = one
    return made


def _as_read(value: Any) -> Any:
    """Give a value as it will be once it stands in a file and is read."""
    if isinstance(value, bool | int | str):
        return value
    return parse_toml(f"value = {toml_text(value)}")["value"]


def _all_overrides(
    overrides: Sequence[str | Override],
    shortcuts: Mapping[str, Any],
    faults: list[tuple[int, str]],
) -> Iterable[Override]:
    """Flags first, so that ``--set`` prevails."""
    for flag, value in shortcuts.items():
        if value is not None:
            yield shortcut(flag, value)
    for given in overrides:
        try:
            yield from (given,) if isinstance(given, Override) else parse_override(given)
        except ValueError as exc:
            faults.append((0, str(exc)))


def disabled_plugins(data: dict[str, Any]) -> list[str]:
    """Read ``plugins.disable`` ahead of the rest; if it is malformed, that is found later."""
    plugins = data.get("plugins")
    names = plugins.get("disable") if isinstance(plugins, dict) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
