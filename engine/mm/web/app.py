"""The pages and the stream of updates, behind the guard: an ASGI application.

    /            the page, or a form for the token
    /events      the updates, as server-sent events: each viewer what it lacks, when it can take it
    /metrics, /health    for machines
    /page.css, /page.js  the page's own; nothing is asked of anybody else

It knows no engine and no socket. ``Hub`` is where who keeps the board and who shows it meet.
"""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any, Final
from urllib.parse import parse_qs

import trio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mm.web.board import Board, Snapshot
from mm.web.gauges import health_text, metrics_text
from mm.web.guard import LOGIN, MOST_LOGIN, Guard

MOST_VIEWERS: Final = 256
"""Streams at a time; each costs a task and what the system keeps for its socket."""
LEAST_S: Final = 0.2
"""From one update of a viewer to the next."""
_SENDS_PER_S: Final = 500
"""Over all viewers: with more than 100 of them each gets fewer, so that the engine does not wait;
a send costs some 0.1 ms."""
_STILL_S: Final = 15.0
"""A stream that has nothing to say says so that often, so that what is between keeps it open."""

_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with none, browsers send "Origin: null" with our form
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Hub:
    """The board, and word to those who wait for it to change."""

    def __init__(self) -> None:
        """Start with nothing to show."""
        self.board = Board()
        self.viewers = 0
        self._changed = trio.Event()

    def publish(self, snapshot: Snapshot) -> None:
        """Show the next state."""
        self.board.add(snapshot)
        self.tell()

    def tell(self) -> None:
        """Wake those who wait."""
        self._changed.set()
        self._changed = trio.Event()

    async def beyond(self, seen: int) -> None:
        """Wait for an update after ``seen``."""
        while self.board.number <= seen:
            await self._changed.wait()


def make_app(hub: Hub, guard: Guard) -> ASGIApp:
    """Build the application."""

    async def page(request: Request) -> Response:
        if not guard.admits(request.headers.raw):
            return _file("login.html", status=401)
        return _file("page.html")

    async def metrics(request: Request) -> Response:
        return Response(metrics_text(hub.board), media_type="text/plain; version=0.0.4")

    async def health(request: Request) -> Response:
        status, body = health_text(hub.board)
        return Response(body, status, media_type="application/json")

    async def login(request: Request) -> Response:
        return await _login(request, guard)

    async def style(request: Request) -> Response:
        return _file("page.css")

    async def script(request: Request) -> Response:
        return _file("page.js")

    routes = [
        Route("/", page), Route("/page.css", style), Route("/page.js", script),
        Route("/metrics", metrics), Route("/health", health),
        Route(LOGIN, login, methods=["POST"]), Route("/events", _Events(hub), methods=["GET"]),
    ]  # fmt: skip
    return _guarded(Starlette(routes=routes), guard)


def _guarded(app: ASGIApp, guard: Guard) -> ASGIApp:
    """Let through what the guard lets through, and give every answer our headers."""
    extra = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    open_to_all = ("/", LOGIN, "/page.css")  # the form's

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _refuse_socket(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *extra]}
            await send(message)

        refusal = guard.refuse(
            scope["method"], scope["path"], scope["http_version"], scope["headers"]
        )
        if refusal is not None:
            answer = PlainTextResponse(refusal.text + "\n", refusal.status, {"connection": "close"})
            await answer(scope, receive, send_with_headers)
        elif scope["path"] not in open_to_all and not guard.admits(scope["headers"]):
            answer = PlainTextResponse(
                "a token is asked for\n", 401, {"www-authenticate": "Bearer"}
            )
            await answer(scope, receive, send_with_headers)
        else:
            await app(scope, receive, send_with_headers)

    return guarded


async def _refuse_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Close a WebSocket before it opens: none is offered."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})


async def _login(request: Request, guard: Guard) -> Response:
    """Take a token from the form; the guard has seen that the form is short."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_LOGIN:
            return PlainTextResponse("too long\n", 413)
    given = parse_qs(body.decode("ascii", "replace")).get("token", [""])[0]
    if not guard.is_token(given.strip().encode()):
        return _file("login.html", status=401)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(guard.cookie, guard.pass_, httponly=True, samesite="strict", path="/")
    return answer


class _Events:
    """The stream of updates. An application of its own, since it is more than one response."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the viewer goes, or is cut off for taking nothing (see ``serve``)."""
        hub = self._hub
        if scope["method"] != "GET" or hub.viewers >= MOST_VIEWERS:
            answer = PlainTextResponse("too many are watching\n", 503)
            await answer(scope, receive, send)
            return
        headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
        hub.viewers += 1
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_until_gone, receive, nursery.cancel_scope)
                await self._stream(send)
        finally:
            hub.viewers -= 1

    async def _stream(self, send: Callable[[Message], Awaitable[None]]) -> None:
        """Send what the viewer lacks, wait for more, and no sooner than it is its turn."""
        hub, seen = self._hub, 0
        while True:
            if hub.board.number > seen:
                text = hub.board.since(seen)
                seen = hub.board.number
                await send(_chunk(b"data: " + text + b"\n\n"))
            await trio.sleep(max(LEAST_S, hub.viewers / _SENDS_PER_S))
            with trio.move_on_after(_STILL_S) as waiting:
                await hub.beyond(seen)
            if waiting.cancelled_caught:
                await send(_chunk(b": still here\n\n"))


async def _until_gone(receive: Receive, stream: trio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.cancel(reason="the viewer is gone")


def _chunk(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}


_TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


def _file(name: str, status: int = 200) -> Response:
    """One of the package's own files; no name comes from a request."""
    content = files("mm.web").joinpath(name).read_bytes()
    return Response(content, status, media_type=_TYPES[name.rpartition(".")[2]])
