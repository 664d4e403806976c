"""The rule: fair price of the quoted market = mid of the other + their usual difference.

    basis  = average of (own mid - other mid), with a half-life
    fair   = other mid + basis - skew * position / max_position * own mid
    quotes = fair -+ half_spread * own mid, rounded away from fair

Each row brings the touch of one market. The other's is remembered, and trusted for ``max_age_s``.
The hedge is a market order on the other market, sent on its rows, and never two at a time.

The difference is an average and not a constant since venues differ by fees, funding and currency;
what both prices share is left to the faster market (Hasbrouck 1995, "One security, many markets").
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from mm.api import BUY, MICRO, SELL, Account, ConfigError, Context, OrderPad, RowStrategy

if TYPE_CHECKING:
    from mm_cross import CrossConfig

_QUOTED = 0
_OTHER = 1


class CrossQuoter(RowStrategy, compiled=True):
    """Quotes the first market of a run by the second."""

    requires = frozenset({"mid"})
    orders_per_row = 4

    def __init__(self, config: "CrossConfig", context: Context) -> None:
        """Settle the numbers.

        Raises:
            ConfigError: the run has one market, or a size is no whole number of lots.
        """
        if len(context.instruments) < 2:
            raise ConfigError(
                "CrossQuoter quotes the first market of a run by the second, expected two tables"
                " [[market]], found one; choose another strategy.kind, or add a market"
            )
        quoted, other = context.instruments[:2]
        key = "strategy.crossquoter"
        self.tick = quoted.price(1)
        self.lots = quoted.whole_lots(config.quote_size, f"{key}.quote_size")
        self.most_lots = quoted.whole_lots(config.max_position, f"{key}.max_position")
        self.half_spread = config.half_spread
        self.skew = config.skew / self.most_lots
        self.half_life_us = config.basis_half_life_s * MICRO
        self.max_age_us = round(config.max_age_s * MICRO)
        # Lots of the other market for one of ours.
        self.ratio = config.hedge_ratio * float(quoted.lot_size / other.lot_size)
        step = config.hedge_step or float(other.lot_size)
        self.least_hedge = other.whole_lots(step, f"{key}.hedge_step")
        self.other_mid = math.nan
        self.other_ts = 0
        self.basis = math.nan
        self.basis_ts = 0

    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        """Remember the other market's touch, and hedge there; quote on a row of our own."""
        mid = row["mid"]
        if row["instrument"] == _OTHER:
            if not math.isnan(mid):
                self.other_mid = mid
                self.other_ts = row["ts"]
            wanted = -self.ratio * account.position[_QUOTED] - account.position[_OTHER]
            lots = int(abs(wanted))
            busy = False
            for order in account.working:
                if order["instrument"] == _OTHER:
                    busy = True
            if self.ratio != 0.0 and lots >= self.least_hedge and not busy:
                orders.market(BUY if wanted > 0.0 else SELL, lots)
        elif row["instrument"] == _QUOTED:
            if not math.isnan(mid) and not math.isnan(self.other_mid):
                gap = mid - self.other_mid
                if math.isnan(self.basis):
                    self.basis = gap
                kept = 0.5 ** ((row["ts"] - self.basis_ts) / self.half_life_us)
                self.basis = gap + kept * (self.basis - gap)
                self.basis_ts = row["ts"]
            position = account.position[_QUOTED]
            fresh = row["ts"] - self.other_ts <= self.max_age_us
            if math.isnan(mid) or math.isnan(self.basis) or not fresh:
                orders.quote(BUY, 0, 0)
                orders.quote(SELL, 0, 0)
            else:
                fair = self.other_mid + self.basis - self.skew * position * mid
                away = self.half_spread * mid
                bid = math.floor((fair - away) / self.tick + 1e-9)
                ask = math.ceil((fair + away) / self.tick - 1e-9)
                orders.quote(BUY, bid, self.lots if position + self.lots <= self.most_lots else 0)
                orders.quote(SELL, ask, self.lots if position - self.lots >= -self.most_lots else 0)
