"""Load a run file: read, override, check against the installed parts, fill in the defaults.

What is checked is the text with the overrides in it, and that text with the defaults added is what
a run writes beside its results.

    file -> text + overrides -> parse_toml -> structure (table by table) -> RunConfig
                    └────────── + defaults ──────────────────────────────> effective text
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mm.config.document import Document, disabled_plugins
from mm.config.edit import set_values
from mm.config.loaded import LoadedConfig
from mm.config.markets import load_markets
from mm.config.overrides import CONNECTOR_FLAGS, Override
from mm.registry import Registry, load_registry


def load_config(
    path: str | Path,
    registry: Registry | None = None,
    overrides: Sequence[str | Override] = (),
    *,
    text: str | None = None,
    **shortcuts: Any,
) -> LoadedConfig:
    """Load and check a run file.

    Args:
        path: a TOML file.
        registry: the installed parts; None loads them, without those the file disables.
        overrides: ``a.b.c=value``, each as after ``--set``, or with a label of its own for
            messages; they prevail over ``shortcuts``.
        text: what the file holds, if it is not to be read.
        shortcuts: values of the flags in ``SHORTCUTS`` and ``CONNECTOR_FLAGS``, such as
            ``seed=7``; None = not given.

    Raises:
        ConfigError: with every fault found.
        PluginError: nothing but a part is wrong: nobody offers it, or its plugin is broken.
    """
    flags = {name: shortcuts.pop(name, None) for name in CONNECTOR_FLAGS}
    document = Document.read(Path(path), overrides, shortcuts, text)
    disabled = disabled_plugins(document.data)
    registry = load_registry(disabled) if registry is None else registry.without(disabled)
    loaded = load_markets(document, registry, flags)
    text = set_values(document.text, dict(loaded.defaults()), comment="default")
    return LoadedConfig(
        config=loaded.config,
        text=text,
        path=Path(path),
        registry=registry,
        files=dict(loaded.files()),
    )
