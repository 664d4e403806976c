"""Data times as people read them: UTC, to the second."""

from datetime import UTC, datetime

from mm.api import MICRO


def clock(ts: int | None) -> str:
    """Write a time [µs since 1970] as date and time of day; a dash for one that is not known."""
    if ts is None or ts < 0:
        return "–"
    return datetime.fromtimestamp(ts // MICRO, UTC).strftime("%Y-%m-%d %H:%M:%S")


def time_of_day(ts: int) -> str:
    """As ``clock``, without the date."""
    return clock(ts)[-8:]
