"""A webhook: alerts as a POST of JSON. The address is a secret, since it often is the key.

No proxies, no cookies, no redirects; an answer is read if it says that it is short. What is said
of it never holds a part of the address.
"""

import logging
import re
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import attrs
import trio

if TYPE_CHECKING:
    import httpx

MOST_ANSWER: Final = 1000
"""Bytes of an answer that is read; receivers say ``ok``, or why not, in fewer."""
_AGAIN: Final = (408, 425, 429)
"""Statuses below 500 that ask for the same again (RFC 9110, 8470, 6585)."""
_LEAST_SECRET: Final = 4
"""Characters; shorter pieces of an address, such as ``api``, tell nobody anything."""


@attrs.frozen
class Answer:
    """What came of telling somebody."""

    ok: bool
    again: bool
    """Whether it may help to try the same once more."""
    text: str
    """For people."""


class Webhook:
    """Tells an address."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """Take an address that ``address_fault`` finds nothing wrong with; connects to nobody."""
        import httpx  # late: it takes a tenth of a second

        # They log addresses, at levels that only somebody else's configuration would show.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._url, self._timeout_s = url, timeout_s
        self._verify: ssl.SSLContext | bool = False
        if urlsplit(url).scheme == "https":
            self._verify = ssl.create_default_context()
        self._errors: tuple[type[Exception], ...] = (
            httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError,
        )  # fmt: skip

    def __repr__(self) -> str:
        return "<Webhook>"

    async def send(self, content: bytes) -> Answer:
        """Tell it once; never raises for what the other side does."""
        import httpx

        answer = Answer(False, True, f"no answer within {self._timeout_s:g} s")
        with trio.move_on_after(self._timeout_s):
            try:
                # A client each time: alerts are rare, and a connection kept for hours is dead.
                async with httpx.AsyncClient(
                    timeout=None, trust_env=False, verify=self._verify
                ) as client:
                    answer = await self._post(client, content)
            except self._errors as error:
                answer = Answer(False, True, self._without_secrets(str(error) or _name(error)))
        return answer

    async def _post(self, client: "httpx.AsyncClient", content: bytes) -> Answer:
        headers = {
            "content-type": "application/json",
            "user-agent": "mm",
            "accept-encoding": "identity",
        }
        async with client.stream("POST", self._url, content=content, headers=headers) as answer:
            status, body = answer.status_code, b""
            # All or nothing: httpx leaves generators behind where a body is read in part.
            size = answer.headers.get("content-length", "")
            if size.isdecimal() and int(size) <= MOST_ANSWER:
                body = b"".join([piece async for piece in answer.aiter_raw()])
        said = self._without_secrets(plain(body))
        text = f"it answers {status}" + (f", {said!r}" if said else "")
        return Answer(200 <= status < 300, status >= 500 or status in _AGAIN, text)

    def _without_secrets(self, text: str) -> str:
        """Take every piece of the address out of a text that others wrote."""
        parts = urlsplit(self._url)
        pieces = {self._url, parts.netloc, parts.hostname or "", parts.path, parts.query}
        pieces |= set(re.split(r"[/?&=#@:]", self._url))
        for piece in sorted(pieces, key=len, reverse=True):
            if len(piece) >= _LEAST_SECRET and piece not in ("http", "https"):
                text = text.replace(piece, "…")
        return text


def plain(data: bytes, longest: int = 200) -> str:
    """Make one line of what others wrote, with nothing that a terminal would obey."""
    words = data.decode("utf-8", "replace").split()
    text = "".join(c if c.isprintable() else "�" for c in " ".join(words))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _name(error: Exception) -> str:
    return type(error).__name__
