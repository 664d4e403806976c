"""One line of a notebook's cell that is written over and over, so that progress floods nothing.

Jupyter's own library is never imported: it is there already, or this is no notebook. Knows nothing
of what the line says.
"""

import sys
from html import escape
from typing import Any

_placed: list[str] = []
"""The line of the cell that ran last: runs in one cell share it."""


def in_notebook() -> bool:
    """Say whether a cell of a notebook is what runs: IPython with a kernel, not on a terminal."""
    return getattr(_shell(), "kernel", None) is not None


def write_line(text: str, share: float | None = None) -> None:
    """Write the cell's line anew.

    Args:
        text: what it shall say; empty takes it away.
        share: of the work that is done, in [0, 1], drawn as a bar; None = no bar.
    """
    shell = _shell()
    place = f"mm-progress-{shell.execution_count}"
    fresh = place not in _placed
    if fresh:
        _placed[:] = [place]
    bar = "" if share is None or not text else f'<progress max="1" value="{share:.4f}"></progress> '
    content = {"text/plain": text, "text/html": f"{bar}<code>{escape(text)}</code>" if text else ""}
    display = sys.modules["IPython.display"].display
    display(content, raw=True, display_id=place, update=not fresh)


def _shell() -> Any:
    """Give IPython's shell, or None."""
    ipython: Any = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()
