"""``mm data``: look at market data files, or make some."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import trio

from mm.api import DataError, Inspected, UsageError
from mm.cli.running import warn_if_cold
from mm.health import EXIT_CODE, entries, lines, verdict
from mm.registry import Registry, load_registry
from mm.run.look import look


def inspect(args: argparse.Namespace) -> int:
    """Describe every file, and what a run would find in those of one instrument.

    The exit code is 4 if any of them cannot be used, else 6 if any are sick.
    """
    registry = load_registry()
    offer = registry.connector(args.connector)
    if offer.inspect is None:
        raise UsageError(
            f"connector {offer.name!r} does not look into files, expected one that does;"
            " name another after --connector"
        )
    found = offer.inspect([Path(name) for name in args.files])
    blocks = [
        Block(dict(file.content), file.text, [] if file.fault else entries(file.defects))
        for file in found.files
    ]
    for block in _as_in_runs(found, registry.owner("connector", offer.name), registry):
        alone = [one for one in blocks if [one.content["path"]] == block.content["together"]]
        for one in alone:  # all that there is to say of a file by itself
            one.health = block.health
        blocks += [] if alone and block.content["fault"] is None else [block]
    if args.json:
        content = [{**block.content, "health": block.health} for block in blocks]
        print(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        print("\n\n".join(block.whole() for block in blocks))
    if any(block.content["fault"] is not None for block in blocks):
        return DataError.exit_code
    return EXIT_CODE if any(verdict(block.health) for block in blocks) else 0


@attrs.define
class Block:
    """What is shown of a file, or of several that a run would read together."""

    content: dict[str, Any]
    text: str
    health: list[dict[str, Any]]

    def whole(self) -> str:
        """The text with the health table below it."""
        if self.content["fault"] is not None:
            return self.text
        shown = [
            f"  {'health' if at == 0 else '':<8}  {line}"
            for at, line in enumerate(lines(self.health))
        ]
        return "\n".join([self.text, *shown])


def _as_in_runs(found: Inspected, owner: str, registry: Registry) -> Iterator[Block]:
    """Have the venue meet the files of each instrument, as in a run."""
    for sentence in found.left_out:
        print(f"note: {sentence}", file=sys.stderr)
    for run in found.runs:
        warn_if_cold(quiet=False)
        content: dict[str, Any] = {"path": None, "fault": None, "together": list(run.paths)}
        text = f"{run.symbol} ({run.exchange}), read as in a run"
        health: list[dict[str, Any]] = []
        try:
            health = entries(trio.run(look, run.connector, owner, registry))
        except DataError as error:
            content["fault"] = str(error)
            text += f"\n  unusable  {error}"
        text = "\n".join([text, *(f"  file      {path}" for path in run.paths)])
        yield Block(content, text, health)


def sample(args: argparse.Namespace) -> int:
    """Write the synthetic sample."""
    from mm.synthetic.sample import DEFAULT_SECONDS, write_sample

    seconds = args.seconds or DEFAULT_SECONDS
    try:
        report = write_sample(
            Path(args.directory), seconds=seconds, seed=args.seed, progress=_progress()
        )
    except OSError as exc:
        raise UsageError(f"{args.directory}: cannot write the sample: {exc.strerror}") from exc
    rows = ", ".join(f"{count} {name}" for name, count in report.rows.items())
    size_mb = report.file_bytes / 1e6
    print(f"{report.directory}: {rows} rows; {seconds} s, seed {args.seed}, {size_mb:.1f} MB")
    return 0


def _progress() -> Callable[[float], None] | None:
    """Return a percentage on stderr if a person is watching."""
    if not sys.stderr.isatty():
        return None
    return lambda share: print(
        f"\r{share:4.0%}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True
    )
