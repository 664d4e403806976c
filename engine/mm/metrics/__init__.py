"""What a run's results say of a market maker: one definition of each figure, and its error.

    account      equity on a grid of times, profit by step, drawdown, ratios of profit to risk
    markouts     what a fill was worth a while later; spreads earned and kept; adverse selection
    orders       fills by order, times to fill, orders per trade
    quoting      how much of the time we showed a price, and how far from the touch
    inventory    what was held
    errors       standard errors of what comes in clusters

Pure functions over columns (numpy arrays): times in µs, prices and money as they are in the run's
files. Nothing here reads a file or knows a run. NaN is what cannot be told from what there is.
"""

from mm.metrics.account import Drawdown, Ratios, drawdown, equity_at, ratios
from mm.metrics.errors import Floats, Mean, Times, jackknife
from mm.metrics.inventory import Inventory, inventory
from mm.metrics.markouts import HORIZONS_S, Fills, markout, spreads
from mm.metrics.orders import OrderFigures, order_figures
from mm.metrics.quoting import Presence, presence

__all__ = [
    "HORIZONS_S",
    "Drawdown",
    "Fills",
    "Floats",
    "Inventory",
    "Mean",
    "OrderFigures",
    "Presence",
    "Ratios",
    "Times",
    "drawdown",
    "equity_at",
    "inventory",
    "jackknife",
    "markout",
    "order_figures",
    "presence",
    "ratios",
    "spreads",
]
