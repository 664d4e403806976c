"""example/deploy: what starts a session that is left alone, as far as this machine can try it.

By hand, on Linux as root, with Python bound read-only into mount and process namespaces of its own:
``mm live`` as process 1, as user 65534 without groups or capabilities (``setpriv --no-new-privs
--bounding-set=-all``), every mount read-only but the runs and the cache. It compiled its kernels,
health.py said that it was well, SIGTERM ended it within 0.1 s, with 130 and a sealed folder. No
container was built, and no unit started: there was no engine, and no systemd that runs.
"""

import json
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cli.live_process import LIVE, ROOT, exchange, mm

from mm.cli.parser import build_parser

DEPLOY = ROOT / "example" / "deploy"
UNIT = DEPLOY / "mm-live.service"
CONTAINER = (DEPLOY / "Containerfile").read_text(encoding="utf-8")


def unit(key: str) -> str:
    (value,) = re.findall(rf"^{key}=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    return str(value)


def listed(instruction: str) -> list[str]:
    (value,) = re.findall(rf"^ *{instruction} (\[.*\])$", CONTAINER, re.MULTILINE)
    words: list[str] = json.loads(value)
    return words


def health(url: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(DEPLOY / "health.py"), url], capture_output=True, text=True
    )
    return done.returncode, done.stdout.strip() + done.stderr


def until_well(url: str) -> str:
    """The page is up to a look older than the log: ask again for a while."""
    for _ in range(50):
        code, said = health(url)
        if code == 0:
            return said
        time.sleep(0.1)
    raise AssertionError(said)


def test_both_start_a_command_that_mm_understands() -> None:
    _, *started = shlex.split(unit("ExecStart"))
    _, *entry = listed("ENTRYPOINT")
    *_, args = re.findall(r"^CMD (\[.*\])$", CONTAINER, re.MULTILINE)
    for words in (started, [*entry, *json.loads(args)]):
        known = build_parser(words).parse_args(words)
        assert (known.output, known.web) == ("/var/lib/mm/runs", "127.0.0.1:8080")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_finds_no_fault_with_the_unit(tmp_path: Path) -> None:
    """It asks for the program, too, which is somewhere else here."""
    there = UNIT.read_text(encoding="utf-8").replace("/opt/mm/bin/mm", sys.executable)
    (tmp_path / UNIT.name).write_text(there, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / UNIT.name)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_session_that_may_write_its_runs_alone_is_well_and_ends_on_sigterm(
    tmp_path: Path,
) -> None:
    config = tmp_path / "etc" / "live.toml"
    config.parent.mkdir()
    config.write_bytes(LIVE.read_bytes())
    runs = tmp_path / "runs"
    runs.mkdir()
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)  # nothing beside them, as far as root heeds it
    try:
        with exchange("--speed", "1") as url:
            process = mm(
                "live", "--config", str(config), "--url", url, "--output", str(runs),
                "--log-format", "json", "--web", "127.0.0.1:0",
            )  # fmt: skip
            assert process.stderr is not None
            place = ""
            for line in process.stderr:
                if line.startswith("watch at "):
                    place = line.removeprefix("watch at ").strip()
                if "warming up" in line:
                    break
            assert until_well(f"{place}health").startswith("live, paper trading")
            assert health(f"{place}nowhere") == (1, "an answer that is none of mm's")
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        assert process.returncode == int(unit("SuccessExitStatus"))
        assert health(f"{place}health")[0] == 1
        (run,) = runs.iterdir()
        assert json.loads((run / "summary.json").read_text())["status"] == "interrupted"
        assert (run / "manifest.json").is_file()
        assert {path.name for path in tmp_path.iterdir()} == {"etc", "runs"}
    finally:
        tmp_path.chmod(stat.S_IRWXU)
