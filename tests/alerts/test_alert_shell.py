"""Webhooks and commands that fail, hang or never end: bounded, told, and nothing else waits."""

import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from mm.alerts.command import MOST_OUTPUT, Command
from mm.alerts.delivery import Line, Outbox, deliver
from mm.alerts.rules import Condition, Rule
from mm.alerts.watch import LAST_S, Run, alerting
from mm.alerts.webhook import Answer, Webhook
from mm.api import MMError, News

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
RULE = Rule(
    name="quiet", condition=Condition("silence_s", ">", 30.0), for_s=0.0, every_s=60.0
)  # fmt: skip


@attrs.define
class Server:
    """A loopback server that answers as it is told, and keeps what it is asked."""

    url: str = ""
    asked: list[bytes] = attrs.field(factory=list)
    sent: int = 0


@asynccontextmanager
async def server(
    answer: Callable[[trio.SocketStream, Server], Awaitable[None]],
) -> AsyncIterator[Server]:
    found = Server()

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            data = b""
            while b"}" not in data:
                data += await stream.receive_some()
            found.asked.append(data)
            await answer(stream, found)

    (listener, *_) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    found.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}/hook/T0K3N-of-ours"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        yield found
        nursery.cancel_scope.cancel()


async def say(stream: trio.SocketStream, _: Server, *, text: bytes) -> None:
    await stream.send_all(text)


async def hang(stream: trio.SocketStream, _: Server) -> None:
    await trio.sleep_forever()


async def pour(stream: trio.SocketStream, found: Server) -> None:
    await stream.send_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n")
    try:
        for _ in range(100):
            await stream.send_all(bytes(1_000_000))
            found.sent += 1_000_000
    except trio.BrokenResourceError:
        return


async def test_a_webhook_is_posted_the_json() -> None:
    async with server(partial(say, text=OK)) as found:
        answer = await Webhook(found.url, 5.0).send(b'{"a": 1}')
    assert answer == Answer(True, False, "it answers 200, 'ok'")
    head, _, body = found.asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook/T0K3N-of-ours HTTP/1.1\r\n")
    assert b"content-type: application/json" in head.lower()
    assert body == b'{"a": 1}'


@pytest.mark.parametrize(
    ("status", "again"), [("500 Oh", True), ("429 Slow", True), ("404 No", False), ("302 X", False)]
)
async def test_an_answer_that_is_no_success_is_told_without_the_address(
    status: str, again: bool
) -> None:
    text = f"HTTP/1.1 {status}\r\ncontent-length: 33\r\n\r\nno hook/T0K3N-of-ours\x1b[2J here    "
    async with server(partial(say, text=text.encode())) as found:
        answer = await Webhook(found.url, 5.0).send(b"{}")
    assert (answer.ok, answer.again) == (False, again)
    assert answer.text.startswith(f"it answers {status[:3]}")
    assert "T0K3N" not in answer.text
    assert "\x1b" not in answer.text


async def test_a_webhook_that_hangs_is_left_after_its_time() -> None:
    async with server(hang) as found:
        answer = await Webhook(found.url, 0.2).send(b"{}")
    assert answer == Answer(False, True, "no answer within 0.2 s")


async def test_an_answer_of_a_hundred_megabytes_is_not_read() -> None:
    async with server(pour) as found:
        answer = await Webhook(found.url, 5.0).send(b"{}")
        assert answer == Answer(True, False, "it answers 200")
        await trio.sleep(0.1)
        assert found.sent < 50_000_000


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-x\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\n" + 200_000 * b"a"]
)
async def test_what_is_no_http_is_an_answer_too(answer: bytes) -> None:
    async with server(partial(say, text=answer)) as found:
        got = await Webhook(found.url, 5.0).send(b"{}")
    assert (got.ok, got.again) == (False, True)
    assert "T0K3N" not in got.text


async def test_nobody_there_and_no_such_host_are_answers_too() -> None:
    for url in ("http://127.0.0.1:9/T0K3N-of-ours", "https://T0K3N.invalid/x"):
        got = await Webhook(url, 5.0).send(b"{}")
        assert (got.ok, got.again) == (False, True)
        assert "T0K3N" not in got.text


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def test_a_command_has_the_json_on_its_stdin() -> None:
    answer = await Command(python("print(input())"), 20.0).send(b'{"a": 1}')
    assert answer == Answer(True, True, """it ended with 0, '{"a": 1}'""")


async def test_a_command_that_fails_or_is_not_there_is_told() -> None:
    answer = await Command(python("raise SystemExit(3)"), 20.0).send(b"x" * 1_000_000)
    assert answer == Answer(False, True, "it ended with 3")
    answer = await Command(["/nowhere/at all"], 20.0).send(b"{}")
    assert answer == Answer(False, False, "it cannot be started: No such file or directory")


def has_ended(pid: Path) -> bool:
    state = Path("/proc") / pid.read_text().strip() / "stat"
    return not state.exists() or state.read_text().split()[2] == "Z"


async def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"sleep 1000 & echo $! > {pid}; sleep 1000"
    answer = await Command(["sh", "-c", script], 0.5).send(b"{}")
    assert answer == Answer(False, True, "it did not end within 0.5 s")
    for _ in range(50):
        if has_ended(pid):
            break
        await trio.sleep(0.02)
    else:
        raise AssertionError("its child goes on")


