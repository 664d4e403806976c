"""The tables that sinks receive, beside orders, reports and decisions: trades, account, candles."""

from typing import Final

import numpy as np

EXECUTION: Final = np.dtype(
    [
        ("ts_known", "i8"),  # µs, local
        ("ts_venue", "i8"),  # µs, exchange
        ("ts_decided", "i8"),  # µs, local
        ("order_id", "i8"),
        ("client_id", "i8"),
        ("price", "i8"),  # ticks
        ("size", "i8"),  # lots
        ("leaves", "i8"),  # lots
        ("ahead_entry", "i8"),  # lots; -1 = not known
        ("ahead", "i8"),
        ("source_row", "i8"),
        ("draw", "f8"),
        ("fee", "f8"),  # settlement currency; negative = rebate
        ("realized", "f8"),  # settlement currency, of this fill, before its fee
        ("mid", "f8"),  # [price] at the fill
        ("instrument", "i2"),
        ("side", "i1"),
        ("rule", "i1"),
        ("maker", "i1"),
    ],
    align=True,
)

POSITION: Final = np.dtype(
    [
        ("ts", "i8"),  # µs, local
        ("position", "i8"),  # lots
        ("average_price", "f8"),  # [price]; NaN while flat
        ("realized", "f8"),  # settlement currency, before fees
        ("cash", "f8"),  # settlement currency: realised less fees, with funding
        ("unrealized", "f8"),  # settlement currency, at the mid
        ("fees", "f8"),  # settlement currency, net of rebates
        ("funding", "f8"),  # settlement currency, received less paid
        ("equity", "f8"),  # cash + unrealised
        ("mid", "f8"),  # [price]: what the position is valued at; NaN = none yet
        ("exposure", "f8"),  # settlement currency: the position's value, signed
        ("margin", "f8"),  # settlement currency: initial margin of the position
        ("liquidation", "f8"),  # [price]; NaN = none, or no balance was given
        ("instrument", "i2"),
    ],
    align=True,
)

CANDLE: Final = np.dtype(
    [
        ("ts_open", "i8"),  # µs, local, a multiple of the candle's length
        ("open", "i8"),  # ticks
        ("high", "i8"),
        ("low", "i8"),
        ("close", "i8"),
        ("volume", "i8"),  # lots
        ("instrument", "i2"),
    ],
    align=True,
)
