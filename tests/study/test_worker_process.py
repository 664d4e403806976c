"""A worker process, whose parent is killed."""

import subprocess
import sys
import time
from pathlib import Path

PARENT = """
import os, socket, sys, time
from mm.study.workshop import start
ours, theirs = socket.socketpair()
start("mm.study.worker", sys.argv[1], str(os.getpid()), end=theirs)
theirs.close()
with ours.makefile("rw") as lines:
    lines.readline()  # it is there
ours.close()
time.sleep(float(sys.argv[2]))
os._exit(1)
"""


def test_files_go_also_where_the_connection_ended_a_little_before_the_parent(
    tmp_path: Path,
) -> None:
    """A kill closes a process's connections before its children see that it is gone."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    subprocess.run([sys.executable, "-c", PARENT, str(scratch), "0.7"], check=False, timeout=60)
    end = time.monotonic() + 30
    while scratch.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
