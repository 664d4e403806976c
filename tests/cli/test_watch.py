"""``mm watch``, ``mm live --web``, ``mm backtest --web``: a page beside a run, or of its folder."""

import contextlib
import json
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.cli.live_process import LIVE, ROOT, exchange, mm, start
from tests.short_market import write_run_file

from mm import extras
from mm.cli import main

PORT = "127.0.0.1:0"


def health(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(f"{url}health", timeout=10) as answer:
        return answer.status, json.loads(answer.read())["state"]


def until_live(url: str) -> tuple[int, str]:
    """The page is up to a look older than the log: ask again for a while."""
    for _ in range(100):
        with contextlib.suppress(urllib.error.HTTPError):
            status, state = health(url)
            if state.startswith("live"):
                return status, state
        time.sleep(0.1)
    return health(url)


def test_a_live_session_is_watched_and_ends_as_ever(tmp_path: Path) -> None:
    with exchange("--speed", "5") as url:
        process = start(url, tmp_path, "--web", PORT, "--json", "--duration", "60s")
        assert process.stderr is not None
        place = ""
        for line in process.stderr:
            if line.startswith("watch at "):
                place = line.removeprefix("watch at ").strip()
            if "the book is live" in line:
                break
        with urllib.request.urlopen(f"{place}metrics", timeout=10) as answer:
            assert 'mm_book_trusted{symbol="XBTUSD"}' in answer.read().decode()
        status, state = until_live(place)
        assert status == 200
        assert state.startswith("live, paper trading, 0:")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(out)["status"] == "interrupted"


def test_a_backtest_is_the_same_with_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_file = str(write_run_file(tmp_path))
    digests = []
    for more in ([], ["--web", PORT]):
        words = ["backtest", "--config", run_file, "--output", str(tmp_path / "run"), "--json"]
        assert main([*words, "--quiet", *more]) == 0
        out, err = capsys.readouterr()
        digests.append(json.loads(out)["digest"])
    assert digests[0] == digests[1]
    assert err.startswith("watch at http://127.0.0.1:")


def test_a_runs_folder_is_watched_until_it_is_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_file = str(write_run_file(tmp_path))
    words = ["backtest", "--config", run_file, "--output", str(tmp_path / "run"), "--json"]
    assert main([*words, "--quiet"]) == 0
    directory = json.loads(capsys.readouterr().out)["run_dir"]
    process = mm("watch", directory, "--web", PORT)
    assert process.stderr is not None
    place = process.stderr.readline().removeprefix("watch at ").strip()
    assert health(place) == (200, "complete, read from disk")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["live", "--web", "x"], 2, "--web is 'x', expected an address and a port such as"),
        (["live", "--web", "0.0.0.0:8080"], 2, "0.0.0.0 can be reached from other machines"),
        (["live", "--web", "8080", "--web-token-file", "none"], 2, "none: there is no such file"),
        (["backtest", "--web", "256.0.0.1:80", "--web-token-file", "FILE"], 2,
         "--web 256.0.0.1:80: cannot listen there"),
    ],
)  # fmt: skip
def test_what_cannot_be_served_is_one_sentence_before_the_run(
    words: list[str],
    code: int,
    text: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MM_WEB_TOKEN", raising=False)
    token = tmp_path / "token"
    token.write_text("correct-horse-battery\n")
    verb, *more = [str(token) if word == "FILE" else word for word in words]
    config = LIVE if verb == "live" else write_run_file(tmp_path)
    runs = tmp_path / "runs"
    assert main([verb, "--config", str(config), "--output", str(runs), "--quiet", *more]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert text in err
    assert not runs.exists()


def test_a_folder_that_is_no_run_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", str(tmp_path), "--web", PORT]) == 4
    assert "is not the directory of a run" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert main(["watch", str(ROOT), "--web", PORT]) == 2
    assert "pip install 'mm-engine[web]'" in capsys.readouterr().err
