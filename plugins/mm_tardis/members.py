"""Recordings of our own that were cut off: how much of the file is whole.

``mm record`` writes gzip members with an extra field ``MM`` that holds the member's length
(RFC 1952, 2.3.1.1), each ending at a line end. A killed process leaves at most one incomplete
member at the end of such a file, and that is left out. Any other gzip file is taken as it is: that
it ends early is then for the reader to find.
"""

import os
import struct
from typing import Final

_HEAD: Final = struct.Struct("<4s6xH2sHI")
_MARK: Final = (b"\x1f\x8b\x08\x04", 8, b"MM", 4)


def whole_bytes(file: int, size: int) -> int:
    """Bytes of the file, from its start, that are whole members; ``size`` if it is not ours.

    Args:
        file: descriptor.
        size: of the file [bytes].
    """
    end = 0
    while end < size:
        head = os.pread(file, _HEAD.size, end)
        if len(head) < _HEAD.size:
            return end if end else size
        *mark, length = _HEAD.unpack(head)
        if tuple(mark) != _MARK or length < _HEAD.size:
            return size
        if end + length > size:
            return end
        end += length
    return end
