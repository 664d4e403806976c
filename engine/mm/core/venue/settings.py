"""What the venue is told of each market: its models, our own limits, and when funding is due."""

import attrs

from mm.api import FillModel, Instrument, LatencyModel


@attrs.frozen(kw_only=True)
class Limits:
    """Of the risk gate, on one market; see ``mm.core.venue.gate``. 0 = no limit."""

    order_lots: int = 0
    position_lots: int = 0
    orders_per_s: int = 0
    stale_us: int = 0
    collar: float = 0.0
    """Share of the mid."""
    loss: float = 0.0
    """Of all markets together [reporting currency]; where they differ, the strictest counts."""


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


@attrs.frozen(kw_only=True)
class Terms:
    """One market: what trades there, and by which rules. One connection leads to it."""

    instruments: tuple[Instrument, ...]
    fill_model: FillModel
    """How resting orders move up and fill."""
    latency: LatencyModel
    """How long orders and reports travel."""
    limits: Limits = attrs.field(factory=Limits)
    funding: FundingSchedule | None = None
    """Set when the data has no ticker that tells."""
