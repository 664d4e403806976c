"""What a run directory says of its run: first ``started.json``, at the end summary and manifest.

Knows what a run came to and what is to be written down of it; nothing of how it was run.
"""

import os
import platform
import resource
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from mm.api import Health, Source, Status
from mm.blame import blame
from mm.record.recorder import Recorder, recording_files
from mm.run.network import Parts
from mm.run.recordings import Recordings
from mm.run.rundir import config_digest, digest, hash_file, hash_outputs, write_json
from mm.run.summary import summarize

if TYPE_CHECKING:
    from mm.run.session import Plan

installed: Final = cache(version)
"""Version of a package; to look for one takes longer than all else here."""

_NOT_YET: Final = dict.fromkeys(("wall_s", "engine_s", "events_per_s", "peak_rss_mb", "digest"))


def opening(plan: "Plan", directory: Path, record: Path | None) -> dict[str, Any]:
    """Say what is known at the start, in the words of the end; see ``unfinished``.

    ``record``: where the market will be written down, if it is.
    """
    summary = summarize(
        plan.survey, plan.notes, plan.defects, plan.parts, "running", None, **_currencies(plan)
    )
    summary = {**summary, "run_dir": str(directory), **_NOT_YET, **_names(plan)}
    recording = None if record is None else {"directory": os.path.abspath(record), "files": []}
    manifest = _manifest(plan, summary, hash_outputs(directory), recording)
    return {"summary": summary, "manifest": manifest}


def _currencies(plan: "Plan") -> dict[str, Any]:
    """Say in which currency money is summed, and in which each of several markets settles."""
    config = plan.loaded.config
    settled = [one.position.currency or config.account.currency for one in config.markets]
    return {
        "currency": config.account.currency or config.position.currency,
        "settled": settled if len(settled) > 1 else [],
    }


def seal(
    plan: "Plan",
    parts: Parts,
    directory: Path,
    status: Status,
    error: BaseException | None,
    engine_s: float,
    health: Health | None,
) -> Mapping[str, Any]:
    """Write the summary, and last the manifest."""
    hashes = {**_hashes_of(parts), **hash_outputs(directory)}
    summary = summarize(
        plan.survey, plan.notes, plan.defects, parts, status, error, health, **_currencies(plan)
    )
    timings = {
        "wall_s": round(time.perf_counter() - plan.started, 3),
        "engine_s": round(engine_s, 3),
        "events_per_s": round(parts.progress.rows / engine_s) if engine_s > 0 else None,
        "peak_rss_mb": _peak_rss_mb(),
    }
    summary = {
        **summary,
        "run_dir": str(directory),
        **timings,
        **_names(plan),
        "digest": digest(hashes),
    }
    write_json(directory / "summary.json", summary)
    manifest = _manifest(plan, summary, hash_outputs(directory), _recording(parts.recorder))
    write_json(directory / "manifest.json", manifest)
    return summary


def _recording(recorder: Recorder | Recordings | None) -> dict[str, Any] | None:
    """List the files that the market was written down in; None = it was not."""
    if recorder is None:
        return None
    markets = recorder.markets if isinstance(recorder, Recordings) else {"": recorder}
    files = [
        Source(
            name=name,
            path=os.path.abspath(path),
            sha256=hash_file(path),
            rows=one.recorded.rows[path.name],
            market=market,
        )
        for market, one in markets.items()
        for name, path in recording_files(one.directory)
    ]
    return {
        "directory": os.path.abspath(recorder.directory),
        "files": [attrs.asdict(file) for file in files],
    }


def _names(plan: "Plan") -> dict[str, Any]:
    return {
        "label": plan.loaded.config.output.label,
        "config_digest": config_digest(plan.loaded.text),
    }


def _hashes_of(parts: Parts) -> dict[str, str]:
    """Ask the sinks that write no CSV for the hashes of what it would have been."""
    told: dict[str, str] = {}
    for owner, sink in parts.sinks.items():
        hashes = getattr(sink, "hashes", dict)
        with blame(owner):
            told.update(hashes())
    return told


def _manifest(
    plan: "Plan",
    summary: Mapping[str, Any],
    hashes: dict[str, str],
    recording: dict[str, Any] | None,
) -> dict[str, Any]:
    packages = ("mm-engine", "numba", "numpy", "trio")
    return {
        "status": summary["status"],
        "error": summary["error"],
        "digest": summary["digest"],
        "seed": plan.loaded.config.engine.seed,
        "config_sha256": hashes["config.toml"],
        "inputs": [_source(one) for one in plan.survey.sources],
        "part_inputs": plan.part_inputs,
        "recording": recording,
        "outputs": hashes,
        "plugins": [attrs.asdict(row) for row in plan.loaded.registry.listing()],
        "versions": {
            "python": platform.python_version(),
            **{package: installed(package) for package in packages},
        },
        "command": sys.argv,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _source(one: Source) -> dict[str, Any]:
    """Write an input down; its market only where there are several."""
    return attrs.asdict(one, filter=lambda field, value: bool(value) or field.name != "market")


def _peak_rss_mb() -> float:
    """Peak memory of this process [MiB].

    On Linux getrusage counts from the peak of whoever started the process, for exec keeps it;
    VmHWM (proc_pid_status(5)) does not. Elsewhere getrusage has to do, in bytes on macOS.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        peaks = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
        if peaks:
            return round(int(peaks[0]) / (1 << 10), 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)
