"""A page taken apart: what it loads, its tables, its charts."""

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

LOADING = {"src", "href", "srcset", "data", "action", "poster"}


class Reader(HTMLParser):
    """What of a page loads something; and its cells, script blocks and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.scripts: dict[str, str] = {}
        self.rows: list[list[str]] = []
        self.words: list[str] = []
        self._script: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [f"{tag} {name}={value}" for name, value in attrs if name in LOADING]
        self._script = dict(attrs).get("id") or "" if tag == "script" else None
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data
        else:
            self.words.append(data)
            if self.rows and self.rows[-1]:
                self.rows[-1][-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._script = None
        if tag == "table":
            self.rows.append([])


def read(path: Path) -> Reader:
    return Reader(path.read_text(encoding="utf-8"))


def charts(path: Path) -> dict[str, Any]:
    packed = read(path).scripts["charts"]
    content: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return content


def painted(figure: Any, palette: dict[str, str]) -> Any:
    """Do what the page's script does to colours."""
    return json.loads(re.sub(r'"@(\w+)"', lambda m: f'"{palette[m[1]]}"', json.dumps(figure)))
