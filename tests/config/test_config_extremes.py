"""Every key at its extremes: a run, or a sentence, in bounded time and memory.

A longer walk, which also runs what is accepted: ``MM_WALK_RUNS=1 pytest tests/config -k extremes``.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

MEMORY = 4 << 30
"""Bytes of address space; a compiler and its libraries take half a gigabyte."""


def test_every_key_at_its_extremes_gives_a_run_or_a_sentence(tmp_path: Path) -> None:
    runs = bool(os.environ.get("MM_WALK_RUNS"))
    market, here = tmp_path / "market", tmp_path / "some" / "where"
    market.mkdir()
    here.mkdir(parents=True)  # relative paths end here, and .. does no harm
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-m",
            "tests.config.walk",
            str(market),
            *(["run"] if runs else []),
        ],
        env=environment,
        cwd=here,
        capture_output=True,
        text=True,
        timeout=3600 if runs else 300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert done.stderr == ""
    assert done.returncode == 0
    keys, accepted, refused = map(int, done.stdout.splitlines()[-1].split())
    assert keys > 140
    assert accepted > 500
    assert refused > 1000
