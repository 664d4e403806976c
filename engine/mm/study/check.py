"""A run file with sets in it, checked: every fault of any set, before anything runs."""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from mm.api import ConfigError, UsageError
from mm.config import LoadedConfig, load_config
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

    def content(self) -> dict[str, Any]:
        """Give the run file without any set, its defaults filled in.

        Raises:
            MMError: it is faulty.
        """
        return tomllib.loads(self._load(()).text)

    def load(self, one: Set) -> LoadedConfig:
        """Load the run file with a set in it.

        Raises:
            ConfigError: it is faulty.
            PluginError: as ``load_config`` does.
            UsageError: it is not for a replay.
        """
        return self._load(one.overrides)

    def check(self, one: Set) -> Checked:
        """Check one set, as ``load`` does."""
        loaded = self.load(one)
        market = market_key(loaded)
        self.markets.setdefault(market, loaded)
        return Checked(fingerprint(loaded), market)

    def check_all(self, sets: Iterable[Set]) -> list[Checked]:
        """Check sets.

        Raises:
            ConfigError: with every fault of any set, once.
            PluginError, UsageError: as ``load`` does.
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

    def _load(self, overrides: Sequence[Any]) -> LoadedConfig:
        given = [*self.overrides, *overrides]
        loaded = load_config(self.path, self.registry, given, text=self.text)
        if not loaded.config.data.from_csv:
            raise UsageError(
                f"{self.path}: data.from_csv is false, expected a run file for a replay"
            )
        return loaded


def fingerprint(loaded: LoadedConfig) -> str:
    """Hash all that decides what a run comes to, but for the data; where it writes does not."""
    content = tomllib.loads(loaded.text)
    content.pop("output", None)
    versions = sorted({f"{row.package} {row.version}" for row in loaded.registry.listing()})
    text = json.dumps([content, _files(loaded.files), versions], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _files(files: Mapping[str, str]) -> dict[str, str]:
    """Hash the files that parts read beside the market's; the run says what is wrong with one."""
    found = {}
    for key, name in sorted(files.items()):
        try:
            found[key] = hashlib.sha256(Path(name).read_bytes()).hexdigest()
        except OSError:
            found[key] = ""
    return found
