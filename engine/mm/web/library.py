"""Whether what the page is served with is installed. Imports nothing heavy itself."""

from importlib.util import find_spec

from mm.api import UsageError


def check_library() -> None:
    """Raise UsageError unless the extra is installed; ask before a long run."""
    if any(find_spec(name) is None for name in ("starlette", "hypercorn", "prometheus_client")):
        raise UsageError(
            "a page to watch needs a web server, which is not installed: "
            "pip install 'mm-engine[web]'"
        )
