"""What market data are worth: the defects found in them, and when they make results doubtful.

A defect is counted by whoever can see it (a connector in its survey, the venue while it matches)
and says itself from which share on it makes results doubtful. All of them together are the health
table of ``summary.json``. The grades of single price levels are the book's: ``mm.core.evidence``.
"""

import attrs


@attrs.frozen(kw_only=True)
class Defect:
    """One kind of defect in the data of a run: how much of it there is, and what was done."""

    kind: str
    """A stable name for programs, such as ``repeated_trade_ids``."""
    rows: int
    """Rows (of the book: messages) that have it."""
    of: int = attrs.field(validator=attrs.validators.gt(0))
    """Rows that were looked at; > 0."""
    done: str
    """What was done about it, in a few words: ``left out``, ``older side removed``."""
    source: str = ""
    """Which data: ``trades``, ``book`` …; empty = all together."""
    first: str | None = None
    """Where it was first seen, ``file:line``; None = it has no single place."""
    time_share: float | None = None
    """Share of the data's time for which it lasted, 0 to 1; None = it lasts no time."""
    limit: float | None = None
    """Share of the time (of the rows, where it lasts none) above which results are doubtful; None =
    it never makes them so."""

    @property
    def share(self) -> float:
        """Share of the rows that have it, 0 to 1."""
        return self.rows / self.of

    @property
    def is_sick(self) -> bool:
        """Whether there is more of it than ``limit`` allows."""
        share = self.share if self.time_share is None else self.time_share
        return self.limit is not None and share > self.limit
