"""Strategies that decide one row at a time, in plain Python.

Subclass ``RowStrategy`` and write ``on_row``. It is called exactly once for each row, in order,
with the account as known then, so it may keep what it likes on ``self``.

With ``compiled=True`` the same source is compiled and called from inside the venue's kernel, some
hundred times as fast:

    class Join(RowStrategy, compiled=True):
        def on_row(self, row, account, orders):
            orders.quote(BUY, row["bid"], self.lots if row["bid_size"] else 0)

Then ``self`` has the numbers that ``__init__`` left on it (whole, floating, or arrays of them;
what begins whole stays whole), ``account`` has ``position``, ``working`` and ``next_client_id``,
and ``orders`` is the same pad. ``engine.closed_loop = false`` runs it as plain Python again, with
breakpoints and ``print``; the results are the same.
"""

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from mm.api.account import Account
from mm.api.compiled import DecisionKernel
from mm.api.market import BUY, Rows
from mm.api.orders import (
    CANCEL,
    CANCEL_ALL,
    DECISION,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    MODELLED,
    NEW,
    ORDER,
    REPLACE,
    Decisions,
)  # fmt: skip


class OrderPad:
    """Where ``on_row`` writes its orders. Prices are ticks, sizes lots, sides BUY or SELL."""

    def __init__(self, account: Account, instrument: int) -> None:
        """Start with nothing written."""
        self._instrument = instrument
        # Plain tuples: a look at one column of a small array takes longer than all else here.
        self._working: list[tuple[int, ...]] = account.working.tolist()
        self._written: list[tuple[int, ...]] = []
        self._next_client_id = account.next_client_id
        self.wanted = {1: 0, -1: 0}
        """Side to the price that ``quote`` was last asked for; for the trace."""

    def limit(
        self, side: int, price: int, size: int, *, post_only: bool = False, tif: int = GTC
    ) -> int:
        """Send a limit order; return its client id."""
        return self._new(side, price, size, LIMIT, tif, post_only)

    def market(self, side: int, size: int) -> int:
        """Send a market order; return its client id."""
        return self._new(side, 0, size, MARKET, IOC, False)

    def replace(self, client_id: int, price: int, size: int, *, post_only: bool = False) -> None:
        """Give an order a new price and total size; what it has filled already counts."""
        side = self._side(client_id)
        self._write(REPLACE, client_id, price=price, size=size, side=side, post_only=post_only)

    def cancel(self, client_id: int) -> None:
        """Cancel an order."""
        self._write(CANCEL, client_id, side=self._side(client_id))

    def cancel_all(self) -> None:
        """Cancel everything on this instrument."""
        self._write(CANCEL_ALL, 0)

    def quote(self, side: int, price: int, size: int) -> None:
        """Have one post-only order on ``side``, at this price, with ``size`` lots open.

        Sends what it takes: nothing while the price stays (a partly filled order keeps its
        place), a new order, a replace, or with size 0 a cancel. Call it once a side and row.
        """
        self.wanted[side] = price if size > 0 else 0
        for order in self._working:
            client_id, standing, total, filled, instrument, its_side, cancelling = order
            if its_side == side and instrument == self._instrument:
                break
        else:
            if size > 0:
                self.limit(side, price, size, post_only=True)
            return
        if cancelling:
            return
        if size <= 0:
            self.cancel(client_id)
        elif standing != price or total - filled > size:
            self.replace(client_id, price, filled + size, post_only=True)

    def rows(self) -> Rows:
        """What was written, dtype ORDER."""
        return np.array(self._written, ORDER)

    def _new(self, side: int, price: int, size: int, type_: int, tif: int, post_only: bool) -> int:
        client_id = self._next_client_id
        self._next_client_id += 1
        self._write(
            NEW, client_id, price=price, size=size, side=side, type_=type_, tif=tif,
            post_only=post_only,
        )  # fmt: skip
        return client_id

    def _side(self, client_id: int) -> int:
        """Look up the side of a working order; 0 if it is none."""
        return next((order[5] for order in self._working if order[0] == client_id), 0)

    def _write(
        self,
        action: int,
        client_id: int,
        *,
        price: int = 0,
        size: int = 0,
        side: int = 0,
        type_: int = 0,
        tif: int = 0,
        post_only: bool = False,
    ) -> None:
        """Note an order, its columns in the order of ORDER's."""
        self._written.append(
            (0, 0, client_id, price, size, 0, self._instrument, action, side, type_, tif,
             post_only, 0, 0)
        )  # fmt: skip


class RowStrategy(ABC):
    """A strategy that is asked row by row."""

    requires: frozenset[str] = frozenset()
    """Columns it needs beside TOUCH_FIELDS."""
    orders_per_row = 16
    """Most orders of one row, where it is compiled."""
    _compiled = False

    def __init_subclass__(cls, *, compiled: bool | None = None, **keywords: Any) -> None:
        """Hear whether the class is to be compiled; one that says nothing does as its base."""
        super().__init_subclass__(**keywords)
        if compiled is not None:
            cls._compiled = compiled

    @abstractmethod
    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        """Decide at ``row["ts"]``; write orders on the pad."""

    def observe(self, rows: Rows) -> Rows:
        """Add nothing."""
        return rows

    def compiled(self, rows: "np.dtype[np.void]") -> DecisionKernel | None:
        """Compile ``on_row``, if that is asked for; see ``CompiledStrategy``."""
        if not self._compiled:
            return None
        from mm.api.addresses import PLAIN  # late: it brings numba

        if PLAIN:
            return None
        from mm.api.row_kernel import form_of

        return form_of(self, self.observe(np.zeros(0, rows)).dtype, self.orders_per_row)

    def decide(self, rows: Rows, account: Account) -> Decisions:
        """Answer the first row."""
        row = rows[0]
        instrument = int(row["instrument"])
        pad = OrderPad(account, instrument)
        try:
            self.on_row(row, account, pad)
        except Exception as error:
            error.add_note(
                f"{_shown(row)}, position {account.position[instrument]},"
                f" {len(account.working)} orders open"
            )
            raise
        return Decisions(orders=pad.rows(), trace=_trace(row, pad.wanted, account, instrument))


def _trace(row: np.void, wanted: dict[int, int], account: Account, instrument: int) -> Rows:
    """What was seen and wanted at a row, dtype DECISION; its columns in their order."""
    seen: dict[str, Any] = dict(zip(row.dtype.names or (), row.item(), strict=True))
    bid = seen["bid"] if seen["bid_size"] else 0
    ask = seen["ask"] if seen["ask_size"] else 0
    numbers = (seen.get(name, math.nan) for name in MODELLED)
    told = (seen["ts"], bid, ask, account.position[instrument], *numbers)
    return np.array([(*told, wanted[BUY], wanted[-BUY], instrument, 0, 0)], DECISION)


def _shown(row: np.void) -> str:
    """The touch of a row, short."""
    return f"bid {row['bid']} x {row['bid_size']}, ask {row['ask']} x {row['ask_size']}"
