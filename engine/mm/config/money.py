"""In which currency each market of a run settles, and what tells its price in the reporting one.

All that can be said without data. Knows no ledger.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from mm.config.account import number
from mm.config.scan import Keys
from mm.config.tables import RunConfig

Rate: TypeAlias = tuple[float, int | None]
"""Reporting currency for one of another; or the market whose mark is that."""


def market_names(exchanges: Sequence[str], symbols: Sequence[str]) -> list[str]:
    """Name markets: by symbol, and where two have the same, by exchange as well."""
    return [
        symbol if list(symbols).count(symbol) == 1 else f"{exchange}:{symbol}"
        for exchange, symbol in zip(exchanges, symbols, strict=True)
    ]


def names_of(config: RunConfig) -> list[str]:
    """What a run calls its markets."""
    markets = config.all_markets
    return market_names(
        [market.output.exchange for market in markets],
        [market.strategy.symbol for market in markets],
    )


def rate_of(config: RunConfig, market: RunConfig) -> Rate:
    """Say what one of a market's settlement currency is worth; the file has no ``money_faults``."""
    told = _told(config, market)
    if not told:
        return 1.0, None
    price = number(told)
    return (1.0, names_of(config).index(told)) if price is None else (float(price), None)


Fault: TypeAlias = tuple[int, Keys, str]
"""Of which market, at which key, what."""


def money_faults(config: RunConfig) -> Iterator[Fault]:
    """Give every fault of a file whose tables are right one by one."""
    if len(config.markets) > 1 and not config.account.currency:
        text = (
            "is empty, expected the currency in which the money of several markets is summed,"
            " such as USDT; a market that settles in another says so in position.currency"
        )
        yield 0, ("account", "currency"), text
        return
    names = names_of(config)
    for place, market in enumerate(config.all_markets):
        text = _currency_fault(config, market, names[place])
        if text:
            yield place, ("position", "currency"), text
    for currency, told in config.account.rate_of.items():
        if number(told) is None and told not in names:
            text = (
                f"takes the price of {currency} from {told!r}, which is no market of this run;"
                f" expected a number, or one of {', '.join(names)}"
            )
            yield 0, ("account", "rates"), text


def _currency_fault(config: RunConfig, market: RunConfig, name: str) -> str:
    table, reporting = market.position, config.account.currency
    if config.markets and reporting and table.contract_type == "Inverse" and not table.currency:
        return (
            f"of {name} is empty, expected the currency that an inverse contract settles in:"
            " its base currency, such as XBT"
        )
    if _told(config, market) is not None:
        return ""
    one = table.currency
    return (
        f"{name} settles in {one}, of which account.rates has no price in {reporting};"
        f" add '{one} PRICE' there, or '{one} SYMBOL' for a market's mid"
    )


def _told(config: RunConfig, market: RunConfig) -> str | None:
    """What ``account.rates`` says of a market's currency; empty = it is the reporting one."""
    currency, account = market.position.currency, config.account
    if not currency or currency == account.currency or not account.currency:
        return ""
    return account.rate_of.get(currency)
