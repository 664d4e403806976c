"""What the venue can be told beside its models: our own limits, and when funding is due."""

import attrs


@attrs.frozen(kw_only=True)
class Limits:
    """Of the risk gate; see ``mm.core.venue.gate``. 0 = no limit."""

    order_lots: int = 0
    position_lots: int = 0
    orders_per_s: int = 0
    stale_us: int = 0
    collar: float = 0.0
    """Share of the mid."""
    loss: float = 0.0
    """Settlement currency."""


@attrs.frozen(kw_only=True)
class FundingSchedule:
    """Funding at fixed times, for data without a ticker."""

    rate: int
    """1e-12 of the position's value; positive: longs pay."""
    first_us: int
    """µs after midnight UTC."""
    interval_us: int

    def after(self, ts: int) -> int:
        """Give the first time of funding after ``ts`` [µs]."""
        day = 86_400_000_000
        start = ts // day * day - day + self.first_us
        return start + ((ts - start) // self.interval_us + 1) * self.interval_us
