"""The command ``mm``: arguments in, text out, and the one place where errors become exit codes.

    parser, arguments    the parser, and what the verbs' arguments are made of
    verbs                the arguments of each verb, a module each
    alerts, backtest, calibrate, compare, config, data, explain, live, plugins, prove, quotes,
    record, report, runs, simulate, sweep, watch    what each verb does, imported when it is called
    data_cache           the cache of parsed data
    sweep_report         a study judged, as a page
    plugins_show, plugins_check, plugins_new    the verbs of ``mm plugins``
    live_view, live_log  a live run as a picture, and as lines
    run_file, running    the run file with its flags; what verbs that run something share
    sweeping             a study carried out, for the verb and for Python
    display, texts       the progress bar and the summary; plain tables
    notebook             one line of a notebook's cell, written over and over

Nothing here, in ``parser`` or in ``verbs`` imports more than argparse: ``mm --help``
must answer at once. No verb catches errors to print them; they all end up in ``main``.
"""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Final, TextIO

INTERRUPTED: Final = 130  # 128 + SIGINT, as shells report it
BROKEN_PIPE: Final = 141  # 128 + SIGPIPE
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    0 ok, 1 our bug, 2 usage, 3 configuration, 4 data, 5 plugin, 6 complete with defects (on data
    that are sick), 130 interrupted.
    """
    from mm.cli import parser

    _prepare_streams()
    try:
        words = sys.argv[1:] if argv is None else argv
        args = parser.build_parser(words).parse_args(words)
    except SystemExit as exc:  # argparse has printed the help or the fault
        return exc.code if isinstance(exc.code, int) else 2
    try:
        code = parser.handler(args)(args)
        sys.stdout.flush()  # so that a closed pipe or a full disk shows here and not at exit
    except BaseException as exc:
        try:
            return _report(exc, debug=args.debug)
        except BrokenPipeError:  # nobody listens on stderr either
            _silence(sys.stderr)
            return BROKEN_PIPE
    return code


def _prepare_streams() -> None:
    """Let every stream take every text, also one that our caller has closed."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for good
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # an ASCII terminal gets its text too


def _silence(stream: TextIO) -> None:
    """Python flushes streams once more at exit; give this one somewhere to go."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _report(error: BaseException, *, debug: bool) -> int:
    """Say on stderr what went wrong; return the exit code."""
    error = _leading(error)
    if isinstance(error, BrokenPipeError):
        _silence(sys.stdout)
        return BROKEN_PIPE
    if isinstance(error, OSError) and error.errno in _FULL and error.filename is None:
        # Verbs name the files that they cannot write, so this is what the caller redirected.
        _silence(sys.stdout)
        print(
            f"mm: standard output cannot be written: {error.strerror}; make room, or send it"
            " elsewhere",
            file=sys.stderr,
        )
        return 2
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
        for fault in str(error).split("\n"):
            print(f"mm: {_plain(fault)}", file=sys.stderr)
        return error.exit_code
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    text = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    hint = "" if debug else " (run again with --debug for the traceback)"
    print(f"mm: internal error: {text}{hint}", file=sys.stderr)
    return 1


def _plain(text: str) -> str:
    """Write out what a terminal would obey: names in messages may hold anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
