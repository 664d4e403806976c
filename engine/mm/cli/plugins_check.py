"""``mm plugins check``: hold a plugin's parts to the rules of the kit, and say what to change."""

import argparse
import json
import sys
from typing import Any

import attrs

from mm.api import ConfigError
from mm.cli.running import warn_if_cold
from mm.config.layout import part_tables
from mm.config.overrides import Document, apply_override, parse_override
from mm.config.scan import Keys
from mm.config.validation import field_names
from mm.registry import Registry, load_registry
from mm.suggest import did_you_mean
from mm.testing.kit.findings import BLOCKED, Finding
from mm.testing.kit.plugin import PluginReport, check_plugins, find_plugins

_FAILED = 5  # as for every plugin that is not usable


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm plugins check``; return the exit code."""
    registry = load_registry()
    plugins = find_plugins(registry, args.name)
    given = _given(args.set, registry)
    warn_if_cold(quiet=args.quiet)
    watch = _silence if args.quiet else _progress
    reports = []
    for report in check_plugins(plugins, registry, given, watch):
        reports.append(report)
        if not args.json:
            print(as_text(report), flush=True)
    if args.json:
        print(json.dumps(as_json(reports), indent=2, ensure_ascii=False))
    else:
        print(_total([finding for report in reports for finding in report.findings]))
    return 0 if all(f.ok for report in reports for f in report.findings) else _FAILED


def _given(sets: list[str], registry: Registry) -> Document:
    """Read the settings into the tables of a run file; none may lead nowhere."""
    document: Document = {}
    try:
        for text in sets:
            for override in parse_override(text):
                _check_place(override.path, override.label, registry)
                apply_override(document, override)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return document


def _check_place(path: Keys, label: str, registry: Registry) -> None:
    """Refuse a key that no installed part reads."""
    tables = [".".join(table) for table in part_tables(registry)]
    keys = [f"data.{k}" for o in registry.offers("connector") for k in field_names(o.config)]
    if path[:2] != ("strategy", "symbol") and ".".join(path[:2]) not in {*tables, *keys}:
        near = did_you_mean(".".join(path[:2]), [*tables, *keys])
        raise ConfigError(f"{label}: no installed part reads it{near}")


def _progress(text: str) -> None:
    print(f"checking {text} …", file=sys.stderr)


def _silence(text: str) -> None:
    pass


def as_text(report: PluginReport) -> str:
    """Return a plugin's findings, a line each; one that failed has what to change below it."""
    lines = [f"{report.plugin} ({report.package} {report.version})"]
    for part in report.parts:
        if part.kind:
            note = f" [{part.tried_with}]" if part.tried_with else ""
            lines.append(f"  {part.kind} {part.name}{note}")
        blocked = [finding for finding in part.findings if finding.message.endswith(BLOCKED)]
        for finding in part.findings:
            lines += _lines(finding) if finding not in blocked else []
        if blocked:
            lines.append(f"    --      {len(blocked)} other rules wait for that")
    return "\n".join(lines)


def _lines(finding: Finding) -> list[str]:
    mark = "--" if not finding.checked else "ok" if finding.ok else "FAILED"
    lines = [f"    {mark:<6}  {finding.rule:<15}  {finding.message}"]
    return [*lines, f"{'':29}to change: {finding.change}"] if finding.change else lines


def _total(findings: list[Finding]) -> str:
    failed = sum(not f.ok for f in findings)
    untried = sum(not f.checked for f in findings)
    text = f"{len(findings) - failed - untried} rules kept, {failed} broken"
    return f"{text}, {untried} not checked" if untried else text


def as_json(reports: list[PluginReport]) -> dict[str, Any]:
    """Return the reports as plain data, with a verdict on top."""
    ok = all(finding.ok for report in reports for finding in report.findings)
    return {"ok": ok, "plugins": [attrs.asdict(report) for report in reports]}
