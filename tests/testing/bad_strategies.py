"""Strategies that each break one rule, to see that the kit says so."""

import os
import random
import socket
import subprocess
import sys
import threading
from datetime import datetime
from time import time
from typing import Any, ClassVar

import attrs
import numpy as np

from mm.api import (
    BUY,
    DECISION,
    NEW,
    ORDER,
    SELL,
    Account,
    Context,
    DecisionKernel,
    Decisions,
    MarketBatch,
    NoConfig,
    OrderPad,
    Rows,
    RowStrategy,
    option,
)
from mm.testing.kit.network import trial_context
from mm.testing.kit.stand_ins import AnyColumns
from mm.testing.markets import START_US


class Quoter(RowStrategy):
    """Quotes one lot a side, ``lean`` ticks lower; what the bad ones change is in ``before``."""

    def __init__(self, config: Any, context: Context) -> None:
        self.seen = 0

    def lean(self, row: np.void) -> int:
        return 0

    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        lean = self.lean(row)
        for side, price, size in ((BUY, "bid", "bid_size"), (SELL, "ask", "ask_size")):
            wanted = int(row[price]) - lean
            orders.quote(side, wanted, int(row[size] > 0 and wanted > 0))


class ReadsTheClock(Quoter):
    def lean(self, row: np.void) -> int:
        return int(time() < 0)


class ReadsTheDate(Quoter):
    def lean(self, row: np.void) -> int:
        return int(datetime.now().year < 0)


class Dices(Quoter):
    def lean(self, row: np.void) -> int:
        return int(random.gauss(0.0, 1.0) > 100)


class DicesWithNumpy(Quoter):
    def lean(self, row: np.void) -> int:
        return int(np.random.rand() > 2)


class AsksForEntropy(Quoter):
    def lean(self, row: np.void) -> int:
        return len(os.urandom(1)) - 1


class OpensAFile(Quoter):
    def lean(self, row: np.void) -> int:
        with open(os.devnull) as file:
            return len(file.read())


class StartsAThread(Quoter):
    def lean(self, row: np.void) -> int:
        if not self.seen:
            thread = threading.Thread(target=int)
            thread.start()
            thread.join()
        self.seen += 1
        return 0


class OpensASocket(Quoter):
    def lean(self, row: np.void) -> int:
        socket.socket().close()
        return 0


class StartsAProcess(Quoter):
    def lean(self, row: np.void) -> int:
        if not self.seen:
            subprocess.run([sys.executable, "-c", ""], check=True)
        self.seen += 1
        return 0


class CountsTheRowsOfABatch(Quoter):
    def observe(self, rows: Rows) -> Rows:
        self.seen = len(rows)
        return rows

    def lean(self, row: np.void) -> int:
        return self.seen % 5


class PeeksInObserve(Quoter):
    """Leans by where the batch will end."""

    def observe(self, rows: Rows) -> Rows:
        self.seen = int(rows["bid"][-1]) if len(rows) else 0
        return rows

    def lean(self, row: np.void) -> int:
        return int(self.seen < row["bid"])


class GoesByHashes(Quoter):
    def lean(self, row: np.void) -> int:
        return hash("mm") % 7


class ChangesItsRows(Quoter):
    def decide(self, rows: Rows, account: Account) -> Decisions:
        rows["bid_size"][0] += 1
        return super().decide(rows, account)


class SharesItsMemory(Quoter):
    memory: ClassVar[list[int]] = []

    def lean(self, row: np.void) -> int:
        self.memory.append(1)
        return len(self.memory) // 200


class TripsOverAnEmptySide(Quoter):
    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        if not (row["bid_size"] and row["ask_size"]):
            raise ValueError("no touch")
        super().on_row(row, account, orders)


class TakesItsTime(Quoter):
    def lean(self, row: np.void) -> int:
        return sum(range(1_000_000)) * 0


class NamesEveryOrderAlike(Quoter):
    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        orders._next_client_id = 7
        orders.limit(BUY, int(row["bid"]), 1)


