"""The tables of a run file that belong to the host: one class each, in the order of the file.

A part's own table (``[strategy.<name>]`` …) is described by the part's plugin. Nothing here reads
or checks anything: bounds and units are declared, ``validation`` applies them.
"""

from decimal import Decimal
from typing import Any, Final

import attrs

from mm.api import option
from mm.config.account import AccountTable, FundingTable, PositionTable
from mm.config.alert import AlertTable
from mm.config.choice import Parts
from mm.config.ticks import TickPeriods, parse_periods
from mm.config.when import WhenTable


@attrs.frozen(kw_only=True)
class StrategyTable:
    """``[strategy]``"""

    kind: str = option("Avellaneda", help="Strategy, by name; `mm plugins` lists them.")
    preprocessing: str = option(
        "",
        help="Transformer that makes the rows the strategy decides on, by name; empty = the one"
        " that the strategy asks for.",
    )
    symbol: str = option(help="Instrument, as it is called in the data.")
    signals: list[str] = option(
        factory=list,
        help="Transformers whose signals make the fair price that quotes lean to, by name.",
    )
    max_block: int = option(
        256,
        help="Most decisions taken in one go; changes speed only, 1 = one by one.",
        unit="decisions",
        ge=1,
    )

    depth: int = option(
        0,
        help="Levels of the book a side that rows show, as columns bids, bid_sizes, asks and"
        " ask_sizes; 0 = none of these columns.",
        unit="levels",
        ge=0,
        le=100,
    )
    trades: bool = option(
        False,
        help="Whether rows show what was traded since the row before, as columns bought, sold,"
        " prints, print_low and print_high.",
    )
    when: WhenTable = option(
        factory=WhenTable,
        help="When to decide; where none of the market's is chosen, when the transformer says.",
    )

    def __attrs_post_init__(self) -> None:
        if not self.symbol:
            raise ValueError("symbol is empty, expected the instrument's name in the data")


@attrs.frozen(kw_only=True)
class DataTable:
    """``[data]``, without the keys that the connector adds"""

    connector: str = option(
        "tardis",
        help="Source of market data, by name; if from_csv is false, the one that listens to an"
        " exchange, unless there are several.",
    )
    from_csv: bool = option(True, help="True: replay files; false: listen to the exchange.")


@attrs.frozen(kw_only=True)
class ExecutionTable:
    """``[execution]``"""

    # A minute: whoever is slower has no use for queue positions.
    latency_ms: float = option(
        0.0, help="From our decision to the venue.", unit="ms", ge=0, le=60_000
    )
    response_latency_ms: float = option(
        0.0, help="From the venue to us, for reports on our orders.", unit="ms", ge=0, le=60_000
    )
    latency_model: str = option(
        "constant", help="What is added to, or made of, these latencies, by name."
    )
    fill_model: str = option("queue", help="How a resting order moves up its queue, by name.")
    fee_model: str = option("share", help="What a fill costs, by name.")
    bracket: bool = option(
        False, help="Also report P&L of the same orders under pessimistic and optimistic matching."
    )


@attrs.frozen(kw_only=True)
class OutputTable:
    """``[output]``"""

    csv_path: str = option("runs/", help="Folder in which each run makes a folder of its own.")
    exchange: str = option("exchange", help="First part of the run folder's name.")
    date: str = option(
        "", help="Third part of the run folder's name; empty = the data's first day."
    )
    candle_size_min: int = option(1, help="Length of a candle.", unit="min", gt=0, le=1440)
    sinks: list[str] = option(factory=lambda: ["csv"], help="Who writes the results, by name.")
    label: str = option(
        "", help="What mm runs and mm compare call the run: one line, at most 80 characters.",
        one_line=80,
    )  # fmt: skip
    fsync_s: float = option(
        1.0,
        help="How often a live run's results and recording are brought to the disk itself, safe"
        " from a loss of power; 0 = when the system does.",
        unit="s", ge=0, le=3600,
    )  # fmt: skip


