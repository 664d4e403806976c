"""On which grid an instrument trades, and from when: by the run file, else by the data."""

from decimal import Decimal

from mm.api import DataError, Survey
from mm.config.tables import InstrumentTable
from mm.config.ticks import TickPeriods, common_step


def given_tick(table: InstrumentTable) -> Decimal | None:
    """Give the step that all prices are multiples of, at any time; None = the file does not say."""
    periods = table.tick_periods
    return common_step(tick for _, tick in periods) if periods else table.tick_size


def tick_periods(table: InstrumentTable, survey: Survey, symbol: str) -> TickPeriods:
    """Say from when on which tick size holds; nothing = one tick at all times.

    A file that gives a tick size has said all there is to say.
    """
    if table.tick_size is not None:
        return table.tick_periods
    return tuple((ts, Decimal(tick)) for ts, tick in survey.tick_periods.get(symbol, ()))


def in_ticks(periods: TickPeriods, tick: Decimal) -> tuple[tuple[int, int], ...]:
    """Write periods in ticks, as ``Instrument.tick_steps``."""
    return tuple((ts, int(step / tick)) for ts, step in periods)


def find_step(
    key: str, symbol: str, given: Decimal | None, inferred: str | None, fallback: float | None
) -> Decimal:
    """Settle a tick or lot size.

    Raises:
        DataError: nobody tells.
    """
    if given is not None:
        return Decimal(f"{given.normalize():f}")  # 100.0 in the file and 100 are shown alike
    if inferred is not None:
        return Decimal(inferred)
    if fallback is not None:
        return Decimal(str(fallback))
    raise DataError(f"{symbol}: the data does not tell the {key}; set [instrument] {key}")
