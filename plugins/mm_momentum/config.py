"""What can be set in ``[strategy.momentum]``, with units and bounds."""

from decimal import Decimal

import attrs

from mm.api import ConfigError, Instrument, option


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
        help="How far the fast average must be from the slow one, as a share of it.",
        ge=0.0,
        lt=1.0,
    )
    quote_size: float = option(
        100.0,
        help="Position held, long or short, once there is a signal; a whole number of lots.",
        unit="contracts",
        gt=0.0,
    )


def quote_lots(config: MomentumConfig, instrument: Instrument) -> int:
    """Turn ``quote_size`` into lots.

    Raises:
        ConfigError: if it is not a whole number of lots, at least one.
    """
    # repr gives the decimal that the user wrote, where the float itself is only near it.
    lots = Decimal(repr(config.quote_size)) / instrument.lot_size
    if lots < 1 or lots != lots.to_integral_value():
        raise ConfigError(
            f"strategy.momentum.quote_size is {config.quote_size:g} contracts, which is not a "
            f"whole number of lots of {instrument.symbol}; use a multiple of {instrument.lot_size}"
        )
    return int(lots)
