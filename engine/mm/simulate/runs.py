"""Some paths as one run of the network: the same parts, tasks and channels as a backtest.

Each path is an instrument, so a decision's round trip serves all of them. What a path comes to
does not depend on which others run with it. Writes nothing: a sink in memory counts, and the
ledger says what was earned. Knows no process and no statistic.
"""

from typing import Final

import attrs
import numpy as np
import trio

from mm.api import Rows, Status, UsageError
from mm.blame import ungrouped
from mm.config import LoadedConfig
from mm.config.validation import field_names
from mm.run.network import Parts, run_network
from mm.run.session import plan_run
from mm.simulate.statistics import Floats, Outcomes

_SINK: Final = "outcomes"


class Tally:
    """A sink that adds up, path by path, what the ledger does not keep by instrument."""

    def __init__(self, paths: int) -> None:
        """Start from nothing."""
        self.cash = np.zeros(paths)  # realised less fees [settlement currency]
        self.fills = np.zeros(paths)
        self.spread = np.zeros(paths)  # sum over decisions [price]
        self.quoted = np.zeros(paths)  # those that wanted both quotes

    def write(self, table: str, rows: Rows) -> None:
        """Add rows of a table, one after the other."""
        where = rows["instrument"]
        if table == "trades":
            np.add.at(self.cash, where, rows["realized"] - rows["fee"])
            np.add.at(self.fills, where, 1.0)
        elif table == "decisions":
            spread = rows["raw_ask"] - rows["raw_bid"]
            known = (rows["quote_bid"] > 0) & (rows["quote_ask"] > 0) & ~np.isnan(spread)
            np.add.at(self.spread, where[known], spread[known])
            np.add.at(self.quoted, where[known], 1.0)

    def close(self, status: Status) -> None:
        """Nothing to finish."""


def check_simulated(loaded: LoadedConfig) -> None:
    """Raise UsageError unless the run file's data are simulated paths."""
    if not {"first_path", "paths"} <= set(field_names(loaded.config.parts.connector.offer.config)):
        raise UsageError(
            f"{loaded.path}: the connector {loaded.config.data.connector!r} has no paths to"
            " simulate; use a run file such as config/as2008.toml, with data.connector ="
            ' "brownian"'
        )


def run_paths(loaded: LoadedConfig, first: int, count: int) -> Outcomes:
    """Run the paths ``first`` to ``first + count - 1`` together.

    Raises:
        MMError: what kept a part from doing its work.
    """
    config = loaded.config
    chosen = config.parts.connector
    table = attrs.evolve(chosen.config, first_path=first, paths=count)
    parts = attrs.evolve(config.parts, connector=attrs.evolve(chosen, config=table))
    with ungrouped():
        return trio.run(_run, attrs.evolve(loaded, config=attrs.evolve(config, parts=parts)))


async def _run(loaded: LoadedConfig) -> Outcomes:
    plan = await plan_run(loaded)
    tally = Tally(len(plan.parts.instruments))
    parts = attrs.evolve(plan.parts, sinks={_SINK: tally})
    await run_network(parts, trio.CancelScope())
    return _outcomes(parts, tally, _quote_lots(loaded, parts))


def _quote_lots(loaded: LoadedConfig, parts: Parts) -> int:
    """Size of a quote [lots]; 1 for a strategy that has no such setting."""
    size = getattr(loaded.config.parts.strategy.config, "quote_size", None)
    if size is None:
        return 1
    return parts.instruments[0].whole_lots(size, "quote_size")


def _outcomes(parts: Parts, tally: Tally, quote_lots: int) -> Outcomes:
    ledger = parts.books.ledger
    open_profit: Floats = np.array(
        [
            holding.unrealized(mark)
            for holding, mark in zip(ledger.holdings, ledger.marks, strict=True)
        ]
    )
    return Outcomes(
        profit=tally.cash + open_profit,
        final_q=np.array([holding.lots / quote_lots for holding in ledger.holdings]),
        spread=tally.spread,
        quoted=tally.quoted,
        fills=tally.fills,
    )
