"""``mm plugins new``: write a complete distribution, and say what to do with it."""

import argparse
import shlex
from pathlib import Path

from mm.registry import load_registry
from mm.scaffold import choose_names, render, write_new


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm plugins new``."""
    names = choose_names(args.kind, args.name, load_registry())
    files = render(names)
    directory = Path(args.directory)
    write_new(directory, files)
    place = shlex.quote(str(directory))
    print(f"{names.kind} {names.offer} in {len(files)} files below {place}:")
    print("\n".join(f"  {path}" for path in files))
    print("next, in the environment where mm is installed:")
    print(f"  pip install -e {shlex.quote(f'{directory}[dev]')}")
    print(f"  pytest {place}")
    print(f"  mm plugins check {names.dist}")
    return 0
