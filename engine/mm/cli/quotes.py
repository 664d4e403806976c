"""``mm quotes``: a quoting model's offsets by inventory, as table, JSON or picture."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

import attrs

from mm.api import ConfigError, QuoteInputs, QuoteModelOffer, UsageError
from mm.picture import check_place
from mm.quotes.plot import draw
from mm.quotes.table import QuoteTable, Row, as_data, as_text, quote_table
from mm.registry import load_registry

OPTIONAL: Final = ("delta", "xi", "drift", "impact", "terminal")
"""Inputs that not every model knows."""


def run(args: argparse.Namespace) -> int:
    """Print the table, and draw it if asked to."""
    picture = None if args.plot is None else Path(args.plot)
    if picture is not None:
        check_place(picture)  # before the work
    model = load_registry().quote_model(args.model)
    try:
        table = quote_table(model, _inputs(args))
    except ConfigError as exc:
        # What is wrong came from the command line, not from a run file.
        raise UsageError("\n".join(f"{args.model}: {fault}" for fault in exc.faults)) from exc
    for name in _idle(model, table):
        print(f"note: --{name} changes nothing in these quotes of {args.model}", file=sys.stderr)
    if picture is not None:
        draw(table, picture)
    print(json.dumps(as_data(table), indent=2) if args.json else as_text(table))
    return 0


def _idle(model: QuoteModelOffer, table: QuoteTable) -> list[str]:
    """Name the inputs that were given and could as well have been left out."""
    defaults = {field.name: field.default for field in attrs.fields(QuoteInputs)}
    given = [n for n in OPTIONAL if getattr(table.inputs, n) != defaults[n]]
    return [n for n in given if _without(model, table.inputs, {n: defaults[n]}) == table.rows]


def _without(
    model: QuoteModelOffer, inputs: QuoteInputs, default: dict[str, Any]
) -> tuple[Row, ...]:
    try:
        return quote_table(model, attrs.evolve(inputs, **default)).rows
    except ConfigError:
        return ()


def _inputs(args: argparse.Namespace) -> QuoteInputs:
    return QuoteInputs(
        sigma=args.sigma,
        A=args.A,
        k=args.k,
        gamma=args.gamma,
        delta=args.delta,
        xi=args.xi,
        drift=args.drift,
        impact=args.impact,
        terminal=args.terminal,
        horizon=args.horizon,
        max_inventory=args.max_inventory,
    )
