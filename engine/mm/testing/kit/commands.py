"""Rules for verbs of the command line. A verb is not run: what it does is its own affair."""

import argparse
import re
import shlex
from collections.abc import Iterator
from typing import Any, Final

from mm.api import CommandOffer
from mm.testing.kit.findings import Finding

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def check_command(offer: CommandOffer, config: Any = None) -> list[Finding]:
    """Try every rule on a command: its name, its help, and that its examples can be read."""
    del config  # a command has none; every check is called alike
    return list(_findings(offer))


def _findings(offer: CommandOffer) -> Iterator[Finding]:
    yield _judge(
        "name", _NAME.fullmatch(offer.name) is not None, f"mm {offer.name}",
        "a name of small letters and digits, with hyphens between words",
    )  # fmt: skip
    yield _judge("help", bool(offer.help), offer.help or "no help", "set help, one sentence")
    yield _judge(
        "examples", bool(offer.examples), f"{len(offer.examples)} examples",
        "set examples: whole command lines",
    )  # fmt: skip
    parser = argparse.ArgumentParser(prog=f"mm {offer.name}", exit_on_error=False)
    offer.arguments(parser)
    for example in offer.examples:
        fault = _fault(parser, offer.name, example)
        yield _judge("example", not fault, fault or example, "change the example or the arguments")


def _judge(rule: str, ok: bool, message: str, change: str) -> Finding:
    return Finding(rule=rule, ok=ok, message=message, change="" if ok else change)


def _fault(parser: argparse.ArgumentParser, name: str, example: str) -> str:
    """Say why an example cannot be read; nothing if it can."""
    words = shlex.split(example)
    if words[:2] != ["mm", name]:
        return f"{example!r} does not start with 'mm {name}'"
    try:
        parser.parse_args(words[2:])
    except (argparse.ArgumentError, SystemExit) as error:
        return f"{example!r} cannot be read: {error}"
    return ""
