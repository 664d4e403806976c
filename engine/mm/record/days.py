"""UTC days as file names have them. Knows no files."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from mm.record.numbering import DAY_US

_FIRST: Final = date(1970, 1, 1)
_DAY_S: Final = DAY_US // 1_000_000


def date_of(day: int) -> str:
    """Write a day, counted since 1970, as ISO 8601 has it."""
    return datetime.fromtimestamp(day * _DAY_S, UTC).date().isoformat()


def day_of(file_name: str) -> int:
    """Read the day in ``<what>_<date>.<suffixes>``, counted since 1970."""
    text = file_name.rpartition("_")[2].partition(".")[0]
    return (date.fromisoformat(text) - _FIRST) // timedelta(days=1)
