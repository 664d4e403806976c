"""``mm config``: check, show, describe."""

import argparse
import json

from mm.config import json_schema, load_config, reference_markdown
from mm.registry import load_registry


def check(args: argparse.Namespace) -> int:
    """Check a run file; faults leave as ConfigError or PluginError."""
    from mm.run.features import check_strategy  # late: the other commands need none of it

    config = load_config(args.file, None, args.set).config
    check_strategy(config)
    strategy = config.strategy
    print(f"{args.file}: ok: {strategy.kind} on {strategy.symbol}")
    return 0


def show(args: argparse.Namespace) -> int:
    """Print the effective run file."""
    print(load_config(args.file, None, args.set).text, end="")
    return 0


def schema(args: argparse.Namespace) -> int:
    """Print what a run file may hold."""
    registry = load_registry()
    if args.markdown:
        print(reference_markdown(registry), end="")
    else:
        print(json.dumps(json_schema(registry), indent=2, ensure_ascii=False))
    return 0
