"""What plugins print and log while a run goes on, line by line, with the data time it was said at.

Whoever starts a run says where such lines go; stdout may be another program's. It knows when a line
was said from ``mm.blame``, which stands around every call of a plugin, and not by whom. Compiled
code prints past Python, and past this.
"""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Final, TypeAlias

from mm.blame import working_at

Tell: TypeAlias = Callable[[str, int | None, str], object]
"""Is given a line, the data time [µs] (None = said in no plugin's call), and its level."""

_MOST: Final = 10_000
"""Characters kept of a line that does not end."""


class _Lines(io.TextIOBase):
    """A stream that tells each line once it is whole."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._begun = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *whole, self._begun = (self._begun + text).split("\n")
        for line in whole:
            self._tell(line, working_at.get(), "info")
        if len(self._begun) > _MOST:
            self.end()
        return len(text)

    def end(self) -> None:
        """Tell what was begun."""
        if self._begun:
            self.write("\n")


class _Records(logging.Handler):
    """A handler that tells each record."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(logging.INFO)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        for line in self.format(record).splitlines():
            self._tell(line, working_at.get(), record.levelname.lower())


@contextmanager
def telling(tell: Tell) -> Iterator[None]:
    """Give ``tell`` what is printed to stdout, and logged at INFO or above, in this context.

    Loggers that have handlers of their own keep them.
    """
    root = logging.getLogger()
    lines, records, level = _Lines(tell), _Records(tell), root.level
    root.addHandler(records)
    root.setLevel(min(level, logging.INFO) if level else logging.INFO)
    try:
        with redirect_stdout(lines):
            yield
    finally:
        root.setLevel(level)
        root.removeHandler(records)
        lines.end()
