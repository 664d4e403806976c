"""What can be set in ``[strategy.avellaneda]``, with units and bounds.

The model's parameters are in price, seconds and model units of inventory: ``quote_size`` contracts
are ``delta`` model units. None is in ticks but ``num_bins``, so an exchange that changes its tick
leaves them as they are. Knows nothing of how they are used; the host checks the bounds.
"""

from decimal import Decimal

import attrs

from mm.api import ConfigError, option


@attrs.frozen(kw_only=True)
class VolConfig:
    """Table ``vol``: volatility of the mid."""

    window_len: int = option(
        500, help="Mid changes in the window.", unit="samples", ge=2, le=1_000_000
    )
    interval_s: float = option(
        0.5, help="Time between samples of the mid; whole µs.", unit="s", ge=0.001, le=3600.0
    )
    ema_half_life: float = option(
        2.0, help="Half-life of the smoothing of the variance.", unit="s", gt=0.0
    )
    sigma_min: float | None = option(
        None, help="Volatility is taken to be at least this.", unit="price/√s", ge=0.0
    )
    sigma_max: float | None = option(
        None, help="Volatility is taken to be at most this.", unit="price/√s", gt=0.0
    )


@attrs.frozen(kw_only=True)
class PenetrationConfig:
    """Table ``penetration``: how deep trades reach, for A and k."""

    window_len: int = option(
        120, help="Intervals in the window.", unit="intervals", ge=2, le=1_000_000
    )
    num_bins: int = option(
        500,
        help="Length of the histogram of depths; deeper trades count as this deep.",
        unit="ticks",
        ge=2,
        le=100_000,
    )
    interval_ms: int = option(
        500, help="Time over which the deepest trade is taken.", unit="ms", ge=1, le=3_600_000
    )


@attrs.frozen(kw_only=True)
class SequencerConfig:
    """Table ``sequencer``: when to decide."""

    interval_ms: int = option(500, help="Time between decisions.", unit="ms", ge=1, le=3_600_000)


@attrs.frozen(kw_only=True)
class AvellanedaConfig:
    """Table ``[strategy.avellaneda]``."""

    quote_size: float = option(
        help="Size of a quote; a whole number of lots.", unit="contracts", gt=0.0
    )
    max_position: float = option(
        help="Position, long or short, that fills must never take us beyond; whole lots.",
        unit="contracts",
        gt=0.0,
    )
    gamma: float = option(
        help="Aversion to holding inventory.", unit="1/(price · model unit)", gt=0.0
    )
    delta: float = option(
        help="What quote_size is in model units of inventory.", unit="model units", gt=0.0
    )
    xi: float = option(
        help="Aversion to not being executed; 0 = only inventory matters.",
        unit="1/(price · model unit)",
        ge=0.0,
    )
    tick_size: float | None = option(
        None,
        help="Tick of the instrument, if neither [instrument] nor the data tell.",
        unit="price",
        gt=0.0,
    )
    post_only: bool = option(True, help="Have the venue reject a quote that would take.")
    # RUF009 takes option() for a shared default; it is an attrs.field with a factory.
    vol: VolConfig = option(factory=VolConfig, help="Volatility.")
    penetration: PenetrationConfig = option(
        factory=PenetrationConfig, help="Arrival intensity by distance from the mid."
    )
    sequencer: SequencerConfig = option(factory=SequencerConfig, help="Decision times.")


def whole_microseconds(seconds: float, key: str) -> int:
    """Turn seconds into µs.

    Raises:
        ConfigError: if ``seconds`` is not a whole number of µs.
    """
    micros = Decimal(repr(seconds)) * 1_000_000
    if micros != micros.to_integral_value():
        raise ConfigError(
            f"strategy.avellaneda.{key} is {seconds!r} s, finer than the clock; "
            "use a whole number of microseconds"
        )
    return int(micros)
