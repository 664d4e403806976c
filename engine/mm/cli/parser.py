"""The arguments of ``mm`` and its verbs. Imports argparse and nothing heavier.

A verb names its function as ``module:function``; ``handler`` imports it once it is called for.
"""

import argparse
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn

Handler = Callable[[argparse.Namespace], int]

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


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="mm",
        description="Deterministic market-making engine: replay ticks, simulate execution.",
        epilog="Each verb has its own --help with examples.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=ShowVersion, nargs=0, help="print the version")
    verbs = _verbs(parser, ("backtest", "config", "data", "explain", "plugins"))
    _backtest(verbs)
    _config(verbs)
    _data(verbs)
    _explain(verbs)
    plugins = _verb(
        verbs, "plugins", "mm.cli.plugins:run", "list the installed parts and where they come from",
        ("mm plugins", "mm plugins --json", "MM_DISABLE_PLUGINS=momentum mm plugins"),
    )  # fmt: skip
    _flag(plugins, "--json", "print JSON instead of a table")
    return parser


def handler(args: argparse.Namespace) -> Handler:
    """Import the function that does what the arguments ask for."""
    import importlib

    module, _, name = args.handler.partition(":")
    found: Handler = getattr(importlib.import_module(module), name)
    return found


def _backtest(verbs: Any) -> None:
    parser = _verb(
        verbs, "backtest", "mm.cli.backtest:run", "replay market data through a strategy",
        (
            "mm backtest --config example/backtest.toml",
            "mm backtest --config config/avellaneda.toml --data ticks/ --set data.book_csv=",
            "mm backtest --config example/backtest.toml --seed 7 --json | jq .digest",
        ),
    )  # fmt: skip
    add = parser.add_argument
    add("--config", metavar="FILE", required=True, help="run file (TOML)")
    add("--data", metavar="DIR", help="folder of the data; short for --set data.tardis_root=DIR")
    add("--output", metavar="DIR", help="folder of the runs; short for --set output.csv_path=DIR")
    add("--symbol", metavar="S", help="instrument; short for --set strategy.symbol=S")
    add("--seed", metavar="N", type=int, help="seed of all draws; short for --set engine.seed=N")
    _set(parser)
    add("--speed", metavar="X", type=_positive, help="pace the replay at X times real time")
    _flag(parser, "--strict", "refuse data that needs repair; short for --set data.strict=true")
    _flag(parser, "--dry-run", "check the configuration and the data, then stop")
    _flag(parser, "--json", "print only summary.json on stdout")
    _flag(parser, "--quiet", "no progress on stderr")
    _flag(parser, "--verbose", "one line per fill on stderr")


def _config(verbs: Any) -> None:
    config = verbs.add_parser("config", help="check, show or describe run files")
    inner = _verbs(config, ("check", "show", "schema"))
    check = _verb(
        inner, "check", "mm.cli.config:check", "check a run file and list every fault",
        (
            "mm config check example/backtest.toml",
            "mm config check my.toml --set strategy.avellaneda.gamma=0.2",
        ),
    )  # fmt: skip
    show = _verb(
        inner, "show", "mm.cli.config:show", "print a run file with every default filled in",
        (
            "mm config show example/backtest.toml",
            "mm config show my.toml --set execution.latency_ms=5 > effective.toml",
        ),
    )  # fmt: skip
    for parser in (check, show):
        parser.add_argument("file", metavar="FILE", help="run file (TOML)")
        _set(parser)
    schema = _verb(
        inner, "schema", "mm.cli.config:schema", "describe run files, installed plugins included",
        ("mm config schema > mm.schema.json", "mm config schema --markdown"),
    )  # fmt: skip
    _flag(schema, "--markdown", "a table for people instead of JSON Schema")


def _data(verbs: Any) -> None:
    data = verbs.add_parser("data", help="look at market data, or make some")
    inner = _verbs(data, ("inspect", "sample"))
    inspect = _verb(
        inner, "inspect", "mm.cli.data:inspect", "describe Tardis CSV files: rows, span, defects",
        (
            "mm data inspect example/data_sample/*.csv.gz",
            "mm data inspect ticks/trades.csv.gz --json",
        ),
    )  # fmt: skip
    inspect.add_argument("files", metavar="FILE", nargs="+", help="CSV file, gzip or plain")
    _flag(inspect, "--json", "print JSON instead of text")
    sample = _verb(
        inner, "sample", "mm.cli.data:sample", "write synthetic trades, quotes and book files",
        ("mm data sample /tmp/sample", "mm data sample /tmp/sample --seconds 60 --seed 7"),
    )  # fmt: skip
    sample.add_argument("directory", metavar="DIR", help="folder to write to")
    sample.add_argument("--seconds", metavar="N", type=_whole, help="length of the sample [s]")
    sample.add_argument("--seed", metavar="N", type=int, default=0, help="seed (default 0)")


def _explain(verbs: Any) -> None:
    parser = _verb(
        verbs, "explain", "mm.cli.explain:run", "tell the story of one fill",
        (
            "mm explain example/run/bitmex_XBTUSD_01_08_2024_run1 1",
            "mm explain example/run/bitmex_XBTUSD_01_08_2024_run1 order:17 --json",
        ),
    )  # fmt: skip
    parser.add_argument("directory", metavar="RUN_DIR", help="folder of a finished run")
    parser.add_argument(
        "fill", metavar="FILL",
        help="number of the fill in trades.csv (1 = first), or order:ID for an order's first",
    )  # fmt: skip
    _flag(parser, "--json", "print JSON instead of text")


def _verbs(parser: argparse.ArgumentParser, names: Iterable[str]) -> Any:
    assert isinstance(parser, Parser)  # subparsers are of their parent's class
    parser.verbs = tuple(names)
    return parser.add_subparsers(metavar="VERB", required=True)


def _verb(
    verbs: Any, name: str, target: str, summary: str, examples: Iterable[str]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog="examples:\n" + "".join(f"  {example}\n" for example in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(handler=target)
    _flag(parser, "--debug", "show the traceback of an error")
    return parser


def _flag(parser: argparse.ArgumentParser, name: str, text: str) -> None:
    parser.add_argument(name, action="store_true", help=text)


def _set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[],
        help="set a key of the run file; a TOML value, or else a string; may be repeated",
    )  # fmt: skip


def _positive(text: str) -> float:
    """Read a positive, finite number."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return value


def _whole(text: str) -> int:
    """Read a positive whole number."""
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)
