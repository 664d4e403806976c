"""What the venue finds wrong with the data while it matches, with limits and their reasons.

It sees what no single file shows: a book against itself, against the quotes and against the prints.
"""

from typing import Final

from mm.api import Defect
from mm.core.book import Levels

_CROSSED: Final = 0.01
"""One message in 100 that crosses the book: then rows are missing for good, and sizes are wrong."""

_CONTRADICTED: Final = 0.25
"""Of the time. A book that comes every 100 ms (Binance) is behind its quotes for 5 % of it."""

_FEW: Final = 100
"""Messages; of fewer nobody can say how much of the time is usual."""

_UNSIDED: Final = 0.05
"""Such prints fill nobody: of fills, one in 20 may be missing."""


_STALE: Final = 0.05
"""They meet the orders of their own time, so hardly any; many are of another day or clock."""


def find_defects(levels: Levels, prints: int, unsided: int, stale: int) -> tuple[Defect, ...]:
    """Sum up what the books of all instruments had against them, and what else was odd."""
    known = levels.known
    crossed_us = known["crossed_us"] + known["is_crossed"] * (known["ts"] - known["since_crossed"])
    contradicted_us = known["contradicted_us"] + known["is_contradicted"] * (
        known["ts"] - known["since_contradicted"]
    )
    messages = max(int(known["messages"].sum()), 1)
    span_us = max(int((known["ts"] - known["first_ts"]).sum()), 1)
    has_book = bool(levels.touch["has_levels"].any())
    return (
        Defect(
            kind="crossed_messages",
            source="book" if has_book else "quotes",
            rows=int(known["crossed"].sum()),
            of=messages,
            # A book does not stay crossed: see ``mm.core.evidence``.
            time_share=None if has_book else int(crossed_us.sum()) / span_us,
            done="the older side was left out" if has_book else "kept",
            limit=max(_CROSSED, 1 / messages),
        ),
        Defect(
            kind="contradicted_messages",
            source="book",
            rows=int(known["contradicted"].sum()),
            of=messages,
            time_share=int(contradicted_us.sum()) / span_us,
            done="the newer quote or print was believed",
            limit=_CONTRADICTED if messages >= _FEW else None,
        ),
        Defect(
            kind="prints_without_side",
            source="trades",
            rows=unsided,
            of=max(prints, 1),
            done="filled nobody",
            limit=_UNSIDED,
        ),
        Defect(
            kind="stale_messages",
            rows=stale,
            of=max(messages, stale),
            done="measured no latency",
            limit=_STALE,
        ),
    )
