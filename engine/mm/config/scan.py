"""Where things stand in a TOML text: the line and the span of every key and value.

The text must be valid (``tomllib`` has judged it): this reader only looks for boundaries, and
makes nothing of the values. Its answers are for error messages and for editing in place, so that
a user's comments and layout survive.
"""

import re
import tomllib
from typing import Final, TypeAlias

import attrs

Path: TypeAlias = tuple[str | int, ...]
"""Keys from the root; an int counts the items of an array, from 0."""

Keys: TypeAlias = tuple[str, ...]
"""A path that runs through tables only."""

_BLANK: Final = re.compile(r"(?:[ \t\n]+|\#[^\n]*)*")
_KEY: Final = re.compile(r"""[A-Za-z0-9_-]+ | "(?:\\.|[^"\\])*" | '[^']*'""", re.VERBOSE)
_DOT: Final = re.compile(r"[ \t]*\.[ \t]*")
_SCALAR: Final = re.compile(
    r'''  """(?:\\.|[^\\])*?"""(?!")  # multi-line; may end in quotes of its own
        | \'\'\'.*?\'\'\'(?!\')
        | "(?:\\.|[^"\\])*"
        | '[^']*'
        | \d{4}-\d\d-\d\d[Tt\ ]\d\d:[^\s,\]}\#]+  # a date and a time may have a space between
        | [^\s,\]}\#]+''',
    re.VERBOSE | re.DOTALL,
)


@attrs.define
class Value:
    """A value that is written out, as opposed to a table made of lines."""

    start: int
    end: int
    last: int
    """Of an inline table: where the last entry ends, or just inside if there is none."""
    empty: bool


@attrs.define
class Section:
    """The lines from a ``[header]`` to the next; the first section has no header."""

    path: Path
    end: int
    """Where its last entry ends, or its header if it has none."""
    dotted: set[Path] = attrs.field(factory=set)
    """Tables below it that its dotted keys make."""


@attrs.define
class Scan:
    """All places of one text."""

    text: str
    lines: dict[Path, int] = attrs.field(factory=dict)
    """Line, from 1, on which a key, table or array item first appears."""
    values: dict[Path, Value] = attrs.field(factory=dict)
    sections: list[Section] = attrs.field(factory=lambda: [Section((), 0)])

    def line(self, path: Path) -> int | None:
        """Return the line of a key, or of the nearest table around it; None: nowhere."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def line_end(self, offset: int) -> int:
        """Return where the line at ``offset`` ends, before its line end."""
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end


def scan(text: str) -> Scan:
    """Find every key and value of a valid TOML text whose line ends are ``\\n``."""
    return _Scanner(text).run()


class _LostError(AssertionError):
    """The text is not what was promised; the argument is the offset."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.counted = 0  # line ends are counted up to here …
        self.line = 1  # … which is on this line
        self.found = Scan(text)
        self.items: dict[Path, int] = {}  # arrays of tables: how many so far

    def run(self) -> Scan:
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                self._header()
            else:
                section = self.found.sections[-1]
                self._entry(section.path, section)
                section.end = self.at
            self._skip(_BLANK)
        return self.found

    def dotted_key(self) -> Keys:
        """Read the text as one dotted key and nothing else."""
        keys = self._key()
        if self.at < len(self.text):
            raise _LostError(self.at)
        return keys

    def _header(self) -> None:
        brackets = 2 if self.text.startswith("[[", self.at) else 1
        start = self.at
        self.at += brackets
        self._skip(_BLANK)
        path = self._below(self._key())
        self._skip(_BLANK)
        self.at += brackets
        self._mark(path, start)
        if brackets == 2:
            self.items[path] = self.items.get(path, -1) + 1
            path = (*path, self.items[path])
            self._mark(path, start)
        self.found.sections.append(Section(path, self.at))

    def _below(self, keys: Keys) -> Path:
        """Go through arrays of tables by their newest item, as headers do."""
        path: Path = ()
        for key in keys[:-1]:
            path = (*path, key)
            path = (*path, self.items[path]) if path in self.items else path
        return (*path, keys[-1])

    def _entry(self, table: Path, section: Section | None) -> None:
        start = self.at
        keys = self._key()
        path = table + keys
        self._mark(path, start)
        if section is not None:
            section.dotted.update(table + keys[:n] for n in range(1, len(keys)))
        self._skip(_BLANK)
        self.at += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path)

    def _value(self, path: Path) -> None:
        start = last = self.at
        opening = self.text[start]
        if opening == "[":
            last = self._items(path)
        elif opening == "{":
            last = self._entries(path)
        else:
            self._skip(_SCALAR)
        self.found.values[path] = Value(start, self.at, last, empty=last == start + 1)

    def _items(self, path: Path) -> int:
        last = self._open()
        index = 0
        while self.text[self.at] != "]":
            self._mark((*path, index), self.at)
            self._value((*path, index))
            last = self.at
            index += 1
            self._comma()
        self.at += 1
        return last

    def _entries(self, path: Path) -> int:
        last = self._open()
        while self.text[self.at] != "}":
            self._entry(path, None)
            last = self.at
            self._comma()
        self.at += 1
        return last

    def _open(self) -> int:
        self.at += 1
        inside = self.at
        self._skip(_BLANK)
        return inside

    def _comma(self) -> None:
        self._skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self._skip(_BLANK)

    def _key(self) -> Keys:
        keys = [self._skip(_KEY)]
        while _DOT.match(self.text, self.at):
            self._skip(_DOT)
            keys.append(self._skip(_KEY))
        return tuple(_plain(key) for key in keys)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise _LostError(self.at)
        self.at = match.end()
        return match.group()

    def _mark(self, path: Path, offset: int) -> None:
        self.line += self.text.count("\n", self.counted, offset)
        self.counted = offset
        for length in range(1, len(path) + 1):
            self.found.lines.setdefault(path[:length], self.line)


def split_key(text: str) -> Keys | None:
    """Split a dotted key as TOML does; None if it is not one."""
    try:
        return _Scanner(text).dotted_key()
    except _LostError:
        return None


def _plain(key: str) -> str:
    """Take the quotes off a key."""
    return key if key[0] not in "\"'" else str(tomllib.loads(f"key = {key}")["key"])
