"""What only some commands need, and the default installation does not have."""

from importlib.util import find_spec
from typing import Final

from mm.api import UsageError

_PACKAGES: Final = {
    "report": ("plotly",),
    "sweep": ("optuna", "scipy", "distributed"),
    "web": ("starlette", "hypercorn", "prometheus_client"),
}


def need(extra: str, what: str, package: str = "", called: str = "") -> None:
    """Make sure that an extra is installed; ask before a long run.

    Args:
        extra: of this distribution.
        what: what needs it, to begin the sentence with.
        package: the one of it that is needed; empty = all.
        called: what to call it; empty = its name.

    Raises:
        UsageError: it is not installed.
    """
    for name in (package,) if package else _PACKAGES[extra]:
        if find_spec(name) is None:
            raise UsageError(
                f"{what} needs {called or name}, which is not installed:"
                f" pip install 'mm-engine[{extra}]'"
            )
