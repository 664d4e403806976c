"""The strategy: one order a side, at the touch unless the book leans against it.

The fair price lies between bid and ask, nearer to the side with less size, which is likely to give
way first. A quote stands at the touch, or as far behind it as it takes to be ``edge`` away from
the fair price. It is left alone until its price changes: its place in the queue is worth money.

Here prices are ticks and sizes are lots; what the configuration says in prices and contracts is
turned into them once, at the start.
"""

import math

import numpy as np
from mm.api import BUY, SELL, Account, Context, OrderPad, RowStrategy

from mm_example_strategy import JoinerConfig


class Joiner(RowStrategy):
    """Joins the touch; steps back from a side that the book leans against."""

    def __init__(self, config: JoinerConfig, context: Context) -> None:
        markets = context.instruments
        self._edge = [config.edge / one.price(1) for one in markets]
        self._size = [
            one.whole_lots(config.quote_size, "strategy.joiner.quote_size") for one in markets
        ]
        self._limit = [
            one.whole_lots(config.max_position, "strategy.joiner.max_position") for one in markets
        ]

    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        """Ask for one order a side; mm sends what it takes to have it."""
        market = int(row["instrument"])
        for side in (BUY, SELL):
            price = quote_price(row, side, self._edge[market])
            room = self._limit[market] - side * account.position[market]
            size = min(self._size[market], room) if price > 0 else 0
            orders.quote(side, price, size)


def quote_price(row: np.void, side: int, edge: float) -> int:
    """Say where to quote on a side [ticks]; at or below zero = nowhere.

    Args:
        row: starts with the columns of TOUCH_FIELDS.
        side: BUY or SELL.
        edge: least distance from the fair price [ticks].
    """
    bid, ask = int(row["bid"]), int(row["ask"])
    bid_size, ask_size = int(row["bid_size"]), int(row["ask_size"])
    if bid_size == 0 or ask_size == 0:
        return 0
    fair = fair_ticks(bid, bid_size, ask, ask_size)
    if side == BUY:
        return min(math.floor(fair - edge), bid, ask - 1)
    return max(math.ceil(fair + edge), ask, bid + 1)


def fair_ticks(bid: int, bid_size: int, ask: int, ask_size: int) -> float:
    """Weigh bid and ask [ticks], each by the size [lots] on the other side.

    Source: the weighted mid-price in Stoikov (2018), The micro-price.
    """
    return (bid * ask_size + ask * bid_size) / (bid_size + ask_size)
