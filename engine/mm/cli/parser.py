"""The parser of ``mm``. Imports argparse and nothing heavier; ``verbs`` has a module a verb.

A verb names its function as ``module:function``; ``handler`` imports it once it is called for.
"""

import argparse
from collections.abc import Callable
from typing import Final

from mm.cli.arguments import Parser, ShowVersion, group
from mm.cli.verbs import (
    backtest,
    calibrate,
    config,
    data,
    explain,
    fake,
    live,
    plugins,
    prove,
    quotes,
    record,
    simulate,
)

Handler = Callable[[argparse.Namespace], int]

_VERBS: Final = {
    "backtest": backtest.add,
    "calibrate": calibrate.add,
    "config": config.add,
    "data": data.add,
    "explain": explain.add,
    "fake-bitmex": fake.add,
    "live": live.add,
    "plugins": plugins.add,
    "prove": prove.add,
    "quotes": quotes.add,
    "record": record.add,
    "simulate": simulate.add,
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="mm",
        description="Deterministic market-making engine: replay ticks, simulate execution.",
        epilog="Each verb has its own --help with examples. Exit codes: 0 done, 1 our bug, 2 usage,"
        " 3 configuration, 4 data, 5 plugin, 6 complete with defects (of the data: results are"
        " doubtful), 130 interrupted.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=ShowVersion, nargs=0, help="print the version")
    verbs = group(parser, _VERBS)
    for add in _VERBS.values():
        add(verbs)
    return parser


def handler(args: argparse.Namespace) -> Handler:
    """Import the function that does what the arguments ask for."""
    import importlib

    module, _, name = args.handler.partition(":")
    found: Handler = getattr(importlib.import_module(module), name)
    return found
