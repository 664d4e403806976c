"""The command ``mm``: arguments in, text out, and the one place where errors become exit codes.

    parser    the arguments of every verb
    verb.py   one module a verb, imported when that verb is called

Nothing here or in ``parser`` imports more than argparse: ``mm --help`` must answer at once. No
verb catches errors to print them; they all end up in ``main``.
"""

import os
import sys
from collections.abc import Sequence
from typing import Final

INTERRUPTED: Final = 130  # 128 + SIGINT, as shells report it
BROKEN_PIPE: Final = 141  # 128 + SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    0 ok, 1 our bug, 2 usage, 3 configuration, 4 data, 5 plugin, 130 interrupted.
    """
    from mm.cli import parser

    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # an ASCII terminal gets its text too
    try:
        args = parser.build_parser().parse_args(argv)
    except SystemExit as exc:  # argparse has printed the help or the fault
        return exc.code if isinstance(exc.code, int) else 2
    try:
        code = parser.handler(args)(args)
        sys.stdout.flush()  # so that a closed pipe shows here and not at exit
    except BaseException as exc:
        return _report(exc, debug=args.debug)
    return code


def _report(error: BaseException, *, debug: bool) -> int:
    """Say on stderr what went wrong; return the exit code."""
    error = _leading(error)
    if isinstance(error, BrokenPipeError):
        # Python flushes stdout once more at exit; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    if debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        print("mm: interrupted", file=sys.stderr)
        return INTERRUPTED
    return _explain(error, debug=debug)


def _leading(error: BaseException) -> BaseException:
    """Return the error behind nested exception groups: an interrupt, else the first of ours."""
    leaves = _leaves(error)
    for wanted in (KeyboardInterrupt, _base_class()):
        found = [leaf for leaf in leaves if isinstance(leaf, wanted)]
        if found:
            return found[0]
    return leaves[0]


def _leaves(error: BaseException) -> list[BaseException]:
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for inner in error.exceptions for leaf in _leaves(inner)]


def _base_class() -> type[Exception]:
    from mm.api import MMError  # late: it brings numpy

    return MMError


def _explain(error: BaseException, *, debug: bool) -> int:
    from mm.api import MMError

    if isinstance(error, MMError):
        for fault in str(error).splitlines():
            print(f"mm: {fault}", file=sys.stderr)
        return error.exit_code
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    text = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    hint = "" if debug else " (run again with --debug for the traceback)"
    print(f"mm: internal error: {text}{hint}", file=sys.stderr)
    return 1
