"""Several trials in a process of their own: orders on stdin as JSON, outcomes on stdout by lines.

Started as ``python -m mm.prove.worker`` with PYTHONHASHSEED set, which Python reads only when it
starts. The run has been tried once before, so nothing is explained here that would go wrong there.
"""

import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

import attrs

from mm.config import load_config
from mm.prove.trial import quiet, run_trial
from mm.prove.variations import Variation


@attrs.frozen(kw_only=True)
class Job:
    """What a worker is told."""

    config: str
    overrides: list[str]
    shortcuts: dict[str, Any]
    """Values of the short flags; None = not given."""
    output: str
    """Directory that exists; each trial makes one below it."""
    trials: list[dict[str, Any]]
    """Variations, as dictionaries."""

    def text(self) -> str:
        """Return the job as JSON."""
        return json.dumps(attrs.asdict(self))


def main() -> int:
    """Carry out the job on stdin. Ctrl-C is the parent's business, who ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    job = Job(**json.load(sys.stdin))
    loaded = load_config(job.config, None, job.overrides, **job.shortcuts)
    for trial in job.trials:
        with contextlib.redirect_stdout(sys.stderr):  # a plugin's print is no outcome
            outcome = run_trial(quiet(loaded, Path(job.output)), Variation(**trial))
        print(json.dumps(attrs.asdict(outcome)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
