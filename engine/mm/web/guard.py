"""Who may ask for what: a request's host, origin, method and token. It knows no socket and no page.

A hostile page in the same browser, or a name that it has pointed at this machine (DNS rebinding),
sends what a browser sends: a Host of its own, an Origin, and no token. So Host must be an address,
``localhost`` or the name that we were told, and whatever says that another site asks is refused.
"""

import hmac
import ipaddress
import string
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import attrs

from mm.api import UsageError, read_file

TOKEN_ENV: Final = "MM_WEB_TOKEN"
LEAST_TOKEN: Final = 16
"""Characters; with so many, guessing over a network leads nowhere."""
MOST_LOGIN: Final = 512
"""Bytes of a form with a token; nothing else may have a body."""
LOGIN: Final = "/login"

Headers: TypeAlias = Iterable[tuple[bytes, bytes]]
"""Names in lower case, as ASGI has them."""

_LETTERS: Final = {*string.ascii_letters, *string.digits, *"-._~+/="}
"""Of a token: those that a header and a form carry as they are (RFC 6750, b64token)."""


@attrs.frozen
class Refusal:
    """Why a request gets nothing."""

    status: int
    text: str


@attrs.frozen
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Only this machine gets there."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def url(self) -> str:
        """What to type into a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"


def read_address(text: str) -> Address:
    """Read ``host:port``, ``[v6]:port``, or a port alone, which is on loopback.

    Raises:
        UsageError: it is none of these.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not (port.isdecimal() and port.isascii() and int(port) < 1 << 16) or " " in host:
        raise UsageError(
            f"--web is {text!r}, expected an address and a port such as 127.0.0.1:8080"
        )
    return Address(host or "127.0.0.1", int(port))


def read_token(address: Address, file: Path | None, environ: Mapping[str, str]) -> str | None:
    """Find the token: in ``file``, else in the environment; None = none is asked for.

    Raises:
        UsageError: others can reach the address and there is none, or it is easy to guess.
    """
    where, token = TOKEN_ENV, environ.get(TOKEN_ENV)
    if file is not None:
        where = str(file)
        data = read_file(file, expected="a file with a token", most_bytes=1 << 12, error=UsageError)
        token = data.decode(errors="replace").strip()
    if token is None:
        if address.is_loopback:
            return None
        raise UsageError(
            f"{address.host} can be reached from other machines, expected a token of at least "
            f"{LEAST_TOKEN} characters in {TOKEN_ENV} or in --web-token-file"
        )
    if len(token) < LEAST_TOKEN or not _LETTERS.issuperset(token):
        raise UsageError(
            f"{where}: the token is too short or has odd characters, expected at least "
            f"{LEAST_TOKEN} of letters, digits and -._~+/="
        )
    return token


@attrs.frozen
class Guard:
    """Judges requests."""

    token: str | None = attrs.field(repr=False)
    """None = everybody who gets here may look."""
    names: frozenset[str] = frozenset()
    """Host names that are ours, beside addresses and ``localhost``; lower case."""
    port: int = 0
    """Ours; cookies of one host are shared by its ports, so it is in the cookie's name."""

    def refuse(self, method: str, path: str, version: str, headers: Headers) -> Refusal | None:
        """Say why a request is not to be answered; None = it is, if it may look."""
        found = _by_name(headers)
        if version not in ("1.0", "1.1"):
            return Refusal(505, "only HTTP/1.1 is spoken here")
        if not self._knows(found.get(b"host", [])):
            return Refusal(421, "this name is not ours; use the address that mm printed")
        if not _same_site(method, found):
            return Refusal(403, "another site may not ask")
        if method == "POST" and path == LOGIN:
            length = found.get(b"content-length", [b""])[-1]
            if b"transfer-encoding" in found or not length.isdigit() or int(length) > MOST_LOGIN:
                return Refusal(413, f"a form of at most {MOST_LOGIN} bytes is expected")
            return None
        if method not in ("GET", "HEAD"):
            return Refusal(405, "there is only something to look at: GET")
        if b"transfer-encoding" in found or found.get(b"content-length", [b"0"]) != [b"0"]:
            return Refusal(413, "nothing is taken here: no body")
        return None

    def admits(self, headers: Headers) -> bool:
        """Say whether a request has the token, in a header or as the cookie that a form set."""
        if self.token is None:
            return True
        found = _by_name(headers)
        for value in found.get(b"authorization", []):
            kind, _, given = value.partition(b" ")
            if kind.lower() == b"bearer" and self.is_token(given.strip()):
                return True
        cookies = b";".join(found.get(b"cookie", [])).split(b";")
        wanted = f"{self.cookie}={self.pass_}".encode()
        return any(hmac.compare_digest(one.strip(), wanted) for one in cookies[:50])

    def is_token(self, given: bytes) -> bool:
        """Compare in a time that tells nothing."""
        return self.token is not None and hmac.compare_digest(given, self.token.encode())

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return f"mm_watch_{self.port}"

    @property
    def pass_(self) -> str:
        """What the cookie says: made of the token, which it does not tell."""
        return hmac.digest((self.token or "").encode(), b"mm watch", "sha256").hex()

    def _knows(self, hosts: list[bytes]) -> bool:
        if len(hosts) != 1:
            return False
        try:
            name = urlsplit(f"//{hosts[0].decode('ascii')}").hostname or ""
        except ValueError:
            return False
        if name == "localhost" or name in self.names:
            return True
        try:
            ipaddress.ip_address(name)  # no name has led there, so nobody can have moved one
        except ValueError:
            return False
        return True


def _by_name(headers: Headers) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found


def _same_site(method: str, headers: Mapping[bytes, list[bytes]]) -> bool:
    """Say whether a browser that asks does so for our own page, or for its user."""
    host = headers[b"host"][0]
    origins = headers.get(b"origin", [])
    if any(origin not in (b"http://" + host, b"https://" + host) for origin in origins):
        return False
    sites = headers.get(b"sec-fetch-site", [])
    if all(site in (b"same-origin", b"none") for site in sites):
        return True
    # A link on another page may be followed: what it leads to is seen by the user alone.
    return method == "GET" and headers.get(b"sec-fetch-dest") == [b"document"]
