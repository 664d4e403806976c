"""``mm live`` and ``mm fake-bitmex`` started as processes of their own, on loopback."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).parents[2]
LIVE = ROOT / "example" / "live.toml"
QUOTING = (
    "strategy.kind=Grid", "strategy.preprocessing=Grid",
    "strategy.grid={quote_size = 1000, max_position = 10000, half_spread = 0.0, interval = 0.1,"
    " levels = 1, sequencer = {interval_ms = 50}}",
    "execution.latency_ms=1", "execution.response_latency_ms=1",
)  # fmt: skip


def mm(*arguments: str, cwd: Path = ROOT) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "mm", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def exchange(*arguments: str) -> Iterator[str]:
    """Run the look-alike on the bundled sample; give its address."""
    sample = ("--data", str(ROOT / "example" / "data_sample"))
    process = mm("fake-bitmex", "--port", "0", *sample, *arguments)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@attrs.frozen
class Done:
    code: int
    out: str
    err: str

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def live(url: str, folder: Path, *arguments: str, quoting: bool = True) -> Done:
    process = start(url, folder, *arguments, quoting=quoting)
    out, err = process.communicate(timeout=90)
    return Done(process.returncode, out, err)


def start(url: str, folder: Path, *arguments: str, quoting: bool = True) -> "subprocess.Popen[str]":
    sets = [word for key in (QUOTING if quoting else ()) for word in ("--set", key)]
    target = ("--url", url, "--output", str(folder / "run"))
    return mm("live", "--config", str(LIVE), *target, *sets, *arguments)
