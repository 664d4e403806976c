"""What can be set in ``[strategy.momentum]``, with units and bounds."""

import attrs

from mm.api import option


@attrs.frozen(kw_only=True)
class MomentumConfig:
    """Table ``[strategy.momentum]``."""

    lookback: int = option(
        200,
        help="Span of the slow average; the fast one's is a quarter of it.",
        unit="trades",
        ge=4,
        le=1_000_000,
    )
    threshold: float = option(
        0.0001,
        help="How far the fast average must be from the slow one.",
        unit="share of it",
        ge=0.0,
        lt=1.0,
    )
    quote_size: float = option(
        100.0,
        help="Position held, long or short, once there is a signal; a whole number of lots.",
        unit="contracts",
        gt=0.0,
    )
