"""The page on a real socket: what it answers, to whom, and what a hostile viewer can do."""

import contextlib
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from tests.short_market import write_run_file
from tests.web.viewer import viewer
from trio.testing import MockClock

from mm.api import DataError, UsageError
from mm.config import load_config
from mm.run.build import Options
from mm.run.health import Hearing
from mm.run.session import Plan, Result, plan_run, run_plan
from mm.web import serve
from mm.web.app import MOST_VIEWERS, Hub
from mm.web.board import Snapshot
from mm.web.disk import Reading
from mm.web.guard import Address
from mm.web.sample import EngineView
from mm.web.serve import keep, keep_folder, last_look, serving

TOKEN = "correct-horse-battery"
HOME = Address("127.0.0.1", 0)


def snapshot(n: int, size: int = 1) -> Snapshot:
    texts = {"symbol": "XBTUSD", "state": f"state {n}", "filler": "x" * size}
    return Snapshot(ts=n, texts=texts, numbers={"equity": 1.0}, point=None)


async def test_each_page_is_served_with_headers_that_let_nothing_else_in() -> None:
    async with serving(HOME, None) as (hub, used), httpx.AsyncClient(base_url=used.url) as client:
        hub.publish(snapshot(1))
        for path, kind in (
            ("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
            ("/metrics", "text/plain"), ("/health", "application/json"),
        ):  # fmt: skip
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, kind)
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert "server" not in answer.headers
        page = (await client.get("/")).text
        assert re.findall(r'(?:src|href)="([^"]*)"', page) == ["data:,", "/page.css", "/page.js"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/nothing", {}, 404), ("GET", "/../../etc/passwd", {}, 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", {}, 404), ("GET", "//evil.example/", {}, 404),
        ("GET", "/page.py", {}, 404), ("GET", "/login", {}, 405),
        ("POST", "/", {}, 405), ("OPTIONS", "/events", {}, 405),
        ("GET", "/", {"host": "evil.example"}, 421),
        ("GET", "/events", {"origin": "http://evil.example"}, 403),
        ("GET", "/", {"content-length": "1000000000"}, 413),
    ],
)  # fmt: skip
async def test_what_is_not_offered_is_refused(
    method: str, path: str, headers: dict[str, str], status: int
) -> None:
    async with serving(HOME, None) as (_, used):
        asked = {"host": f"127.0.0.1:{used.port}", **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in asked.items())]
        answer = await raw(used.port, "\r\n".join([*lines, "", ""]).encode())
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"root:" not in answer


