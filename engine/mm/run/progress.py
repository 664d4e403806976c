"""How far a run has come: numbers that tasks leave here and a display reads. Nothing reads back."""

import attrs

from mm.api import Account


@attrs.define
class Progress:
    """Written by the tasks; never read by them."""

    total_rows: int | None = None
    rows: int = 0
    first_ts: int = -1
    """µs, data time of the first event."""
    ts: int = -1
    """µs, data time."""
    decisions: int = 0
    fills: int = 0
    position: int = 0
    """Lots of the first instrument."""
    equity: float = 0.0
    """Settlement currency."""
    account: Account | None = None
    """As the strategy knows it; None = not asked yet."""

    @property
    def share(self) -> float | None:
        """Share of the input read, in [0, 1]; None if its length is not known."""
        return self.rows / self.total_rows if self.total_rows else None
