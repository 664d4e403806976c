"""What only some samplers need, and the default installation does not have."""

from importlib import import_module
from typing import Any

from mm.api import UsageError


def need(module: str, what: str) -> Any:
    """Import a module of the extra ``sweep``.

    Raises:
        UsageError: it is not installed; ``what`` needs it.
    """
    try:
        return import_module(module)
    except ImportError:
        name = module.partition(".")[0]
        raise UsageError(
            f"{what} needs {name}, which is not installed: pip install 'mm-engine[sweep]'"
        ) from None
