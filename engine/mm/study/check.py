"""A run file with sets in it, checked: every fault of any set, before anything runs."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from mm.api import ConfigError, UsageError
from mm.config import LoadedConfig, load_config
from mm.config.loaded import Effective
from mm.config.overrides import Override
from mm.config.template import Template
from mm.registry import Registry
from mm.study.axes import Set
from mm.study.market import market_key


@attrs.frozen
class Checked:
    """A set that has passed every check."""

    fingerprint: str
    """Of all that decides what its run comes to, but for the data."""
    market: str
    """Of all that decides what is read: the key in ``Base.markets``."""
    files: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    """Key -> hash, of each file that a part reads beside the market's; empty = cannot be read."""


@attrs.define
class Base:
    """A run file, and what all sets have in common."""

    path: Path
    registry: Registry
    overrides: Sequence[str] = ()
    """As after ``--set``."""
    text: str | None = None
    """What the file holds, if it is not to be read."""
    markets: dict[str, LoadedConfig] = attrs.field(factory=dict)
    """One of the run files that read the same, for each market."""

    _template: Template | None = None
    _versions: dict[int, list[str]] = attrs.field(factory=dict)

    def content(self) -> dict[str, Any]:
        """Give the run file without any set, its defaults filled in.

        Raises:
            MMError: it is faulty.
        """
        return self._load(()).content

    def check(self, one: Set) -> Checked:
        """Check the run file with a set in it.

        Raises:
            ConfigError: it is faulty.
            PluginError: as ``load_config`` does.
            UsageError: it is not for a replay.
        """
        loaded = self._load(one.overrides)
        market = market_key(loaded.config)
        if market not in self.markets:
            given: list[str | Override] = [*self.overrides, *one.overrides]
            self.markets[market] = load_config(self.path, self.registry, given, text=self.text)
        files = file_hashes(loaded.files)
        return Checked(self._fingerprint(loaded, files), market, files)

    def check_all(self, sets: Iterable[Set]) -> list[Checked]:
        """Check sets.

        Raises:
            ConfigError: with every fault of any set, once.
            PluginError, UsageError: as ``check`` does.
        """
        faults: dict[str, None] = {}
        checked = []
        for one in sets:
            try:
                checked.append(self.check(one))
            except ConfigError as error:
                faults |= dict.fromkeys(error.faults)
        if faults:
            raise ConfigError(*faults)
        return checked

    def _load(self, overrides: Sequence[Override]) -> Effective:
        if self._template is None:
            self._template = Template(self.path, self.registry, self.overrides, self.text)
        loaded = self._template.load(overrides)
        if not loaded.config.data.from_csv:
            raise UsageError(
                f"{self.path}: data.from_csv is false, expected a run file for a replay"
            )
        return loaded

    def _fingerprint(self, loaded: Effective, files: Mapping[str, str]) -> str:
        """Hash all that decides what a run comes to, but for the data; where it writes does not."""
        registry = loaded.registry
        if id(registry) not in self._versions:
            names = {f"{row.package} {row.version}" for row in registry.listing()}
            self._versions[id(registry)] = sorted(names)
        content = {key: one for key, one in loaded.content.items() if key != "output"}
        known = [content, files, self._versions[id(registry)]]
        text = json.dumps(known, sort_keys=True, default=_number)
        return hashlib.sha256(text.encode()).hexdigest()


def _number(value: object) -> object:
    """A decimal as the float that it stands for, so that a default and its like are equal."""
    return float(value) if isinstance(value, Decimal) else str(value)


def versions_of(registry: Registry) -> list[str]:
    """Name the packages of all plugins, also of those that fail, each with its version, sorted."""
    return sorted({f"{one.package} {one.version}" for one in registry.plugins})


def file_hashes(files: Mapping[str, str]) -> dict[str, str]:
    """Hash the files that parts read beside the market's; the run says what is wrong with one."""
    found = {}
    for key, name in sorted(files.items()):
        try:
            found[key] = hashlib.sha256(Path(name).read_bytes()).hexdigest()
        except OSError:
            found[key] = ""
    return found
