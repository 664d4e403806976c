"""``mm`` as a process of its own, also as ``python -m mm``.

It ends without taking apart what the operating system takes back anyway: of numba's types and
machine code that alone takes a quarter of a second. What others asked to have done at the end is
done, and every file of ours has been closed by then.
"""

import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn

from mm.cli import main


def run() -> NoReturn:
    """Run one command line and leave with its exit code."""
    code = main()
    with suppress(OSError, ValueError):  # nobody listens any more
        sys.stdout.flush()
        sys.stderr.flush()
    atexit._run_exitfuncs()
    os._exit(code)


if __name__ == "__main__":
    run()
