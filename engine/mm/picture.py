"""Pictures: what the plots of all commands share. Knows nothing of what is drawn.

The same figure gives the same SVG, byte for byte: no date in it, ids from a fixed salt, text kept
as text. matplotlib takes half a second to import, so that is done when there is something to draw.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mm.api import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES: Final = (".png", ".svg")
BLUE: Final = "#2d6fc2"
RED: Final = "#c2452d"

_SETTINGS: Final[dict[Any, Any]] = {  # matplotlib types its keys one by one
    "svg.hashsalt": "mm",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def check_place(path: Path) -> None:
    """Raise UsageError unless a picture can go there; ask before the work that it will show."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"--plot {path}: the suffix {path.suffix!r} is no kind of picture;"
            f" end the name in {' or '.join(SUFFIXES)}"
        )
    if not path.parent.is_dir():
        raise UsageError(f"--plot {path}: there is no folder {path.parent}; make it first")


@contextmanager
def picture(path: Path, width_in: float, height_in: float) -> Iterator["Figure"]:
    """Give a figure to draw on; it is written when the block ends.

    Raises:
        UsageError: the file cannot be written.
    """
    check_place(path)
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        yield figure
        dated = {"Date": None} if path.suffix.lower() == ".svg" else {}
        try:
            figure.savefig(path, dpi=130, metadata=dated)
        except OSError as error:
            raise UsageError(
                f"--plot {path}: the picture cannot be written: {error.strerror};"
                " choose another place"
            ) from error