@attrs.frozen(kw_only=True)
class InstrumentTable:
    """``[instrument]``"""

    tick_size: Decimal | None = option(
        None,
        help="Step of prices, exact: floats within a millionth of it are rounded to it;"
        " empty = inferred from the data.",
        unit="price",
        ge=1e-12,
    )
    tick_changes: list[str] = option(
        factory=list,
        help="Other steps of prices, each a time and the step from then on, as in"
        " 2024-08-01T12:00:00Z 0.1; tick_size holds until the first. Orders off the step then in"
        " force are refused.",
    )
    lot_size: Decimal | None = option(
        None,
        help="Step of sizes, likewise; empty = inferred from the data.",
        unit="contracts",
        ge=1e-12,
    )
    multiplier: float = option(
        1.0,
        help="Worth of one contract: in the base currency (Linear) or the quote's (Inverse).",
        unit="base or quote units",
        ge=1e-12,
        le=1e12,
    )

    def __attrs_post_init__(self) -> None:
        parse_periods(self.tick_size, self.tick_changes)

    @property
    def tick_periods(self) -> TickPeriods:
        """From when on which tick size holds; nothing = one tick at all times."""
        return parse_periods(self.tick_size, self.tick_changes)


@attrs.frozen(kw_only=True)
class RiskTable:
    """``[risk]``: our own limits, checked before an order leaves; 0 or empty = no limit"""

    max_order_size: float = option(0.0, help="Largest order.", unit="contracts", ge=0)
    max_position: float = option(
        0.0, help="Largest position, working orders counted.", unit="contracts", ge=0
    )
    # Each takes 8 bytes, to be remembered for a second; no exchange allows a thousandth of it.
    max_orders_per_s: int = option(
        0, help="New orders and replaces in any second.", unit="1/s", ge=0, le=1_000_000
    )
    price_collar: float = option(
        0.0, help="Furthest limit price from the mid.", unit="share of the mid", ge=0
    )
    max_loss: float = option(
        0.0,
        help="Loss that cancels everything and ends quoting for the run.",
        unit="settlement currency",
        ge=0,
    )
    max_silence_s: float = option(
        0.0, help="Silence of the feed that cancels everything until it speaks.", unit="s",
        ge=0, le=86_400,
    )  # fmt: skip


@attrs.frozen(kw_only=True)
class EngineTable:
    """``[engine]``"""

    seed: int = option(0, help="Every random draw is a hash of this and of what it is for.")
    channel_capacity: int = option(
        4,
        help="Batches that may wait between two tasks; changes speed only.",
        unit="batches",
        ge=0,
    )
    closed_loop: bool = option(
        True,
        help="Host strategy, execution and position in one task; changes speed only.",
    )


@attrs.frozen(kw_only=True)
class PluginsTable:
    """``[plugins]``"""

    disable: list[str] = option(factory=list, help="Plugins to leave out, by name.")
    require: list[str] = option(factory=list, help="Plugins without which the run is refused.")


@attrs.frozen(kw_only=True)
class RunConfig:
    """A whole run file, checked, with every default filled in."""

    strategy: StrategyTable
    data: DataTable
    execution: ExecutionTable
    output: OutputTable
    position: PositionTable
    account: AccountTable
    instrument: InstrumentTable
    risk: RiskTable
    funding: FundingTable
    engine: EngineTable
    plugins: PluginsTable
    parts: Parts
    alerts: tuple[AlertTable, ...] = ()
    """In the order of the file."""
    markets: tuple["RunConfig", ...] = ()
    """Of a file with tables ``[[market]]``: the run that each would be alone; this is the first."""

    @property
    def all_markets(self) -> tuple["RunConfig", ...]:
        """The markets, of which there is always one."""
        return self.markets or (self,)


TABLES: Final[dict[str, type[Any]]] = {
    "strategy": StrategyTable,
    "data": DataTable,
    "execution": ExecutionTable,
    "output": OutputTable,
    "position": PositionTable,
    "account": AccountTable,
    "instrument": InstrumentTable,
    "risk": RiskTable,
    "funding": FundingTable,
    "engine": EngineTable,
    "plugins": PluginsTable,
}
"""Top-level table -> class, in the order of the file."""


@attrs.frozen(kw_only=True)
class MarketTable:
    """``[[market]]``: one of several markets of a run"""

    symbol: str = option(help="Instrument, as it is called in the market's data.")
    exchange: str = option(
        "exchange", help="Tells it from a market of the same symbol; absent = output.exchange."
    )


OWN_TABLES: Final = ("data", "instrument", "position", "execution", "risk", "funding")
"""What a market may say of itself, beside the keys of ``MarketTable``; the rest is of the run."""
