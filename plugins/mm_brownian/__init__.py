"""Simulated markets: the mid a random walk, the prints as deep as an exponential law says.

The market of Avellaneda and Stoikov (2008), section 3.3, as a source of events: each path is an
instrument, so that one run carries several, independent ones or such that move together. This
module only says what is on offer; numpy's generators wait until a run is built.

    __init__    the configuration and the offer
    walk        one path: draws to mids and reaches
    connector   several paths as one stream of quotes and prints
"""

from typing import Final

import attrs

from mm.api import Connector, ConnectorOffer, PriceProcess, hookimpl, option

MM_API: Final = (0, 1)


@attrs.frozen(kw_only=True)
class BrownianConfig:
    """The table ``[data]`` as this connector reads it; defaults are the paper's."""

    start_price: float = option(
        100.0, help="Mid at the start of every path.", unit="price", gt=0.0, le=1e9
    )
    sigma: float = option(
        2.0, help="Volatility: each step moves the mid up or down by sigma √interval_s.",
        unit="price/√s", ge=0.0, le=1e9,
    )  # fmt: skip
    interval_s: float = option(
        0.005, help="Length of a step; whole µs.", unit="s", ge=1e-5, le=3600.0
    )
    duration_s: float = option(
        1.0, help="Length of a path; a whole number of steps.", unit="s", ge=1e-5, le=1e6
    )
    A: float = option(140.0, help="Arrivals at the mid, one side.", unit="1/s", ge=1e-12, le=1e9)
    k: float = option(
        1.5, help="Their decay with distance: A exp(-k distance).", unit="1/price", ge=1e-9, le=1e9
    )
    half_spread: float | None = option(
        None,
        help="From the mid to the bid and ask shown, which nobody trades with; empty = nine tenths"
        " of start_price, far from any quote of ours.",
        unit="price",
        gt=0.0,
    )
    first_path: int = option(
        0,
        help="Number of the first path: with the seed and the market, it settles its draws.",
        ge=0,
        le=1 << 40,
    )
    paths: int = option(1, help="Paths in the run, each an instrument.", ge=1, le=10_000)
    correlation: float = option(
        0.0, help="Of the moves of the paths of a group.", unit="pure number", ge=0.0, le=1.0
    )
    group: int = option(
        2, help="Paths that move together, if they do: the first so many, the next …; those of all"
        " markets with these numbers.",
        unit="paths", ge=1, le=10_000,
    )  # fmt: skip


def build(config: BrownianConfig, symbol: str, seed: int, number: int) -> Connector:
    """Make the connector of a run's market ``number``; draws nothing yet."""
    from mm_brownian.connector import BrownianConnector

    return BrownianConnector(config, symbol, seed, number)


def process(config: BrownianConfig) -> PriceProcess:
    """The law of the prices."""
    return PriceProcess(
        sigma=config.sigma,
        A=config.A,
        k=config.k,
        interval_s=config.interval_s,
        steps=round(config.duration_s / config.interval_s),
    )


@hookimpl
def mm_connectors() -> list[ConnectorOffer]:
    """Offer the connector ``brownian``."""
    return [
        ConnectorOffer(
            name="brownian",
            config=BrownianConfig,
            build=build,
            process=process,
            seeded=True,
            numbered=True,
            help="Simulated paths: a random walk, and prints that reach exponentially deep.",
        )
    ]
