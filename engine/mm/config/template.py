"""A run file that is checked many times, each time with other keys in it.

The file is read once, and a table that was found to be right is not looked at again. What is said
of a fault is what ``load_config`` says.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from mm.config.document import Document, disabled_plugins
from mm.config.loaded import Effective
from mm.config.markets import load_markets
from mm.config.overrides import Override
from mm.registry import Registry

_MOST_TABLES: Final = 500
"""Tables whose objects are kept: of a run file there are some twenty."""


class Template:
    """A run file to put keys into."""

    def __init__(
        self, path: Path, registry: Registry, overrides: Sequence[str], text: str | None = None
    ) -> None:
        """Read the file, or take its ``text``, with what holds every time in it.

        Raises:
            ConfigError: the file cannot be read, or is not TOML.
        """
        self._document = Document.read(path, overrides, {}, text)
        self._registry = registry
        self._registries: dict[tuple[str, ...], Registry] = {}
        self._made: dict[str, Any] = {}

    def load(self, overrides: Sequence[Override]) -> Effective:
        """Check the file with these keys in it.

        Raises:
            ConfigError, PluginError: as ``load_config`` does.
        """
        document = self._document.with_overrides(overrides)
        disabled = tuple(disabled_plugins(document.data))
        if disabled not in self._registries:
            self._registries[disabled] = self._registry.without(disabled)
        registry = self._registries[disabled]
        if len(self._made) > _MOST_TABLES:
            self._made.clear()
        loaded = load_markets(document, registry, {}, self._made)
        for path, value in loaded.defaults():
            table = document.data
            for key in path[:-1]:
                table = table.setdefault(key, {})
            table[path[-1]] = value
        return Effective(
            config=loaded.config,
            content=document.data,
            registry=registry,
            files=dict(loaded.files()),
        )