class Vectorised:
    """Bids at every row where it has no order, for many rows at once."""

    requires: frozenset[str] = frozenset()

    def __init__(self, config: Any, context: Context) -> None:
        self.asked = 0

    def observe(self, rows: Rows) -> Rows:
        return rows

    def prices(self, rows: Rows) -> Any:
        return rows["bid"] - 1

    def decide(self, rows: Rows, account: Account) -> Decisions:
        trace, orders = np.zeros(len(rows), DECISION), np.zeros(len(rows), ORDER)
        trace["ts"], trace["instrument"] = rows["ts"], rows["instrument"]
        for name in ("mid", "sigma", "A", "k", "reservation", "raw_bid", "raw_ask"):
            trace[name] = np.nan
        orders["decision"] = np.arange(len(rows))
        orders["instrument"] = rows["instrument"]
        orders["client_id"] = account.next_client_id + np.arange(len(rows))
        with np.errstate(invalid="ignore"):
            orders["price"] = self.prices(rows).astype("i8")
        orders["size"], orders["side"], orders["action"] = 1, BUY, NEW
        return Decisions(orders=orders, trace=trace)


def sends_nothing(question: int) -> int:
    return 0


class DecidesOtherwiseInside(Vectorised):
    def compiled(self, rows: "np.dtype[np.void]") -> DecisionKernel:
        dtype = AnyColumns(self.requires, trial_context()).dtype
        return DecisionKernel(
            decide=sends_nothing, rows=dtype, settings=np.zeros(1), orders_per_row=1
        )


class CountsWithinTheBlock(Vectorised):
    def prices(self, rows: Rows) -> Any:
        return rows["bid"] - 1 - np.arange(len(rows))


class RemembersInDecide(Vectorised):
    def prices(self, rows: Rows) -> Any:
        self.asked += 1
        return rows["bid"] - self.asked


class PeeksInDecide(Vectorised):
    """Bids what the last row of the block will bid."""

    def prices(self, rows: Rows) -> Any:
        return np.repeat(rows["bid"][-1:], len(rows))


class OrdersNaN(Vectorised):
    def prices(self, rows: Rows) -> Any:
        return rows["bid"] * np.nan


class GivesAnotherDtype(Vectorised):
    def decide(self, rows: Rows, account: Account) -> Decisions:
        whole = super().decide(rows, account)
        return Decisions(orders=whole.orders[["ts", "decision", "instrument"]], trace=whole.trace)


class RequiresAList(Quoter):
    requires: Any = ("bid",)


LATEST = [0]
"""What the two parts below share, and must not."""


class TellsWhereItIs(AnyColumns):
    def push(self, batch: MarketBatch) -> Rows:
        LATEST[0] = batch.watermark
        return super().push(batch)


def tells_where_it_is(config: Any, context: Context) -> TellsWhereItIs:
    return TellsWhereItIs((), context)


class StartsLate(AnyColumns):
    """Gives no rows for the first minute."""

    def push(self, batch: MarketBatch) -> Rows:
        rows = super().push(batch)
        return rows[rows["ts"] > START_US + 60_000_000]


def starts_late(config: Any, context: Context) -> StartsLate:
    return StartsLate((), context)


class ListensToItsTransformer(Quoter):
    def lean(self, row: np.void) -> int:
        return LATEST[0] // 1000 % 3


@attrs.frozen
class Unexplained:
    """A configuration that leaves its user alone."""

    size: float = option(1.0, help="")
    edge: float = option(-1.0, help="Distance.", unit="price", ge=0.0)
    plain: int = 3


@attrs.frozen
class TooWide:
    """Bounds that allow what the strategy cannot do."""

    every: int = option(1, help="Of how many rows one is quoted.", unit="rows", ge=0, le=10)


class Divides(Quoter):
    def __init__(self, config: TooWide, context: Context) -> None:
        super().__init__(config, context)
        self.share = 1 / config.every


class HasNoDecide:
    requires: frozenset[str] = frozenset()

    def __init__(self, config: NoConfig, context: Context) -> None:
        pass

    def observe(self, rows: Rows) -> Rows:
        return rows
