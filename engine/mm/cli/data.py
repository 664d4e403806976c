"""``mm data``: look at market data files, or make some."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from mm.api import DataError, UsageError


def inspect(args: argparse.Namespace) -> int:
    """Describe every file; those that cannot be used are described as such and make exit code 4."""
    from mm_tardis.inspect import inspect_files, inspection_json, inspection_text

    found = inspect_files([Path(name) for name in args.files])
    if args.json:
        print(json.dumps([inspection_json(i) for i in found], indent=2, ensure_ascii=False))
    else:
        print("\n\n".join(inspection_text(i) for i in found))
    return DataError.exit_code if any(i.fault is not None for i in found) else 0


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
