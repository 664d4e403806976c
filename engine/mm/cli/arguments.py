"""What the verbs' arguments are made of. Imports argparse and nothing heavier."""

import argparse
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn

_INVALID_CHOICE: Final = re.compile(r"argument VERB: invalid choice: '(.*?)' \(choose from")
"""argparse's message for an unknown verb, up to where Python versions differ."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose faults read like our other errors."""

    verbs: tuple[str, ...] = ()

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with 2."""
        match = _INVALID_CHOICE.match(message)
        if match is not None:
            from mm.suggest import did_you_mean

            near = did_you_mean(match[1], self.verbs)
            message = f"unknown verb {match[1]!r}{near or ','} expected one of: "
            message += ", ".join(self.verbs)
        self.exit(2, f"mm: {message} (see {self.prog} --help)\n")


class ShowVersion(argparse.Action):
    """``--version``: looked up only when asked for, as importlib.metadata takes its time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print the version and exit."""
        from importlib.metadata import version

        print(f"mm {version('mm-engine')}")
        parser.exit()


def group(
    parser: argparse.ArgumentParser, names: Iterable[str], *, required: bool = True
) -> Any:  # fmt: skip
    """Let a parser have verbs; return what ``verb`` adds them to."""
    assert isinstance(parser, Parser)  # subparsers are of their parent's class
    parser.verbs = tuple(names)
    return parser.add_subparsers(metavar="VERB", required=required)


def verb(
    verbs: Any,
    name: str,
    target: "str | Callable[[argparse.Namespace], int]",
    summary: str,
    examples: Iterable[str],
    *,
    nested: bool = False,
) -> argparse.ArgumentParser:
    """Add a verb; return its parser.

    ``target``: the function that carries it out, or its name, ``module:function``.
    ``nested``: it is below a verb that has flags itself; see ``flag``.
    """
    parser: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog="examples:\n" + "".join(f"  {example}\n" for example in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(handler=target)
    flag(parser, "--debug", "show the traceback of an error", nested=nested)
    return parser


def flag(parser: argparse.ArgumentParser, name: str, text: str, *, nested: bool = False) -> None:
    """Add a flag without a value.

    ``nested``: the verb above has the same flag, and it counts before the verb's name as well;
    argparse would undo it with the inner one's default.
    """
    default: Any = argparse.SUPPRESS if nested else False
    parser.add_argument(name, action="store_true", default=default, help=text)


_SHORT: Final = {
    "data": ("DIR", "folder of the data; short for --set data.tardis_root=DIR"),
    "output": ("DIR", "folder of the runs; short for --set output.csv_path=DIR"),
    "symbol": ("S", "instrument; short for --set strategy.symbol=S"),
    "label": ("TEXT", "what lists call the run; short for --set output.label=TEXT"),
    "seed": ("N", "seed of all draws; short for --set engine.seed=N"),
    "url": ("URL", "address of the feed; short for --set data.bitmex_api=URL"),
}
"""Flags that are short for a key (``mm.config.overrides``): name -> placeholder, help."""


def run_file(parser: argparse.ArgumentParser, *short: str, required: bool = True) -> None:
    """Add ``--config``, ``--set`` and the named short flags; the others count as not given.

    ``required``: False if the verb can do without a run file.
    """
    parser.set_defaults(**dict.fromkeys(_SHORT), strict=False, insecure=False)
    parser.add_argument("--config", metavar="FILE", required=required, help="run file (TOML)")
    for name in short:
        metavar, text = _SHORT[name]
        kind = int if name == "seed" else str
        parser.add_argument(f"--{name}", metavar=metavar, type=kind, help=text)
    set_keys(parser)


def set_keys(parser: argparse.ArgumentParser) -> None:
    """Add ``--set``."""
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[],
        help="set a key of the run file; a TOML value, or else a string; may be repeated",
    )  # fmt: skip


def web(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Add what a page to watch by is served with."""
    told = "" if default is None else f" (default {default})"
    parser.add_argument(
        "--web", metavar="ADDRESS", default=default,
        help=f"serve a page to watch by there, such as 127.0.0.1:8080{told}; other machines reach "
        "other addresses, and need a token",
    )  # fmt: skip
    parser.add_argument(
        "--web-token-file", metavar="FILE",
        help="file with the token of the page (else the environment's MM_WEB_TOKEN)",
    )  # fmt: skip


_DURATION: Final = re.compile(r"(\d+\.?\d*|\.\d+)(s|m|h|)", re.ASCII)
_UNITS_S: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration(text: str) -> float:
    """Read a length of time in seconds: 90s, 5m, 1.5h; a bare number is in seconds."""
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _UNITS_S[match[2]] if match else 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a length of time such as 90s, 5m or 2h")
    return seconds


def positive(text: str) -> float:
    """Read a positive, finite number."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return value


def not_negative(text: str) -> float:
    """Read a finite number of zero or more."""
    return 0.0 if text == "0" else positive(text)


def moment(text: str) -> int:
    """Read a moment of the data [µs since 1970]."""
    from mm.times import parse_moment  # late: --help waits for nothing

    try:
        return parse_moment(text)
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time, expected 2024-08-01T09:00:01.5 (UTC) or µs since 1970"
        ) from None


def whole(text: str) -> int:
    """Read a positive whole number."""
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)
