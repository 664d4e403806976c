"""A run file as it lies on the disk: its text, what that says, and values beside the file.

Says where a file is no text or no TOML. Knows nothing of which keys exist.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from mm.api import ConfigError, read_file
from mm.config.overrides import parse_toml
from mm.config.scan import Path as Place

HERE: Final = "$HERE"
"""In front of a path: the folder of the run file itself, so that the two may be moved together."""

MOST_BYTES: Final = 1 << 20
"""Of a run file: a hundred times the longest of ours, with every key and its comment."""

_TOML_ERROR: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")
"""The form of tomllib's messages, the same from Python 3.11 to 3.14."""


def beside(path: Path, at: Place, table: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Every value that starts with ``$HERE``, with the folder of the file at ``path`` instead."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from beside(path, (*at, key), value)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, dict):
                    yield from beside(path, (*at, key, number), item)
        elif isinstance(value, str) and (value == HERE or value.startswith(f"{HERE}/")):
            yield (*at, key), f"{path.parent}{value.removeprefix(HERE)}"


def read_text(path: Path) -> str:
    """Read a run file.

    Raises:
        ConfigError: it cannot be read, or is not UTF-8.
    """
    raw = read_file(path, expected="a run file in TOML", most_bytes=MOST_BYTES)
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise ConfigError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8") from exc


def parsed(path: Path, text: str) -> dict[str, Any]:
    """Parse a run file's text.

    Raises:
        ConfigError: it is not TOML.
    """
    try:
        return parse_toml(text)
    except RecursionError:
        raise ConfigError(f"{path}: not valid TOML: nested too deeply") from None
    except tomllib.TOMLDecodeError as exc:
        match = _TOML_ERROR.fullmatch(str(exc))
        what, line, column = match.groups() if match else (str(exc), None, None)
        end = text.rstrip("\n").split("\n")
        place = f"{line or len(end)}:{column or len(end[-1]) + 1}"
        what = what[0].lower() + what[1:]
        raise ConfigError(f"{path}:{place}: not valid TOML: {what}") from exc
