"""The built-in fee models: what a fill costs. A negative fee is a rebate.

share         maker and taker fee as a share of value
per_contract  so much for each contract
flat          so much for each fill
tiers         a share of value that falls with the volume traded
"""

import attrs

from mm.api import ConfigError, Context, FeeModel, FeeModelOffer, NoConfig, hookimpl, option

MM_API = (0, 1)


@attrs.frozen(kw_only=True)
class PerContractConfig:
    """``[execution.per_contract]``"""

    maker: float = option(help="Fee of a contract.", unit="settlement currency")
    taker: float = option(help="Fee of a contract.", unit="settlement currency")


@attrs.frozen(kw_only=True)
class FlatConfig:
    """``[execution.flat]``"""

    maker: float = option(help="Fee of a fill.", unit="settlement currency")
    taker: float = option(help="Fee of a fill.", unit="settlement currency")


@attrs.frozen(kw_only=True)
class TiersConfig:
    """``[execution.tiers]``"""

    volume: list[float] = option(
        help="Traded value from which each tier holds, ascending from 0.",
        unit="settlement currency",
    )
    maker: list[float] = option(help="Fee in each tier.", unit="share of value")
    taker: list[float] = option(help="Fee in each tier.", unit="share of value")
    traded_before: float = option(
        0.0, help="Value traded before the run.", unit="settlement currency", ge=0.0
    )


@attrs.frozen
class Share:
    """Fees as a share of value. Source: any exchange's fee page."""

    maker: float
    taker: float

    def fee(self, *, maker: bool, value: float, contracts: float, traded: float) -> float:
        """Give the fee of one fill."""
        return (self.maker if maker else self.taker) * value


@attrs.frozen
class PerContract:
    """Fees by the contract, as futures brokers charge."""

    maker: float
    taker: float

    def fee(self, *, maker: bool, value: float, contracts: float, traded: float) -> float:
        """Give the fee of one fill."""
        return (self.maker if maker else self.taker) * contracts


@attrs.frozen
class Flat:
    """A fee for each fill, whatever its size. A partial fill is a fill."""

    maker: float
    taker: float

    def fee(self, *, maker: bool, value: float, contracts: float, traded: float) -> float:
        """Give the fee of one fill."""
        return self.maker if maker else self.taker


@attrs.frozen
class Tiers:
    """A share of value that depends on what was traded before; a fill is charged in one tier.

    Venues count thirty days; a run counts from its own start, after ``traded_before``.
    """

    config: TiersConfig

    def fee(self, *, maker: bool, value: float, contracts: float, traded: float) -> float:
        """Give the fee of one fill."""
        total = traded + self.config.traded_before
        tier = sum(total >= threshold for threshold in self.config.volume) - 1
        return (self.config.maker if maker else self.config.taker)[tier] * value


def _share(config: NoConfig, context: Context) -> FeeModel:
    return Share(context.maker_fee, context.taker_fee)


def _per_contract(config: PerContractConfig, context: Context) -> FeeModel:
    return PerContract(config.maker, config.taker)


def _flat(config: FlatConfig, context: Context) -> FeeModel:
    return Flat(config.maker, config.taker)


def _tiers(config: TiersConfig, context: Context) -> FeeModel:
    volume = config.volume
    if not volume or volume[0] != 0 or sorted(set(volume)) != volume:
        raise ConfigError(f"execution.tiers.volume is {volume}, expected to ascend from 0")
    if not len(volume) == len(config.maker) == len(config.taker):
        raise ConfigError("execution.tiers: volume, maker and taker must be equally long")
    return Tiers(config)


@hookimpl
def mm_fee_models() -> list[FeeModelOffer]:
    """Offer the four models."""
    return [
        FeeModelOffer(
            name="share",
            config=NoConfig,
            build=_share,
            help="position.maker_fee and taker_fee, as a share of value",
        ),
        FeeModelOffer(
            name="per_contract",
            config=PerContractConfig,
            build=_per_contract,
            help="so much for each contract",
        ),
        FeeModelOffer(name="flat", config=FlatConfig, build=_flat, help="so much for each fill"),
        FeeModelOffer(
            name="tiers",
            config=TiersConfig,
            build=_tiers,
            help="a share of value that falls with the volume traded",
        ),
    ]
