"""HTTP/1.1 as far as the exchange speaks it: one request's head in, one whole answer out.

RFC 9112. An upgrade to WebSocket is recognised here and answered by trio-websocket; the rest is
GET of a few paths, each answered once with ``Connection: close``. Pure.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit

import attrs

from mm_bitmex.mock import wire as forms
from mm_bitmex.mock.market import Market

MAX_HEAD: Final = 16 << 10  # bytes; h11's limit for the same
RETRY_S: Final = 1


@attrs.frozen
class Request:
    """The head of an HTTP request."""

    method: str
    target: str
    """Path and query, as sent."""
    is_upgrade: bool
    """It asks for a WebSocket."""


def parse_head(head: bytes) -> Request | None:
    """Read what stands before the blank line; None if it is no HTTP/1.1 request."""
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1.") or not parts[1].startswith("/"):
        return None
    headers = {
        name.strip().lower(): value.strip().lower()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    return Request(parts[0], parts[1], headers.get("upgrade") == "websocket")


def answer(status: int, body: str, *headers: str) -> bytes:
    """A whole response with a JSON body."""
    content = body.encode()
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Content-Type: application/json; charset=utf-8",
        f"Content-Length: {len(content)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


def refuse(status: int, retry_s: int = RETRY_S) -> bytes:
    """The answer of an exchange that has had enough (429) or is down (503)."""
    if status == 429:
        body = f'{{"error":"Rate limit exceeded, retry in {retry_s} seconds."}}'
        limits = ("X-RateLimit-Limit: 120", "X-RateLimit-Remaining: 0")
        return answer(429, body, f"Retry-After: {retry_s}", *limits)
    text = "The system is currently overloaded. Please try again later."
    return answer(status, forms.http_error(text))


def respond(request: Request | None, market: Market) -> bytes:
    """Answer whatever is no upgrade."""
    if request is None:
        return answer(400, forms.http_error("Bad Request"))
    if request.method != "GET":
        return answer(405, forms.http_error("Method Not Allowed"), "Allow: GET")
    url = urlsplit(request.target)
    if url.path == "/api/v1/instrument":
        symbol = parse_qs(url.query).get("symbol", [market.contract.symbol])[0]
        found = market.instrument() if symbol == market.contract.symbol else ""
        return answer(200, f"[{found}]")
    if url.path == "/api/v1/instrument/active":
        return answer(200, f"[{market.instrument()}]")
    if url.path == "/api/v1/schema/websocketHelp":
        return answer(200, forms.help_text())
    return answer(404, forms.http_error("Not Found"))
