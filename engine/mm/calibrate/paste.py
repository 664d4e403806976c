"""The table of estimates put into a run file in place: values anew, everybody's comments kept.

Of comments only our own are rewritten, which would be wrong beside new values: the lines above the
table that say what made it, and the error behind each value. Estimates nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mm.api import ConfigError, UsageError, read_file
from mm.config.edit import leaves, set_values
from mm.config.overrides import parse_toml
from mm.config.reading import MOST_BYTES
from mm.config.scan import Keys, scan
from mm.record.files import replace_text

_HEAD: Final = "# mm calibrate "
_ERROR: Final = "# ±"


def read_target(path: Path) -> str:
    """Read the file that is to be written to.

    Raises:
        ConfigError: there is none, or it is no TOML.
    """
    data = read_file(path, expected="a run file in TOML", most_bytes=MOST_BYTES)
    try:
        text = data.decode()
        parse_toml(text.removeprefix("\ufeff"))
    except ValueError as error:  # of TOML, or no text at all
        raise ConfigError(f"{path}: not valid TOML: {error}; nothing was written") from error
    return text


def paste(text: str, toml: str) -> str:
    """Put a table, as ``report.as_toml`` gives it, into the text of a run file.

    Raises:
        ConfigError: there is something else where the table belongs.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    windows = "\r\n" in text
    old = text.removeprefix("\ufeff").replace("\r\n", "\n")
    head = [line for line in toml.splitlines() if line.startswith("#")]
    values = dict(leaves(parse_toml(toml)))
    places = scan(toml).values
    table = next(iter(values))[:-1]
    had = _holds(parse_toml(old), table)
    new = old
    for path, value in values.items():
        end = places[path].end
        note = toml[end : scan(toml).line_end(end)].strip()
        new = set_values(new, {path: value}, note.removeprefix("# "))
        new = _noted(new, path, note)
    new = _headed(new, table, head, had)
    return mark + (new.replace("\n", "\r\n") if windows else new)


def write_over(path: Path, text: str) -> None:
    """Write the file so that nobody sees half of it; a link stays one, modes stay.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        replace_text(path.resolve(), text)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written: {error.strerror}; the file is as it was"
        ) from error


def _holds(content: Mapping[str, Any], table: Keys) -> bool:
    """Whether the table is there.

    Raises:
        ConfigError: something else is.
    """
    found: Any = content
    for depth, key in enumerate(table, 1):
        if key not in found:
            return False
        found = found[key]
        if not isinstance(found, dict):
            raise ConfigError(f"{'.'.join(table[:depth])} is no table, so nothing was written")
    return True


def _noted(text: str, path: Keys, note: str) -> str:
    """Rewrite the error behind a value, if it is one of ours."""
    places = scan(text)
    start = places.values[path].end
    end = places.line_end(start)
    if not text[start:end].lstrip().startswith(_ERROR):
        return text
    return f"{text[:start]}  {note}{text[end:]}"


def _headed(text: str, table: Keys, head: list[str], had: bool) -> str:
    """Rewrite the lines above the table, if they are ours; write them above a new one."""
    number = scan(text).lines[table]
    lines = text.split("\n")
    above = lines[max(number - 1 - len(head), 0) : number - 1]
    if len(above) == len(head) and above[0].startswith(_HEAD):
        lines[number - 1 - len(head) : number - 1] = head
    elif not had and lines[number - 1].startswith("["):
        lines[number - 1 : number - 1] = head
    return "\n".join(lines)
