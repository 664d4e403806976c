"""Gzip members that tell their own length, so that a file cut off mid-member shows where.

A gzip file may be any number of members, one behind the other (RFC 1952, 2.2), and readers take
them as one text. Each of ours has an extra field (2.3.1.1) with the identifier ``MM`` and the
member's whole length in bytes, little-endian, four bytes. A reader that knows it hops from member
to member and leaves out what is incomplete; any other reader passes over it.
"""

import struct
from typing import Final

from isal import isal_zlib

_HEAD: Final = struct.Struct("<4sIBBH2sHI")
"""Magic, method and flags; time; extra flags; system; length of the extra fields; identifier,
length and content of ours."""

_MAGIC: Final = b"\x1f\x8b\x08\x04"  # deflate, with extra fields
_UNKNOWN_SYSTEM: Final = 255
_LEVEL: Final = 2  # of isal's 0 to 3: a third smaller than 0, and still 300 MB/s
_RAW: Final = -15  # deflate without a wrapper, 32 KiB window


def member(text: bytes) -> bytes:
    """Compress a text to one member, under 4 GiB."""
    body = isal_zlib.compress(text, _LEVEL, wbits=_RAW)
    length = _HEAD.size + len(body) + 8
    head = _HEAD.pack(_MAGIC, 0, 0, _UNKNOWN_SYSTEM, 8, b"MM", 4, length)
    return head + body + struct.pack("<II", isal_zlib.crc32(text), len(text))