async def test_a_command_that_prints_without_end_is_ended() -> None:
    answer = await Command(["yes"], 20.0).send(b"{}")
    assert answer == Answer(False, False, f"it printed over {MOST_OUTPUT} bytes")


async def test_a_command_whose_child_holds_the_pipe_is_not_waited_for() -> None:
    with trio.fail_after(10):
        answer = await Command(["sh", "-c", "sleep 1000 & echo done"], 20.0).send(b"{}")
    assert answer == Answer(True, True, "it ended with 0, 'done'")


@attrs.define
class Fake:
    """Answers from a list, then well; notes when it was told what."""

    answers: list[Answer] = attrs.field(factory=list)
    takes_s: float = 0.0
    told: list[tuple[float, str]] = attrs.field(factory=list)

    async def send(self, content: bytes) -> Answer:
        self.told.append((trio.current_time(), content.decode()))
        await trio.sleep(self.takes_s)
        return self.answers.pop(0) if self.answers else Answer(True, False, "fine")


BUSY, DEAF = Answer(False, True, "busy"), Answer(False, False, "deaf")


def words(text: str) -> Callable[[int], bytes]:
    return lambda left_out: f"{text} {left_out}".encode()


async def test_it_is_tried_again_ever_more_slowly(autojump_clock: MockClock) -> None:
    fake, complaints = Fake([BUSY, BUSY, BUSY, BUSY, DEAF]), list[str]()
    line = Line(fake, tries=3)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(deliver, line, complaints.append)
        for text in ("a", "b"):
            line.outbox.put(words(text))
            await line.outbox.until_idle()
        nursery.cancel_scope.cancel()
    assert fake.told == [(0, "a 0"), (1, "a 0"), (3, "a 0"), (3, "b 0"), (4, "b 0")]
    assert complaints == ["busy (3 tries)", "deaf (2 tries)"]


async def test_who_is_slow_is_told_the_latest_and_how_many_were_left_out(
    autojump_clock: MockClock,
) -> None:
    fake = Fake(takes_s=100.0)
    line = Line(fake, tries=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(deliver, line, print)
        for number in range(50):
            line.outbox.put(words(str(number)))
            await trio.sleep(1)
        await line.outbox.until_idle()
        nursery.cancel_scope.cancel()
    assert fake.told == [(0, "0 0"), (100, "49 48")]


def test_an_outbox_of_a_hanging_receiver_holds_one_alert() -> None:
    async def run() -> Outbox:
        outbox = Outbox()
        for number in range(10_000):
            outbox.put(words(str(number)))
        return outbox

    outbox = trio.run(run)
    assert not outbox.is_idle
    assert trio.run(outbox.take) == b"9999 9999"


@attrs.define
class Watched:
    """A run whose silence is told by a function of time."""

    silence_s: Callable[[float], float]
    news: list[tuple[float, str, str]] = attrs.field(factory=list)
    firing: tuple[str, ...] = ()

    def run(self) -> Run:
        return Run(symbol="XBTUSD", look=self._look, tell=self._tell, show=self._show)

    def _look(self) -> Mapping[str, float]:
        return {"silence_seconds": self.silence_s(trio.current_time())}

    def _tell(self, one: News) -> None:
        self.news.append((trio.current_time(), one.event, one.level))

    def _show(self, firing: tuple[str, ...]) -> None:
        self.firing = firing


def states(fake: Fake) -> list[tuple[float, str]]:
    return [(at, json.loads(text)["state"]) for at, text in fake.told]


async def test_what_fires_is_told_to_the_log_and_the_receiver(autojump_clock: MockClock) -> None:
    watched = Watched(lambda now_s: 31.0 if 5 <= now_s < 10 or now_s >= 90 else 0.0)
    fake = Fake()
    async with alerting(watched.run(), [(RULE, Line(fake, 3))]):
        await trio.sleep(100.25)
        assert watched.firing == ("quiet",)
    assert states(fake) == [(5, "firing"), (10, "resolved"), (90, "firing"), (100.25, "ended")]
    assert watched.news == [
        (5, "alert", "warning"), (10, "alert", "info"),
        (90, "alert", "warning"), (100.25, "alert", "warning"),
    ]  # fmt: skip


async def test_the_end_of_a_run_waits_for_a_deaf_receiver_no_longer_than_is_fair(
    autojump_clock: MockClock,
) -> None:
    watched = Watched(lambda now_s: 31.0)
    async with alerting(watched.run(), [(RULE, Line(Fake(takes_s=1e6), 3))]):
        await trio.sleep(1)
    assert trio.current_time() == 1 + LAST_S
    assert watched.news[-1] == (1 + LAST_S, "alert_not_told", "error")


@pytest.mark.parametrize("error", [MMError("a part failed"), RuntimeError("ours")])
async def test_a_fault_of_ours_is_no_fault_of_the_run(
    error: Exception, autojump_clock: MockClock
) -> None:
    def look(now_s: float) -> float:
        raise error

    watched = Watched(look)
    async with alerting(watched.run(), [(RULE, Line(Fake(), 3))]):
        await trio.sleep(10)
    ours = [] if isinstance(error, MMError) else [(0, "alerts_ended", "error")]
    assert watched.news == ours


async def test_no_descriptor_is_left() -> None:
    async def both() -> None:
        async with server(partial(say, text=OK)) as found:
            await Webhook(found.url, 5.0).send(b"{}")
        await Command(["true"], 5.0).send(b"{}")

    await both()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        await both()
    assert len(os.listdir("/proc/self/fd")) <= before
