"""The frame of every page: head, styles, script, charts and library in one file that loads nothing.

Library and charts are packed (gzip, base64), which makes a page of 5 MB one of 2. A policy in its
head forbids it to ask any server for anything. Knows no run.
"""

import base64
import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from mm.api import UsageError
from mm.extras import need
from mm.record.files import replace_text
from mm.results.report.theme import DARK, LIGHT

_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
    " img-src data: blob:; base-uri 'none'; form-action 'none'"
)
CROWD: Final = 3000
"""Fills of a rule above which those that lie on one another are drawn when zoomed in: a browser
takes a second for some thousand marks."""


def check_library() -> None:
    """Raise UsageError unless the charting library is installed; ask before a long run."""
    need("report", "a report")


def check_place(path: Path) -> None:
    """Raise UsageError unless a page can be written there."""
    if path.is_dir():
        raise UsageError(f"{path}: is a folder, expected the name of a file to write")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}; make it first")


def framed(name: str, charts: Mapping[str, Any], words: Iterable[str]) -> str:
    """Give the page: ``words`` are HTML, in which ``place`` says where each chart comes."""
    from plotly.offline import get_plotlyjs

    settings = {"light": LIGHT, "dark": DARK, "crowd": CROWD}
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(name)}</title><style>{_own('page.css')}</style></head><body><main>",
            *words,
            "</main>",
            f'<script type="application/json" id="settings">{json.dumps(settings)}</script>',
            f'<script type="text/plain" id="charts">{_packed(json.dumps(charts))}</script>',
            f'<script type="text/plain" id="library">{_packed(get_plotlyjs())}</script>',
            f"<script>{_own('page.js')}</script></body></html>\n",
        )
    )


def place(name: str, charts: Mapping[str, Any]) -> str:
    """Give the place of a chart, as HTML; those called ``timeline…`` share the axis of time."""
    height = charts[name]["layout"]["height"]
    return f'<div class="chart" id="{name}" style="height:{height}px"></div>'


def write(path: Path, make: Callable[[], str]) -> None:
    """Write what ``make`` gives; an older page stays as it is until the new one is whole.

    Raises:
        UsageError: it cannot be written there, or the library is not installed.
    """
    check_library()
    check_place(path)
    text = make()
    try:
        replace_text(path, text)
    except OSError as error:
        raise UsageError(
            f"{path}: the page cannot be written: {error.strerror}; choose another place"
        ) from error


def _own(name: str) -> str:
    return files("mm.results.report").joinpath(name).read_text(encoding="utf-8")


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()