async def raw(port: int, data: bytes, most_s: float = 5.0) -> bytes:
    """Send bytes as they are; give the first that come back."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        with contextlib.suppress(trio.BrokenResourceError):
            await stream.send_all(data)
        with trio.move_on_after(most_s), contextlib.suppress(trio.BrokenResourceError):
            return bytes(await stream.receive_some(4096))
    return b""


async def test_a_token_is_asked_for_and_a_form_turns_it_into_a_cookie() -> None:
    async with serving(HOME, TOKEN) as (hub, used), httpx.AsyncClient(base_url=used.url) as client:
        hub.publish(snapshot(1))
        form = await client.get("/")
        assert (form.status_code, 'action="/login"' in form.text) == (401, True)
        for path in ("/events", "/metrics", "/health", "/page.js"):
            assert (await client.get(path)).status_code == 401
        wrong = await client.post("/login", data={"token": TOKEN + "x"})
        assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
        right = await client.post("/login", data={"token": TOKEN})
        assert (right.status_code, right.headers["location"]) == (303, "/")
        cookie = right.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert TOKEN not in cookie
        assert "page.js" in (await client.get("/")).text
        async with viewer(used.port, f"cookie: {right.headers['set-cookie'].split(';')[0]}") as one:
            update = await one.update()
        assert update is not None
        assert update["texts"]["state"] == "state 1"
    async with serving(HOME, TOKEN) as (hub, used), httpx.AsyncClient(base_url=used.url) as client:
        answer = await client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        assert (await client.get(f"/metrics?token={TOKEN}")).status_code == 401


async def test_updates_come_as_they_are_and_no_more_than_five_a_second() -> None:
    async with serving(HOME, None) as (hub, used), trio.open_nursery() as nursery:

        async def publish() -> None:
            for n in range(1, 10**6):
                hub.publish(snapshot(n))
                await trio.sleep(0.01)

        nursery.start_soon(publish)
        began_s, seen = trio.current_time(), []
        async with viewer(used.port) as one:
            for _ in range(6):
                update = await one.update()
                assert update is not None
                seen.append(update["number"])
        took_s = trio.current_time() - began_s
        nursery.cancel_scope.cancel()
    assert took_s >= 5 * 0.19  # the pace, which a slow machine only lowers
    assert seen == sorted(set(seen))
    assert seen[-1] - seen[0] > 5  # most were left out


async def test_a_stalled_viewer_is_cut_off_and_others_do_not_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serve, "SEND_S", 0.5)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(trio.fail_after(60))
        hub, used = await stack.enter_async_context(serving(HOME, None))
        for _ in range(5):
            await stack.enter_async_context(viewer(used.port))  # reads nothing
        watching = await stack.enter_async_context(viewer(used.port))
        n = 0
        while n < 3 or hub.viewers > 1:  # until all that read nothing are gone
            n += 1
            hub.publish(snapshot(n, size=400_000))
            update = await watching.update()
            assert update is not None
            assert update["number"] == n


async def test_the_end_of_a_run_does_not_wait_for_a_viewer_that_takes_nothing() -> None:
    with trio.fail_after(0.9 * serve.SEND_S):  # which is how long a send may take
        async with serving(HOME, None) as (hub, used), viewer(used.port):
            for n in range(1, 5):
                hub.publish(snapshot(n, size=2_000_000))
                await trio.sleep(0.3)
            assert hub.viewers == 1


async def test_two_hundred_viewers_see_the_end_and_twenty_of_them_may_sleep() -> None:
    last, seen = 30, []
    async with serving(HOME, None) as (hub, used), contextlib.AsyncExitStack() as stack:
        for _ in range(20):
            await stack.enter_async_context(viewer(used.port))  # reads nothing
        async with trio.open_nursery() as nursery:

            async def watch() -> None:
                async with viewer(used.port) as one:
                    number, state = 0, ""
                    while number < last:
                        update = await one.update()
                        assert update is not None
                        assert update["number"] > number
                        number, state = update["number"], update["texts"]["state"]
                    seen.append(state)

            for _ in range(180):
                nursery.start_soon(watch)
            for n in range(1, last + 1):
                hub.publish(snapshot(n, size=2000))
                await trio.sleep(0.05)
    assert seen == 180 * [f"state {last}"]


async def test_more_viewers_than_there_is_room_for_are_told_so() -> None:
    async with serving(HOME, None) as (hub, used), httpx.AsyncClient(base_url=used.url) as client:
        hub.viewers = MOST_VIEWERS
        assert (await client.get("/events")).status_code == 503
        hub.viewers = 0


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 5000, b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 20_000, b"\r\n\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 100,
        b"GET / HTTP/1.1\r\nhost: localhost\r\n" + b"x: " + b"y" * 20_000 + b"\r\n\r\n",
        b"POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\n\xff\xff\xff\xff\xff",
        b"GET /events HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        b"PUT / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
        + 100 * (b"4000\r\n" + b"z" * 0x4000 + b"\r\n"),
    ],
)  # fmt: skip
async def test_rubbish_ends_its_connection_and_nothing_else(data: bytes) -> None:
    async with serving(HOME, TOKEN) as (_, used), httpx.AsyncClient(base_url=used.url) as client:
        for _ in range(3):
            answer = await raw(used.port, data, most_s=1.0)
            assert not answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 101", b"HTTP/1.1 500"))
        assert (await client.get("/")).status_code == 401


async def test_a_connection_on_which_nothing_moves_is_ended_and_a_watched_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serve, "STILL_S", 1.0)
    half = b"POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\ntoken"
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(trio.fail_after(30))
        hub, used = await stack.enter_async_context(serving(HOME, None))
        watching = await stack.enter_async_context(viewer(used.port))
        stuck = await trio.open_tcp_stream("127.0.0.1", used.port)
        await stack.enter_async_context(stuck)
        await stuck.send_all(half)
        n, over = 0, False
        async with trio.open_nursery() as nursery:

            async def read_all() -> None:
                nonlocal over
                with contextlib.suppress(trio.BrokenResourceError):
                    while await stuck.receive_some(4096):
                        pass
                over = True

            nursery.start_soon(read_all)
            while n < 15 or not over:  # over three seconds
                n += 1
                hub.publish(snapshot(n))
                update = await watching.update()
                assert update is not None
                assert update["number"] == n


async def test_slow_heads_end_and_make_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(serve, "_HEAD_S", 1.0)
    async with serving(HOME, None) as (_, used), contextlib.AsyncExitStack() as stack:
        stack.enter_context(trio.fail_after(20))
        slow = [await trio.open_tcp_stream("127.0.0.1", used.port) for _ in range(4)]
        for stream in slow:
            await stack.enter_async_context(stream)
            with contextlib.suppress(trio.BrokenResourceError):
                await stream.send_all(b"GET / HTTP/1.1\r\nx: ")  # and never more
        async with trio.open_nursery() as nursery:
            ended: list[int] = []

            async def wait(n: int) -> None:
                with contextlib.suppress(trio.BrokenResourceError):
                    while await slow[n].receive_some(4096):
                        pass
                ended.append(n)

            for n in range(4):
                nursery.start_soon(wait, n)
        assert ended[0] == 3  # for which there was no room
        async with httpx.AsyncClient(base_url=used.url) as client:
            assert (await client.get("/")).status_code == 200


async def test_a_taken_port_is_a_sentence() -> None:
    async with serving(HOME, None) as (_, used):
        with pytest.raises(UsageError, match=f"--web 127.0.0.1:{used.port}: cannot listen there"):
            async with serving(used, None):
                raise AssertionError("two listen on one port")


@pytest.mark.parametrize("failures", [4, 5])
async def test_a_folder_is_read_anew_while_somebody_writes_and_a_torn_reading_is_tried_again(
    failures: int, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    told: list[Any] = [
        Reading(snapshot(1), [], is_over=False),
        *failures * [DataError("torn")],
        Reading(snapshot(2), [[1.0]], is_over=True),
    ]
    waiting = iter(told)

    def read(path: Path) -> Reading:
        found = next(waiting)
        if isinstance(found, DataError):
            raise found
        assert isinstance(found, Reading)
        return found

    monkeypatch.setattr(serve, "read_folder", read)
    hub = Hub()
    if failures == 5:
        with pytest.raises(DataError, match="torn"):
            await keep_folder(hub, Path())
        return
    await keep_folder(hub, Path())
    assert hub.board.number == 2
    assert trio.current_time() >= 5  # once a second


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run_file(tmp_path_factory.mktemp("market"))


async def planned(run_file: Path, folder: Path) -> Plan:
    return await plan_run(load_config(run_file, None, [f"output.csv_path={folder}"]))


async def watched(run_file: Path, folder: Path) -> tuple[Result, list[dict[str, Any]]]:
    """Run with three viewers, one of whom reads nothing; give what one of them was shown."""
    plan = await planned(run_file, folder)
    shown: list[dict[str, Any]] = []

    async def watch(port: int) -> None:
        async with viewer(port) as one:
            while (update := await one.update()) is not None:
                shown.append(update)

    async with serving(HOME, None) as (hub, used), viewer(used.port):
        hear = Hearing(plan.parts.connector).listener()
        view = EngineView(plan, hear, trio.current_time())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep, hub, view)
            nursery.start_soon(watch, used.port)
            nursery.start_soon(watch, used.port)
            await trio.sleep(0.5)
            result = await run_plan(plan, Options(), trio.CancelScope())
            last_look(hub, view, result.status)
            await trio.sleep(0.5)
            nursery.cancel_scope.cancel()
    return result, shown


async def test_viewers_change_no_byte_and_see_what_the_run_came_to(
    run_file: Path, tmp_path: Path
) -> None:
    alone = await run_plan(await planned(run_file, tmp_path / "a"), Options(), trio.CancelScope())
    result, shown = await watched(run_file, tmp_path / "b")
    assert result.summary["digest"] == alone.summary["digest"]
    assert result.summary["fills"] > 0
    last, summary = shown[-1]["texts"], result.summary
    assert last["state"].startswith("complete")
    assert last["equity"] == f"{summary['equity']:+.8f}"
    assert last["fills"] == f"{summary['fills']:,}"
    assert last["decisions"] == f"{summary['decisions']:,}"
    assert last["orders"] == f"{summary['orders']:,}"
    assert last["position"].split(" ")[0] == f"{summary['position']:g}"
    money = dict(last["money"])
    assert money["realised"] == f"{summary['realized_pnl']:+.8f}"
    assert money["largest drawdown"] == f"{summary['max_drawdown']:+.8f}"
