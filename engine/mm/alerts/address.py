"""Whether a text is the address of a webhook. It is a secret, so no word of it is repeated."""

from urllib.parse import urlsplit


def address_fault(url: str) -> str:
    """Say what is wrong with an address, without a part of it; empty = nothing."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in ("http", "https") or not host:
        return "does not begin with https:// or http:// and a host"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "has characters that no address has"
    return ""
