"""Who may see the page: addresses, tokens, hosts, origins."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import UsageError
from mm.web.guard import Address, Guard, read_address, read_token

TOKEN = "correct-horse-battery"
HOME = Address("127.0.0.1", 8080)
WORLD = Address("0.0.0.0", 8080)
Asked = list[tuple[bytes, bytes]]


def head(*more: tuple[bytes, bytes], host: bytes = b"127.0.0.1:8080") -> Asked:
    return [(b"host", host), *more]


def status(headers: Asked, method: str = "GET", path: str = "/", version: str = "1.1") -> int:
    guard = Guard(token=None, names=frozenset({"desk.example"}), port=8080)
    refusal = guard.refuse(method, path, version, headers)
    return 200 if refusal is None else refusal.status


@pytest.mark.parametrize(
    ("text", "host", "port", "is_loopback"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080, True), ("8080", "127.0.0.1", 8080, True),
        ("localhost:1", "localhost", 1, True), ("[::1]:9", "::1", 9, True),
        ("127.9.9.9:9", "127.9.9.9", 9, True), ("0.0.0.0:80", "0.0.0.0", 80, False),
        ("[::]:80", "::", 80, False), ("10.0.0.7:80", "10.0.0.7", 80, False),
        ("localhost.evil.example:80", "localhost.evil.example", 80, False),
    ],
)  # fmt: skip
def test_an_address_is_read_and_known_to_be_at_home_or_not(
    text: str, host: str, port: int, is_loopback: bool
) -> None:
    address = read_address(text)
    assert (address.host, address.port, address.is_loopback) == (host, port, is_loopback)


@pytest.mark.parametrize("text", ["", "x", "127.0.0.1", "1.2.3.4:", "a b:80", "h:65536", "h:-1"])
def test_what_is_no_address_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected an address and a port such as 127\.0\.0\.1"):
        read_address(text)


def test_an_address_of_others_demands_a_token_that_cannot_be_guessed(tmp_path: Path) -> None:
    assert read_token(HOME, None, {}) is None
    with pytest.raises(UsageError, match=r"0\.0\.0\.0 can be reached from other machines"):
        read_token(WORLD, None, {})
    assert read_token(WORLD, None, {"MM_WEB_TOKEN": TOKEN}) == TOKEN
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}2\n")
    assert read_token(HOME, file, {"MM_WEB_TOKEN": TOKEN}) == f"{TOKEN}2"
    for bad in ("", "short", "has spaces in the middle", "ünicode-is-not-allowed"):
        with pytest.raises(UsageError, match=r"MM_WEB_TOKEN: the token is too short or has odd"):
            read_token(WORLD, None, {"MM_WEB_TOKEN": bad})


def test_the_token_is_in_no_text_of_ours() -> None:
    guard = Guard(token=TOKEN, port=1)
    assert TOKEN not in repr(guard)
    assert TOKEN not in guard.pass_ + guard.cookie


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (b"127.0.0.1:8080", 200), (b"localhost:9000", 200), (b"[::1]:8080", 200),
        (b"192.168.1.5:8080", 200), (b"desk.example", 200), (b"DESK.example:8080", 200),
        (b"evil.example:8080", 421), (b"127.0.0.1.evil.example", 421), (b"", 421),
        (b"localhost.evil.example", 421), (b"evil.example@127.0.0.1x", 421), (b"[::1", 421),
        (b"\xff\xfe", 421),
    ],
)  # fmt: skip
def test_a_host_that_somebody_may_have_pointed_here_is_refused(host: bytes, expected: int) -> None:
    assert status(head(host=host)) == expected


def test_a_request_names_one_host() -> None:
    assert status([]) == 421
    assert status(head((b"host", b"127.0.0.1:8080"))) == 421


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([(b"origin", b"http://127.0.0.1:8080")], 200),
        ([(b"origin", b"http://evil.example")], 403),
        ([(b"origin", b"null")], 403),
        ([(b"origin", b"http://127.0.0.1:9090")], 403),  # another server on this machine
        ([(b"sec-fetch-site", b"same-origin")], 200),
        ([(b"sec-fetch-site", b"none")], 200),
        ([(b"sec-fetch-site", b"cross-site"), (b"sec-fetch-dest", b"image")], 403),
        ([(b"sec-fetch-site", b"same-site"), (b"sec-fetch-dest", b"iframe")], 403),
        ([(b"sec-fetch-site", b"cross-site"), (b"sec-fetch-dest", b"document")], 200),
    ],
)
def test_another_site_may_not_ask_but_a_link_may_be_followed(more: Asked, expected: int) -> None:
    assert status(head(*more)) == expected


@pytest.mark.parametrize(
    ("method", "path", "more", "expected"),
    [
        ("POST", "/", [], 405), ("DELETE", "/events", [], 405), ("PUT", "/login", [], 405),
        ("GET", "/", [(b"content-length", b"5")], 413),
        ("GET", "/", [(b"content-length", b"0")], 200),
        ("GET", "/", [(b"transfer-encoding", b"chunked")], 413),
        ("POST", "/login", [(b"content-length", b"40")], 200),
        ("POST", "/login", [(b"content-length", b"513")], 413),
        ("POST", "/login", [], 413), ("POST", "/login", [(b"content-length", b"-1")], 413),
        ("POST", "/login", [(b"content-length", b"4"), (b"transfer-encoding", b"chunked")], 413),
    ],
)  # fmt: skip
def test_nothing_is_taken_but_a_short_form(
    method: str, path: str, more: Asked, expected: int
) -> None:
    assert status(head(*more), method, path) == expected


def test_only_http_1_is_spoken() -> None:
    assert status(head(), version="2") == 505


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ([], False),
        ([(b"authorization", f"Bearer {TOKEN}".encode())], True),
        ([(b"authorization", f"bearer  {TOKEN}".encode())], True),
        ([(b"authorization", f"Basic {TOKEN}".encode())], False),
        ([(b"authorization", f"Bearer {TOKEN}x".encode())], False),
        ([(b"authorization", f"Bearer {TOKEN[:-1]}".encode())], False),
        ([(b"cookie", b"a=b; mm_watch_8080=" + Guard(token=TOKEN).pass_.encode())], True),
        ([(b"cookie", b"mm_watch_8081=" + Guard(token=TOKEN).pass_.encode())], False),
        ([(b"cookie", f"mm_watch_8080={TOKEN}".encode())], False),
        ([(b"cookie", b"mm_watch_8080=" + Guard(token="another").pass_.encode())], False),
    ],
)
def test_the_token_is_a_header_or_the_cookie_made_of_it(headers: Asked, may: bool) -> None:
    assert Guard(token=TOKEN, port=8080).admits(headers) is may
    assert Guard(token=None, port=8080).admits(headers)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"host", b"origin", b"cookie", b"authorization", b"content-length"]),
            st.binary(max_size=40),
        ),
        max_size=6,
    )
)
def test_no_headers_admit_a_stranger_or_raise(headers: Asked) -> None:
    guard = Guard(token=TOKEN, port=8080)
    guard.refuse("GET", "/", "1.1", headers)
    assert not guard.admits(headers)
