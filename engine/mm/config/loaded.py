"""What a run file amounts to once it has passed every check. Checks nothing itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from mm.config.tables import RunConfig
from mm.registry import Registry


@attrs.frozen(kw_only=True)
class LoadedConfig:
    """A run file that has passed every check."""

    config: RunConfig
    text: str
    """The effective file: overrides applied, defaults filled in and marked, comments kept."""
    path: Path
    registry: Registry
    """What it was checked against: without the plugins it disables."""
    files: Mapping[str, str] = attrs.field(factory=dict)
    """Key -> path, for each file that a chosen part reads beside the market's."""


@attrs.frozen(kw_only=True)
class Effective:
    """A run file that has passed every check, without its text."""

    config: RunConfig
    content: dict[str, Any]
    """Its tables, defaults filled in; numbers with a point are decimals or floats."""
    registry: Registry
    files: Mapping[str, str]
    """As in ``LoadedConfig``."""
