"""What can be set in ``[strategy.grid]``, with units and bounds. Knows nothing of its use."""

import attrs

from mm.api import option


@attrs.frozen(kw_only=True)
class SequencerConfig:
    """Table ``sequencer``: when to decide."""

    interval_ms: int = option(500, help="Time between decisions.", unit="ms", ge=1, le=3_600_000)


@attrs.frozen(kw_only=True)
class GridConfig:
    """Table ``[strategy.grid]``."""

    quote_size: float = option(
        help="Size of each order; a whole number of lots.", unit="contracts", gt=0.0
    )
    max_position: float = option(
        help="Position, long or short, that fills must never take us beyond; whole lots.",
        unit="contracts",
        gt=0.0,
    )
    half_spread: float = option(
        help="Distance of the first order of each side from the fair price.", unit="price", ge=0.0
    )
    interval: float = option(
        help="Step of the grid that orders stand on, a whole number of ticks.",
        unit="price",
        gt=0.0,
    )
    levels: int = option(5, help="Most orders a side.", unit="orders", ge=1, le=100)
    skew: float = option(
        0.0,
        help="How far both sides move down for each contract held.",
        unit="price/contract",
        ge=0.0,
    )
    sequencer: SequencerConfig = option(factory=SequencerConfig, help="Decision times.")
