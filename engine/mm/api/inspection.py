"""What ``mm data inspect`` is told of data files by the connector that reads such files.

Values only: who looks into the files is the plugin, who prints what was found is the host.
"""

from collections.abc import Mapping
from typing import Any

import attrs

from mm.api.evidence import Defect
from mm.api.parts import Connector


@attrs.frozen(kw_only=True)
class FileReport:
    """One file by itself."""

    path: str
    text: str
    """A block of lines for people, the path first."""
    content: Mapping[str, Any]
    """The same for ``--json``: names of the plugin's own, and values that JSON knows."""
    fault: str | None = None
    """Why the file cannot be used; None = it can."""
    defects: tuple[Defect, ...] = ()


@attrs.frozen(kw_only=True)
class FilesOfRun:
    """Files of one instrument that a run would read together."""

    exchange: str
    symbol: str
    paths: tuple[str, ...]
    connector: Connector
    """Over these files; not surveyed yet."""


@attrs.frozen(kw_only=True)
class Inspected:
    """What was found in files that were named together."""

    files: tuple[FileReport, ...]
    """In the order in which they were named."""
    runs: tuple[FilesOfRun, ...] = ()
    left_out: tuple[str, ...] = ()
    """A sentence for each file or folder that no run of ``runs`` would read."""
