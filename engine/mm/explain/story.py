"""The facts of one fill, put together from the run's own tables and the recorded market.

Numbers stay as they were written: exact decimals for prices and sizes, text for model values.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from mm.explain.clock import RunClock
from mm.explain.market import Level, Prints, Recording, Window
from mm.explain.rundir import Filled, Row, RunDirectory
from mm.health import verdict
from mm.run.unfinished import Unfinished


@attrs.frozen(kw_only=True)
class Mids:
    """Where the mid stood at the fill, and where it went."""

    at_fill: Decimal | None
    captured: Decimal | None
    """Price units: how much better than the mid we traded; negative = worse."""
    later: dict[int, Decimal | None]
    """Seconds after the fill -> mid; None = the data end before. Empty without a quotes file."""


@attrs.frozen(kw_only=True)
class Story:
    """All that is known of one fill."""

    found: Filled
    buy: bool
    price: Decimal
    tick: Decimal
    contract_type: str
    execution: dict[str, Any]
    """The table ``[execution]`` of the run."""
    waited_us: int | None
    """Exchange time from its place in the queue to the fill."""
    prints: Prints | None
    level: Level | None
    threshold: Decimal | None
    """Of the model's draw: below it the print reaches us; None if it cannot be told."""
    mids: Mids
    inputs: list[str]
    """Names of the files that were looked at."""
    unchecked: list[str]
    """Of them, those of which it is not known whether they are as the run had them."""
    problems: list[str]
    unfinished: Unfinished | None = None
    """Whether the run was killed, or goes on; None = it has ended."""
    verdict: str | None = None
    """What was sick about the run's data, as the run said it; None = nothing, or it did not say."""

    @property
    def trade(self) -> Row:
        """The fill's row of ``trades.csv``."""
        return self.found.trade


def tell(directory: Path, fill: str) -> Story:
    """Find out about a fill.

    Args:
        directory: of a run; of one that was killed, what it wrote until then is told.
        fill: a number in ``trades.csv`` (the first is 1), or ``order:ID``.

    Raises:
        UsageError: if there is no such fill, or no such run.
    """
    run = RunDirectory(directory)
    run.inputs()  # first, since it looks whether the tables are as the run left them
    found = run.find(fill)
    summary, market = run.summary(), run.market(found.trade["symbol"])
    recording = Recording(
        market.inputs, RunClock(market.data), market.tick, market.lot, symbol=market.symbol
    )
    window = _window(found)
    level = recording.level(window) if found.entry else None
    model = market.execution["fill_model"]
    return Story(
        found=found,
        buy=window.buy,
        price=window.price,
        tick=market.tick,
        contract_type=market.contract_type,
        execution=market.execution,
        waited_us=window.end - window.start if found.entry else None,
        prints=recording.prints(window) if found.entry else None,
        level=level,
        threshold=_threshold(found.trade, level) if model == "probabilistic" else None,
        mids=_mids(found.trade, window, recording),
        inputs=recording.used,
        unchecked=recording.unchecked,
        problems=recording.problems,
        unfinished=run.unfinished(),
        verdict=verdict(summary.get("health", ())),
    )


def _window(found: Filled) -> Window:
    trade, entry = found.trade, found.entry
    return Window(
        buy=trade["side"] == "buy",
        price=Decimal(trade["price"]),
        start=int(entry["ts_arrived"] if entry else trade["ts_venue"]),
        end=int(trade["ts_venue"]),
        end_local=int(trade["ts_known"]),
        print_row=int(trade["print_row"]) if trade["print_row"] else None,
    )


def _threshold(trade: Row, level: Level | None) -> Decimal | None:
    """1 - ahead / level, the rule of the fill model ``probabilistic``."""
    if level is None or not level.at_fill or not trade["draw"] or not trade["ahead_at_fill"]:
        return None
    return max(1 - Decimal(trade["ahead_at_fill"]) / level.at_fill, Decimal(0))


def _mids(trade: Row, window: Window, recording: Recording) -> Mids:
    mid = Decimal(trade["mid"]) if trade["mid"] else None
    captured = None
    if mid is not None:
        captured = mid - window.price if window.buy else window.price - mid
    return Mids(at_fill=mid, captured=captured, later=recording.mids(window.end))
