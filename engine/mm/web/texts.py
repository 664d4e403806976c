"""How the page writes money, whether it comes from a running engine or from a folder."""

import math


def money_text(value: float | None) -> str:
    """Write an amount [settlement currency] with its sign; a dash for one that is not known."""
    return "–" if value is None or not math.isfinite(value) else f"{value + 0.0:+.8f}"


def money_rows(
    realized: float | None,
    unrealized: float | None,
    spread: float | None,
    inventory: float | None,
    fees: float | None,
    funding: float | None,
    drawdown: float | None,
) -> list[list[str]]:
    """Name each amount, in the order of the page."""
    rows = (
        ("realised", realized),
        ("unrealised", unrealized),
        ("spread captured", spread),
        ("inventory", inventory),
        ("fees less rebates", fees),
        ("funding", funding),
        ("largest drawdown", drawdown),
    )
    return [[name, money_text(value)] for name, value in rows]
