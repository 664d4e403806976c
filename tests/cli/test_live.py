"""``mm live`` and ``mm fake-bitmex`` in processes of their own, on loopback."""

import gzip
import json
import os
import re
import signal
from pathlib import Path

import pytest
from tests.cli.live_process import LIVE, ROOT, exchange, live, mm, start


def test_live_and_look_alike_trade_record_and_end_clean(tmp_path: Path) -> None:
    recording = str(tmp_path / "recording")
    with exchange("--speed", "20") as url:
        done = live(
            url, tmp_path, "--duration", "5s", "--record", recording, "--raw", "--json",
            "--log-format", "json",
        )  # fmt: skip
    assert done.code == 0, done.err
    summary = done.summary
    assert summary["status"] == "complete"
    assert summary["fills"] > 0
    assert summary["orders"] > summary["fills"]
    assert min(summary["rows"][name] for name in ("trades", "quotes", "book")) > 50
    assert summary["live"]["gaps"] == []
    for shares in summary["sides"].values():
        assert sum(shares.values()) == pytest.approx(1.0)
        assert shares["quoting"] > 0
    lines = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    assert {"connecting", "note", "fills"} <= {line["event"] for line in lines}
    assert all({"ts", "level", "event"} <= line.keys() for line in lines)
    (raw,) = (tmp_path / "recording").glob("raw_*")
    assert gzip.decompress(raw.read_bytes()).count(b"\n") == summary["live"]["counters"]["frames"]
    replay = mm("backtest", "--config", f"{recording}/replay.toml", "--json", "--quiet",
                "--output", str(tmp_path / "replay"))  # fmt: skip
    out, err = replay.communicate(timeout=60)
    assert replay.returncode == 0, err
    replayed = json.loads(out)
    for key in ("digest", "rows", "sides"):
        assert replayed[key] == summary[key]
    told = [explain(run, "1") for run in (summary["run_dir"], replayed["run_dir"])]
    assert told[0] == told[1]
    files = "trades, quotes, book, derivative_ticker"
    assert f"data      {files}: the same files as in the run (sha256)\n" in told[0]


def explain(run: str, fill: str) -> str:
    process = mm("explain", run, fill)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def test_a_run_that_was_not_recorded_is_explained_without_the_market(tmp_path: Path) -> None:
    with exchange("--speed", "20") as url:
        done = live(url, tmp_path, "--duration", "5s", "--json", "--quiet")
    assert done.code == 0, done.err
    story = explain(done.summary["run_dir"], "1")
    sentence = f"the run listened to {url} and was not recorded, so the market around the fill"
    assert story.count(sentence) == 1
    assert "No such file" not in story


def test_a_session_says_in_a_sentence_what_each_side_waits_for(tmp_path: Path) -> None:
    with exchange("--speed", "5") as url:
        done = live(url, tmp_path, "--duration", "6s", "--json", "--log-format", "json",
                    quoting=False)  # fmt: skip
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    told = [line["text"] for line in lines if line["event"] == "our_bid"]
    assert re.fullmatch(r"warming up: sigma \d+ of 60 samples, A and k \d of 8 samples", told[-2])
    assert told[-1] == "no quote: the book is not listened to (stopped)"
    assert done.summary["sides"] == {"bid": {"warming_up": 1.0}, "ask": {"warming_up": 1.0}}


def test_ctrl_c_drains_prints_the_summary_and_exits_130(tmp_path: Path) -> None:
    with exchange("--speed", "5") as url:
        process = start(url, tmp_path)
        assert process.stderr is not None
        for line in process.stderr:
            if "the book is live" in line:
                break
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.match(r"status +interrupted\n", out)
    (run,) = (tmp_path / "run").iterdir()
    assert json.loads((run / "manifest.json").read_text())["status"] == "interrupted"


def test_an_exchange_with_faults_costs_gaps_but_no_run(tmp_path: Path) -> None:
    faults = "unknown_id=0.01,disconnect=0.002,junk=0.01,for=3"
    with exchange("--speed", "20", "--faults", faults, "--seed", "3") as url:
        quick = ("--set", "data.backoff_s=0.1")
        done = live(url, tmp_path, "--duration", "5s", "--json", *quick)
    assert done.code == 0, done.err
    assert done.summary["live"]["gaps"]
    assert "gap: the book is not known any more" in done.err


def test_the_look_alike_says_that_its_data_have_ended_and_ends(tmp_path: Path) -> None:
    sample = ("--data", str(ROOT / "example" / "data_sample"))
    process = mm("fake-bitmex", *sample, "--start", "2024-08-01T00:29:50", "--speed", "0")
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert live(url, tmp_path, "--duration", "4s", "--quiet", quoting=False).code == 0
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert out.startswith("the data of XBTUSD have ended, after ")
    assert out.endswith(" messages; the exchange closes (--loop starts them again)\n")


@pytest.mark.parametrize(
    ("start", "code", "text"),
    [
        ("yesterday", 2, "'yesterday' is neither seconds nor a time such as 2024-08-01T00:10:00"),
        ("2024-08-02", 4, "the data end at 2024-08-01T00:30:00.001Z, expected them to go on"),
    ],
)
def test_a_start_that_the_data_do_not_have_is_one_sentence(
    start: str, code: int, text: str
) -> None:
    sample = ("--data", str(ROOT / "example" / "data_sample"))
    process = mm("fake-bitmex", *sample, "--start", start)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, text in err, err.count("\n")) == (code, True, 1)


def test_keys_of_other_connectors_are_named_and_not_read(tmp_path: Path) -> None:
    with exchange() as url:
        done = live(url, tmp_path, "--duration", "1s", quoting=False)
    assert done.code == 0, done.err
    keys = "data.tardis_root, data.trades_csv, data.quotes_csv, data.book_csv"
    assert f"note: {keys}: for other connectors, not read by 'bitmex'" in done.err


def test_an_exchange_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = live("ws://127.0.0.1:9/realtime", tmp_path, "--quiet")
    assert done.code == 4
    assert "http://127.0.0.1:9/api/v1/instrument: the exchange does not tell what" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("--set", "data.from_csv=true"), 2, "for a replay, expected one for live data"),
        (("--raw",), 2, "--raw keeps frames in a recording, expected --record DIR beside it"),
        (("--url", "ws://example.com/x"), 3, "not encrypted and not on this machine; use wss://"),
        (("--set", "data.connector=tardis"), 2, "reads files, expected one that listens to an"),
    ],
)
def test_what_does_not_go_together_is_refused(
    arguments: tuple[str, ...], code: int, text: str, tmp_path: Path
) -> None:
    process = mm("live", "--config", str(LIVE), "--output", str(tmp_path), "--quiet", *arguments)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert text in err
    assert not os.listdir(tmp_path)


def test_a_live_file_without_a_connector_listens_to_bitmex(tmp_path: Path) -> None:
    path = tmp_path / "live.toml"
    path.write_text(LIVE.read_text().replace('connector = "bitmex"\n', ""))
    process = mm("config", "show", str(path))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert 'connector = "bitmex"' in out


def test_recording_alone_takes_the_same_run_file(tmp_path: Path) -> None:
    with exchange("--speed", "20") as url:
        process = mm("record", "--config", str(LIVE), "--url", url, "--duration", "2s", "--json",
                     str(tmp_path / "recording"))  # fmt: skip
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    rows = json.loads(out)["rows"]
    assert sum(count for name, count in rows.items() if name.startswith("incremental")) > 5000
