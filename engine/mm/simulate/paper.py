"""What Avellaneda and Stoikov printed, for comparison.

M. Avellaneda and S. Stoikov, "High-frequency trading in a limit order book", Quantitative Finance
8(3), 2008, tables 1 to 3: 1000 simulated paths each, with s = 100, T = 1, sigma = 2, dt = 0.005,
k = 1.5, A = 140. Fills are not given there.
"""

from typing import Final

from mm.api import PriceProcess

PATHS: Final = 1000

MARKET: Final = PriceProcess(sigma=2.0, A=140.0, k=1.5, interval_s=0.005, steps=200)

_PRINTED: Final = ("spread_mean", "profit_mean", "profit_sd", "final_q_mean", "final_q_sd")

TABLES: Final[dict[tuple[float, str], tuple[float, ...]]] = {
    (0.1, "inventory"): (1.49, 65.0, 6.6, 0.08, 2.9),
    (0.1, "symmetric"): (1.49, 68.4, 12.7, 0.26, 8.4),
    (0.01, "inventory"): (1.35, 68.6, 8.7, 0.12, 5.1),
    (0.01, "symmetric"): (1.35, 68.8, 12.8, 0.09, 8.7),
    (1.0, "inventory"): (3.02, 31.4, 5.0, 0.02, 1.7),
    (1.0, "symmetric"): (3.02, 44.0, 11.0, 0.00, 5.1),
}
"""(gamma, strategy) -> average spread, mean and standard deviation of profit, and of the final
inventory."""

HALF_UNIT: Final = {
    "spread_mean": 0.005,
    "profit_mean": 0.05,
    "profit_sd": 0.05,
    "final_q_mean": 0.005,
    "final_q_sd": 0.05,
}
"""Half a unit of the last printed digit."""


def printed(market: PriceProcess | None, gamma: float, strategy: str) -> dict[str, float] | None:
    """Return the printed statistics of a row; None if the paper has no such row."""
    row = TABLES.get((gamma, strategy))
    if market != MARKET or row is None:
        return None
    return dict(zip(_PRINTED, row, strict=True))


def text_of(name: str, value: float) -> str:
    """Write a printed statistic with the digits it was printed with."""
    return f"{value:.{2 if HALF_UNIT[name] < 0.01 else 1}f}"
