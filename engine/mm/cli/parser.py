"""The parser of ``mm``. Imports argparse and nothing heavier; ``verbs`` has a module a verb.

A verb names its function as ``module:function``; ``handler`` imports it once it is called for.
Plugins add verbs of their own. To learn of them takes as long as to load all plugins, so they are
asked only about a verb that is none of ours.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, cast

from mm.cli.arguments import Parser, ShowVersion, group, verb
from mm.cli.verbs import (
    alerts,
    backtest,
    calibrate,
    compare,
    config,
    data,
    explain,
    live,
    plugins,
    prove,
    quotes,
    record,
    report,
    runs,
    simulate,
    sweep,
    watch,
)

if TYPE_CHECKING:
    from mm.api import CommandOffer

Handler = Callable[[argparse.Namespace], int]

_VERBS: Final = {
    "alerts": alerts.add,
    "backtest": backtest.add,
    "calibrate": calibrate.add,
    "compare": compare.add,
    "config": config.add,
    "data": data.add,
    "explain": explain.add,
    "live": live.add,
    "plugins": plugins.add,
    "prove": prove.add,
    "quotes": quotes.add,
    "record": record.add,
    "report": report.add,
    "runs": runs.add,
    "simulate": simulate.add,
    "sweep": sweep.add,
    "watch": watch.add,
}


def build_parser(argv: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of the whole command line; ``argv`` tells whether plugins must be asked."""
    parser = Parser(
        prog="mm",
        description="Deterministic market-making engine: replay ticks, simulate execution.",
        epilog="Plugins may add verbs; `mm plugins` lists them as commands. Each verb has its own"
        " --help with examples. Exit codes: 0 done, 1 our bug, 2 usage, 3 configuration, 4 data,"
        " 5 plugin, 6 complete with defects (of the data: results are doubtful), 130 interrupted.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=ShowVersion, nargs=0, help="print the version")
    offers = {} if _is_ours(argv) else _commands()
    verbs = group(parser, [*_VERBS, *offers])
    for add in _VERBS.values():
        add(verbs)
    for offer in offers.values():
        about = offer.help or f"run {offer.name}"
        offer.arguments(verb(verbs, offer.name, offer.run, about, offer.examples))
    return parser


def _is_ours(argv: Sequence[str]) -> bool:
    first = next((word for word in argv if not word.startswith("-")), None)
    return first is None or first in _VERBS


def _commands() -> dict[str, "CommandOffer"]:
    """The verbs that plugins add, by name; one of ours cannot be taken."""
    from mm.api import CommandOffer
    from mm.registry import load_registry

    offers = (o for o in load_registry().offers("command") if isinstance(o, CommandOffer))
    return {offer.name: offer for offer in offers if offer.name not in _VERBS}


def handler(args: argparse.Namespace) -> Handler:
    """Import the function that does what the arguments ask for."""
    import importlib

    if callable(args.handler):
        return cast(Handler, args.handler)
    module, _, name = args.handler.partition(":")
    found: Handler = getattr(importlib.import_module(module), name)
    return found
