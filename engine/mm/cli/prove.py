"""``mm prove``: show that a run comes out the same however it is run, or where it does not."""

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs
import trio

from mm.api import PluginError
from mm.cli.run_file import load_run_file
from mm.cli.running import counting, warn_if_cold
from mm.config.overrides import CONNECTOR_FLAGS, SHORTCUTS
from mm.prove.difference import Difference
from mm.prove.prove import MOMENT, Bench, Verdict, prove
from mm.prove.worker import Job
from mm.simulate.processes import cores

_MEANING: Final = {
    MOMENT: "the same run twice differs: a part reads a clock, draws from an"
    " unkeyed generator, or keeps a global that outlives the run",
    "schedule": "it depends on the order of Trio's tasks: parts share state beside the channels",
    "capacity": "it depends on how far tasks run ahead: parts share state beside the channels",
    "cut": "it depends on how the stream is cut into batches: a push() or observe() looks at the"
    " batch as a whole, or forgets at its end",
    "block": "it depends on how many rows are decided at once: decide() remembers something, or"
    " looks at other rows than the one it decides",
    "hash_seed": "it depends on Python's hash seed or on the process: a part iterates over a set,"
    " or uses hash() or id()",
}


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm prove``; return the exit code.

    Raises:
        PluginError: the trials did not all come out the same.
        MMError: the run itself failed.
    """
    loaded = load_run_file(args)
    warn_if_cold(quiet=False)
    with (
        tempfile.TemporaryDirectory(prefix="mm-prove-") as scratch,
        counting(args.schedules, "trials") as report,
    ):
        job = Job(
            config=str(args.config),
            overrides=list(args.set),
            shortcuts={flag: getattr(args, flag, None) for flag in (*SHORTCUTS, *CONNECTOR_FLAGS)}
            | {"strict": None},
            output=scratch,
            trials=[],
        )
        bench = Bench(
            loaded=loaded,
            job=job,
            scratch=Path(scratch),
            processes=args.processes or cores(),
            report=report,
        )
        verdict = trio.run(prove, bench, args.schedules)
    if args.json:
        print(json.dumps(_as_json(verdict), indent=2))
    else:
        print(_as_text(verdict))
    if not verdict.identical:
        raise PluginError("the run is not deterministic: see above")
    return 0


def _as_json(verdict: Verdict) -> dict[str, Any]:
    content = attrs.asdict(verdict)
    if verdict.difference is not None:
        content["difference"]["columns"] = verdict.difference.columns
    return content


def _as_text(verdict: Verdict) -> str:
    if verdict.identical:
        return (
            f"identical in {verdict.trials} trials (schedules, capacities, batch cuts, block"
            f" lengths, hash seeds, processes), digest {verdict.digest}"
        )
    lines = [f"not identical: trial {verdict.trials} differs", f"varied: {verdict.variation}"]
    if verdict.cause is None:
        lines.append("cause: none of these alone makes the difference, only several together")
    else:
        lines.append(f"cause: {_MEANING[verdict.cause]}")
    if verdict.error is not None:
        lines.append(f"it failed: {verdict.error}")
    if verdict.difference is not None:
        lines += _difference(verdict.difference)
    return "\n".join(lines)


def _difference(parted: Difference) -> list[str]:
    when = "" if parted.ts is None else f", {_utc(parted.ts)} ({parted.ts} µs)"
    who = "what the strategy was given differs already: look at the transformer"
    lines = [f"first difference: {parted.table}.csv, row {parted.row}{when}"]
    lines += [who] if parted.is_market else []
    for name in parted.columns:
        ours, theirs = (parted.expected or {}).get(name), (parted.found or {}).get(name)
        lines.append(f"  {name}: {_shown(ours)} as configured, {_shown(theirs)} in the trial")
    for label, state in (
        ("as configured", parted.state_expected), ("in the trial", parted.state_found)
    ):  # fmt: skip
        if state is not None:
            shown = ", ".join(f"{name} {value}" for name, value in state.items() if value)
            lines.append(f"  decision before, {label}: {shown}")
    return lines


def _shown(value: str | None) -> str:
    return "no row" if value is None else value or "(empty)"


def _utc(ts: int) -> str:
    return datetime.fromtimestamp(ts / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
