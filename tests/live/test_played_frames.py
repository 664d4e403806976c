"""``mm fake-bitmex --frames``: a recording's raw frames, as they came and when they came."""

import gzip
from pathlib import Path
from typing import Any

import pytest
import trio
import trio_websocket
from tests.live.market import lively_market
from tests.live.session import START_US, run_session
from trio.testing import MockClock

from mm.api import DataError, UsageError
from mm.cli import main
from mm.run.progress import Progress
from mm_bitmex.mock import open_exchange
from mm_bitmex.mock.player import Player, open_player
from mm_bitmex.mock.recorded import Recorded

HELLO = '{"info":"Welcome to the BitMEX Realtime API.","version":"2"}'
ROW = '{"table":"instrument","action":"partial","data":[{"symbol":"X","tickSize":0.5}]}'


def write(path: Path, *frames: tuple[float, str], torn: str = "") -> Path:
    """Frames at seconds of their own."""
    lines = "".join(f"{1_000_000_000 + round(at_s * 1e6)} {text}\n" for at_s, text in frames)
    path.write_bytes(gzip.compress((lines + torn).encode()))
    return path


async def hear(player: Player, subscribe_s: float) -> list[tuple[float, str]]:
    """Connect over memory, subscribe after a while; give what comes, and when, until it closes."""
    ours, theirs = trio.testing.memory_stream_pair()
    heard: list[tuple[float, str]] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(player.serve_stream, theirs)
        stream: Any = ours  # any stream will do, whatever its annotation says
        socket = await trio_websocket.wrap_client_stream(nursery, stream, "127.0.0.1", "/realtime")

        async def ask() -> None:
            await trio.sleep(subscribe_s)
            await socket.send_message("ping")
            await socket.send_message('{"op":"subscribe","args":["trade"]}')

        nursery.start_soon(ask)
        try:
            while True:
                text = str(await socket.get_message())
                heard.append((trio.current_time(), text))
        except trio_websocket.ConnectionClosed:
            nursery.cancel_scope.cancel()
    return heard


async def test_frames_are_played_with_their_own_timing_a_connection_each(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    path = write(
        tmp_path / "raw_x.jsonl.gz",
        (0, HELLO), (5, "a"), (5.5, "pong"), (8, "b"), (60, HELLO), (61, "c"),
        torn="1061000000 cut",
    )  # fmt: skip
    async with open_player(Recorded(path), speed=2.0, port=None) as player:
        assert await hear(player, 3.0) == [(0, HELLO), (3, "pong"), (3, "a"), (4.5, "b")]
        assert not player.finished.is_set()
        assert await hear(player, 0.0) == [(4.5, HELLO), (4.5, "pong"), (4.5, "c")]
        await player.finished.wait()
    assert player.played == 5


async def test_a_recorded_session_that_is_played_gives_the_rows_that_it_gave(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    market = lively_market(tmp_path / "market", 4)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    async with open_exchange(market, port=None, now_us=START_US) as exchange:

        async def ended(_: Progress) -> None:
            await exchange.finished.wait()
            await trio.sleep(1)

        first = await run_session(
            exchange, tmp_path / "a", until=ended, record=tmp_path / "rec", raw=True
        )
    async with open_player(Recorded(tmp_path / "rec"), port=None) as player:

        async def played(_: Progress) -> None:
            await player.finished.wait()

        second = await run_session(player, tmp_path / "b", until=played)
    assert second.result.summary["rows"] == first.result.summary["rows"]
    assert first.result.summary["rows"]["book"] > 100
    frames = [one.result.summary["live"]["counters"]["frames"] for one in (first, second)]
    assert player.played <= frames[1] <= frames[0]


def test_the_contract_is_the_one_in_the_frames(tmp_path: Path) -> None:
    path = write(tmp_path / "raw_x.jsonl.gz", (0, HELLO), (1, ROW))
    assert Recorded(tmp_path).instrument() == '{"symbol": "X", "tickSize": 0.5}'
    assert [text for _, text in Recorded(path).frames()] == [HELLO, ROW]
    assert Recorded(write(tmp_path / "raw_x.jsonl.gz", (0, HELLO))).instrument() == ""


def test_a_file_that_was_cut_ends_where_it_was_cut(tmp_path: Path) -> None:
    path = write(tmp_path / "raw_x.jsonl.gz", *((n, f"{n} {'x' * n}") for n in range(500)))
    path.write_bytes(path.read_bytes()[:-20])
    frames = [text for _, text in Recorded(path).frames()]
    assert frames == [f"{n} {'x' * n}" for n in range(len(frames))]


def test_what_is_no_frame_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "raw_x.jsonl"
    path.write_text("1 a\nnonsense\n")
    with pytest.raises(DataError, match=r"raw_x.jsonl:2: this is no frame, expected"):
        list(Recorded(path).frames())
    path = tmp_path / "raw_y.jsonl.gz"
    path.write_bytes(b"no gzip")
    with pytest.raises(DataError, match=r"raw_y.jsonl.gz: cannot be read as frames"):
        list(Recorded(path).frames())


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (["--loop"], "--loop goes with --data or --synthetic"),
        ([], "there are no frames, expected raw_<date>.jsonl.gz or a recording's folder"),
    ],
)
def test_what_cannot_be_played_is_one_sentence(
    tmp_path: Path, more: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fake-bitmex", "--frames", str(tmp_path), *more]) == 2
    assert fault in capsys.readouterr().err


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere: there are no frames"):
        Recorded(tmp_path / "nowhere")
