"""Addresses: which are safe to speak to, and where the exchange's REST interface is.

Pure: text in, text out. Market data is public, but whoever can change it on its way can make us
trade as he likes; so it comes encrypted, or from this machine, or the user has said otherwise.
"""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_SECURE: Final = {"wss": True, "ws": False, "https": True, "http": False}


def fault_of(url: str, schemes: tuple[str, ...], insecure: bool) -> str:
    """Say what is wrong with an address; empty if nothing is.

    Args:
        url: as configured.
        schemes: of which it must have one.
        insecure: let it be unencrypted, to any host.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as exc:
        return f"is {url!r}, which is no address ({exc})"
    if parts.scheme not in schemes or not host:
        return f"is {url!r}, expected an address such as {schemes[0]}://host/path"
    if parts.username is not None:
        return "has a user name in it, expected none: market data needs no key"
    if not (_SECURE[parts.scheme] or insecure or is_loopback(host)):
        return (
            f"is {url!r}, which is not encrypted and not on this machine; use {schemes[0]}://,"
            " or set data.insecure (--insecure)"
        )
    return ""


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def rest_address(url: str) -> str:
    """Derive the address of the REST interface from that of the feed.

    ``wss://ws.bitmex.com/realtime`` goes with ``https://www.bitmex.com/api/v1``, and
    ``wss://ws.testnet.bitmex.com/realtime`` with ``https://testnet.bitmex.com/api/v1`` (BitMEX,
    API documentation); any other host has both.
    """
    parts = urlsplit(url)
    scheme = "https" if parts.scheme == "wss" else "http"
    place = parts.netloc
    if place.startswith("ws.testnet."):
        place = place.removeprefix("ws.")
    elif place.startswith("ws."):
        place = "www." + place.removeprefix("ws.")
    return f"{scheme}://{place}/api/v1"
