"""``mm plugins``: what is installed, and what failed to load."""

import argparse
import json

import attrs

from mm.registry import Registry, load_registry

HEADER = ("kind", "name", "package", "version", "plugin")


def run(args: argparse.Namespace) -> int:
    """Print every part on offer; a plugin that failed is listed, and is no error here."""
    registry = load_registry()
    print(as_json(registry) if args.json else as_text(registry))
    return 0


def as_json(registry: Registry) -> str:
    """Return the listing, the failures and the disabled plugins as JSON."""
    failures = [
        {"plugin": f.plugin, "package": f.package, "version": f.version, "reason": f.reason}
        for f in registry.failures
    ]
    parts = [attrs.asdict(row) for row in registry.listing()]
    listing = {"parts": parts, "failures": failures, "disabled": list(registry.disabled)}
    return json.dumps(listing, indent=2, ensure_ascii=False)


def as_text(registry: Registry) -> str:
    """Return the listing as a table, with failures below it."""
    rows = [HEADER, *((r.kind, r.name, r.package, r.version, r.plugin) for r in registry.listing())]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines += [f"not loaded: {failure}" for failure in registry.failures]
    lines += [f"disabled: {name}" for name in registry.disabled]
    return "\n".join(lines)
