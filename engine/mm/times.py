"""Data times as people read and write them: UTC."""

from datetime import UTC, datetime

from mm.api import MICRO


def clock(ts: int | None) -> str:
    """Write a time [µs since 1970] as date and time of day; a dash for one that is not known."""
    if ts is None or ts < 0:
        return "–"
    return datetime.fromtimestamp(ts // MICRO, UTC).strftime("%Y-%m-%d %H:%M:%S")


def exact_clock(ts: int) -> str:
    """As ``clock``, to the microsecond."""
    return f"{clock(ts)}.{ts % MICRO:06d}"


def parse_moment(text: str) -> int:
    """Read a data time: µs since 1970, or date and time of day (UTC where it names no zone).

    Raises:
        ValueError: it is neither, or beyond the year 9999.
    """
    if text.isascii() and text.isdigit():
        datetime.fromtimestamp(int(text) // MICRO, UTC)
        return int(text)
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * MICRO + since.microseconds


def time_of_day(ts: int) -> str:
    """As ``clock``, without the date."""
    return clock(ts)[-8:]
