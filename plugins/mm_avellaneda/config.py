"""What can be set in ``[strategy.avellaneda]``, with units and bounds.

The model's parameters are in price, seconds and model units of inventory: ``quote_size`` contracts
are ``delta`` model units. None is in ticks but ``num_bins``, so an exchange that changes its tick
leaves them as they are. Knows nothing of how they are used; the host checks the bounds.

The outer bounds are wide enough for prices of 1e-6 and of 1e6 and for lots of 50 million (credit
indices), and tight enough that no product of parameters leaves the range of a double. A value
beyond them is a slip in its unit.
"""

from decimal import Decimal
from typing import Final

import attrs

from mm.api import ConfigError, QuoteInputs, option

MODELS: Final = (
    "gueant_closed", "gueant", "glft_closed", "glft", "avellaneda_stoikov", "symmetric",
    "cartea_jaimungal", "gueant_multi",
)  # fmt: skip

MAX_LOTS: Final = 1000
"""Of a table by inventory, either side of zero: beyond, each row would carry 32 kB of it."""


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
class CalibratedConfig:
    """Table ``calibrated``: what is known beforehand and so not estimated."""

    sigma: float | None = option(
        None,
        help="Volatility of the mid, in place of its estimate.",
        unit="price/√s",
        ge=0.0,
        le=1e9,
    )
    A: float | None = option(
        None,
        help="Arrivals at the mid, in place of their estimate.",
        unit="1/s per side",
        ge=1e-12,
        le=1e6,
    )
    k: float | None = option(
        None,
        help="Their decay with distance (not by the tick), in place of its estimate.",
        unit="1/price",
        ge=1e-9,
        le=1e9,
    )


@attrs.frozen(kw_only=True)
class CorrelationConfig:
    """Table ``correlation``: of several instruments' mids, for ``model = "gueant_multi"``."""

    interval_s: float = option(
        1.0, help="Time between samples of the mids; whole µs.", unit="s", ge=0.001, le=3600.0
    )
    half_life_s: float = option(
        300.0, help="Half-life of the average over the samples.", unit="s", gt=0.0
    )
    min_samples: int = option(
        60, help="Samples without which no quotes are made.", unit="samples", ge=2, le=1_000_000
    )
    value: float | None = option(
        None, help="Of each pair, in place of the estimate.", unit="pure number", ge=-1.0, le=1.0
    )


@attrs.frozen(kw_only=True)
class AvellanedaConfig:
    """Table ``[strategy.avellaneda]``."""

    model: str = option(
        "gueant_closed", help="Where to quote; `mm quotes` shows each.", choices=MODELS
    )
    quote_size: float = option(
        help="Size of a quote; a whole number of lots.", unit="contracts", gt=0.0
    )
    max_position: float = option(
        help="Position, long or short, that fills must never take us beyond; whole lots.",
        unit="contracts",
        gt=0.0,
    )
    gamma: float = option(
        help="Aversion to holding inventory.", unit="1/(price · model unit)", ge=1e-15, le=1e6
    )
    delta: float = option(
        help="What quote_size is in model units of inventory.",
        unit="model units",
        ge=1e-12,
        le=1e12,
    )
    xi: float = option(
        help="Aversion to not being executed; 0 = only inventory matters.",
        unit="1/(price · model unit)",
        ge=0.0,
        le=1e6,
    )
    horizon: float | None = option(
        None,
        help="Length of a session; one follows the other from 1970 on, UTC, so 86400 is a day. "
        "Empty = without end, as the closed forms always are.",
        unit="s",
        ge=0.001,
        le=31_536_000.0,
    )
    terminal: float = option(
        0.0,
        help="Penalty on what is held at the horizon, by its square; the exact models use it.",
        unit="price/model unit",
        ge=0.0,
        le=1e9,
    )
    tick_size: float | None = option(
        None,
        help="Tick of the instrument, if neither [instrument] nor the data tell.",
        unit="price",
        gt=0.0,
    )
    post_only: bool = option(True, help="Have the venue reject a quote that would take.")
    # RUF009 takes option() for a shared default; it is an attrs.field with a factory.
    calibrated: CalibratedConfig = option(
        factory=CalibratedConfig, help="Parameters that are known beforehand."
    )
    vol: VolConfig = option(factory=VolConfig, help="Volatility.")
    penetration: PenetrationConfig = option(
        factory=PenetrationConfig, help="Arrival intensity by distance from the mid."
    )
    correlation: CorrelationConfig = option(
        factory=CorrelationConfig, help="Of several instruments' mids."
    )
    sequencer: SequencerConfig = option(factory=SequencerConfig, help="Decision times.")

    def __attrs_post_init__(self) -> None:
        # The host puts the table's name before these.
        if self.model == "symmetric" and self.horizon is None:
            raise ConfigError(
                "horizon is empty, but model 'symmetric' quotes the average spread of a session; "
                "set its length in s"
            )
        if self.is_tabulated and not 1 <= self.lots <= MAX_LOTS:
            raise ConfigError(
                f"max_position is {self.lots} times quote_size, expected 1 to "
                f"{MAX_LOTS} for model {self.model!r}, which is solved for every inventory; "
                "change one of the two, or take a closed form"
            )

    @property
    def lots(self) -> int:
        """How many quotes, filled whole, fit within the limit."""
        return int(Decimal(repr(self.max_position)) // Decimal(repr(self.quote_size)))

    def inputs(self, sigma: float, A: float, k: float) -> QuoteInputs:
        """What the quoting model takes, for a market of these parameters."""
        return QuoteInputs(
            sigma=sigma,
            A=A,
            k=k,
            gamma=self.gamma,
            delta=self.delta,
            xi=self.xi,
            terminal=self.terminal,
            horizon=self.horizon,
            max_inventory=self.lots,
        )

    @property
    def is_tabulated(self) -> bool:
        """Whether the model's quotes are not linear in inventory, so that they are looked up."""
        if self.model == "avellaneda_stoikov":
            return self.horizon is None
        return self.model in ("gueant", "glft", "cartea_jaimungal")


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
