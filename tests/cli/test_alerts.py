"""``[[alert]]`` in a live run, and ``mm alerts test``: told, cleared, and no secret left behind."""

import http.server
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.cli.live_process import LIVE, ROOT, mm

from mm.cli import main

SECRET = "T0K3N-of-ours"


class Receiver(http.server.BaseHTTPRequestHandler):
    told: list[dict[str, Any]]

    def do_POST(self) -> None:
        size = int(self.headers["content-length"])
        self.told.append(json.loads(self.rfile.read(size)))
        status = 200 if self.path == f"/{SECRET}" else 404
        self.send_response(status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    told: list[dict[str, Any]] = []
    handler = type("Told", (Receiver,), {"told": told})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", told
        server.shutdown()
        thread.join()


def run_file(folder: Path, alerts: str) -> Path:
    path = folder / "run.toml"
    path.write_text(LIVE.read_text(encoding="utf-8") + alerts, encoding="utf-8")
    return path


def until(told: list[dict[str, Any]], state: str) -> None:
    for _ in range(600):
        if any(one["state"] == state for one in told):
            return
        time.sleep(0.1)
    raise AssertionError(f"{state} was never told: {told}")


@contextmanager
def started(*words: str) -> Iterator["subprocess.Popen[str]"]:
    process = mm(*words)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def test_a_silence_fires_clears_and_leaves_no_secret(
    tmp_path: Path,
    receiver: tuple[str, list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address, told = receiver
    monkeypatch.setenv("HOOK", f"{address}/{SECRET}")
    heard = tmp_path / "heard.jsonl"
    code = f"import sys; open({str(heard)!r}, 'a').write(sys.stdin.read())"
    config = run_file(
        tmp_path,
        '\n[[alert]]\nname = "quiet"\nwhen = "silence_s > 1.5"\nwebhook_env = "HOOK"\n'
        f'[[alert]]\nwhen = "silence_s > 1.4"\n'
        f"command = ['{sys.executable}', '-c', \"{code}\"]\n",
    )
    sample = ("--data", str(ROOT / "example" / "data_sample"), "--speed", "3")
    with started("fake-bitmex", "--port", "0", *sample) as exchange:
        assert exchange.stdout is not None
        url = exchange.stdout.readline().strip()
        words = ("--config", str(config), "--url", url, "--output", str(tmp_path / "run"))
        more = ("--log-format", "json", "--record", str(tmp_path / "rec"))
        with started("live", *words, *more) as process:
            assert process.stderr is not None
            log = [next(line for line in process.stderr if "the book is live" in line)]
            exchange.send_signal(signal.SIGSTOP)
            until(told, "firing")
            exchange.send_signal(signal.SIGCONT)
            until(told, "resolved")
            process.send_signal(signal.SIGTERM)
            log += process.stderr
            process.wait(timeout=60)
    assert process.returncode == 130
    assert [one["state"] for one in told][:2] == ["firing", "resolved"]
    assert told[0]["alert"] == "quiet"
    assert told[0]["value"] > 1.5
    first = json.loads(heard.read_text().splitlines()[0])
    assert (first["alert"], first["state"]) == ("silence_s > 1.4", "firing")
    lines = [json.loads(line) for line in log if line.startswith("{")]
    texts = [line["text"] for line in lines if line["event"] == "alert"]
    assert any("quiet: silence_s > 1.5 fires" in text for text in texts)
    assert any("quiet: silence_s > 1.5 is over" in text for text in texts)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"config.toml", "manifest.json"} <= {path.name for path in written}
    assert SECRET not in "".join(log)
    assert [path for path in written if SECRET.encode() in path.read_bytes()] == []
    # A replay has no alerts, and the same digest.
    replay = (
        "--config",
        str(tmp_path / "rec" / "replay.toml"),
        "--output",
        str(tmp_path / "again"),
    )
    assert main(["backtest", *replay, "--json", "--quiet"]) == 0
    (summary,) = tmp_path.glob("run/*/summary.json")
    replayed = json.loads(capsys.readouterr().out)
    assert replayed["digest"] == json.loads(summary.read_text())["digest"]


def test_the_test_tells_everybody_and_says_what_came_back(
    tmp_path: Path,
    receiver: tuple[str, list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address, told = receiver
    monkeypatch.setenv("HOOK", f"{address}/{SECRET}")
    config = run_file(
        tmp_path,
        '\n[[alert]]\nname = "quiet"\nwhen = "silence_s > 30"\nwebhook_env = "HOOK"\n'
        '[[alert]]\nwhen = "loss > 1"\ncommand = ["cat"]\n',
    )
    assert main(["alerts", "test", "--config", str(config)]) == 0
    out, err = capsys.readouterr()
    assert "quiet: webhook in $HOOK: told: it answers 200, 'ok'\n" in out
    assert "loss > 1: command 'cat': told: it ended with 0, '{\"text\"" in out
    assert (SECRET in out, err) == (False, "")
    assert [(one["state"], one["value"]) for one in told] == [("test", None)]
    monkeypatch.setenv("HOOK", f"{address}/{SECRET}2")
    assert main(["alerts", "test", "--config", str(config)]) == 3
    out, err = capsys.readouterr()
    assert "quiet: webhook in $HOOK: NOT told: it answers 404, 'ok'\n" in out
    assert "1 of 2 alerts reached nobody: quiet; the lines above say what came back" in err
    assert SECRET not in out + err


def test_without_alerts_there_is_nothing_to_test(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "test", "--config", str(LIVE)]) == 3
    assert "no [[alert]] to test" in capsys.readouterr().err


def test_a_live_run_is_refused_before_it_begins_where_an_address_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HOOK", raising=False)
    config = run_file(tmp_path, '\n[[alert]]\nwhen = "loss > 1"\nwebhook_env = "HOOK"\n')
    output = tmp_path / "run"
    assert main(["live", "--config", str(config), "--output", str(output)]) == 3
    assert "alert.0.webhook_env: the environment has no HOOK" in capsys.readouterr().err
    assert not output.exists()
