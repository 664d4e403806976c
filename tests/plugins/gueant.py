"""Guéant's quotes for one inventory, from the two kernels that give them."""

from mm_avellaneda.model import offsets, spread_terms


def gueant_offsets(
    q: float, *, sigma: float, A: float, k: float, gamma: float, delta: float, xi: float
) -> tuple[float, float]:
    """Give the distances (bid, ask) of the quotes from the mid [price]; see ``spread_terms``.

    Args:
        q: inventory [model units]; positive when long.
    """
    markup, slope = spread_terms(
        float(sigma), float(A), float(k), float(gamma), float(delta), float(xi)
    )
    bid, ask = offsets(float(q), float(delta), markup, slope)
    return bid, ask
