"""What can be set of each signal, with units and bounds. Knows nothing of how it is used."""

import attrs

from mm.api import option


@attrs.frozen(kw_only=True)
class SignalConfig:
    """What all signals have."""

    weight: float = option(
        1.0,
        help="Factor of the signal in the fair price; 0 = only a column, for watching.",
        unit="pure number",
    )


@attrs.frozen(kw_only=True)
class BookImbalanceConfig(SignalConfig):
    """Table ``[strategy.book_imbalance]``."""


@attrs.frozen(kw_only=True)
class MicroPriceConfig(SignalConfig):
    """Table ``[strategy.micro_price]``."""

    imbalance_buckets: int = option(
        9,
        help="Buckets of bid size / (bid + ask size); odd, so that equal sizes have their own.",
        ge=3,
        le=31,
    )
    spread_buckets: int = option(
        3, help="Spreads told apart: 1 tick, 2 … and this many or more.", unit="ticks", ge=1, le=8
    )
    refit_s: float = option(
        60.0, help="Time between fits to all that was seen so far.", unit="s", ge=1.0, le=86_400.0
    )

    def __attrs_post_init__(self) -> None:
        if self.imbalance_buckets % 2 == 0:
            raise ValueError(
                f"imbalance_buckets must be odd, was {self.imbalance_buckets}, so that a balanced"
                " book has a bucket of its own"
            )


@attrs.frozen(kw_only=True)
class OrderFlowConfig(SignalConfig):
    """Table ``[strategy.order_flow]``."""

    # Half an hour to fit is Cont, Kukanov and Stoikov's. Their window is 10 s, after which next to
    # nothing of the move is left to come: see README.md's figures.
    window_s: float = option(1.0, help="Window of the order flow.", unit="s", ge=0.1, le=3600.0)
    fit_windows: int = option(
        1800,
        help="Past windows that the effect of order flow on the mid is fitted to.",
        unit="windows",
        ge=30,
        le=100_000,
    )


@attrs.frozen(kw_only=True)
class TradeSignConfig(SignalConfig):
    """Table ``[strategy.trade_sign]``."""

    half_life_s: float = option(
        5.0, help="Age at which a trade counts half.", unit="s", ge=0.001, le=86_400.0
    )
    coefficient: float | None = option(
        None, help="Signal if every trade is a buy; empty = half the spread.", unit="price"
    )
