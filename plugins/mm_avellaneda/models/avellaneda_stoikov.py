"""Avellaneda and Stoikov's quotes, and the symmetric quotes that they compare themselves with.

Closed formulas, in price, seconds and model units; the paper's orders are of one unit, so
``delta`` = 1 gives its formulas to the letter. Knows no bound but the caller's, and of the inputs
neither xi, drift, impact nor terminal penalty.

Source: M. Avellaneda and S. Stoikov, "High-frequency trading in a limit order book", Quantitative
Finance 8 (2008), equation numbers as there. The quotes are the first order of an expansion in q:
right near the end of the session, several times too steep far from it. Away from the end prefer
``glft``, the exact solution of the same problem.
"""

import numpy as np

from mm.api import ConfigError, Floats, Lots, QuoteInputs
from mm_avellaneda.models.inputs import check_answer, check_inputs, check_times, within_bound


def reservation_price_offset(inputs: QuoteInputs, q: Lots, tau: Floats) -> Floats:
    """Give r - s, the indifference price less the mid [price]: (8), (29).

    r = s - q gamma sigma^2 tau, with q in model units. Arguments and shape as ``quotes``.
    """
    skew = inputs.gamma * inputs.sigma * inputs.sigma * inputs.delta * q.astype(np.float64)
    return -tau[:, None] * skew[None, :]


def frozen_reservation_offsets(inputs: QuoteInputs, q: Lots, tau: Floats) -> tuple[Floats, Floats]:
    """Give (r_b - s, r_a - s) of who buys or sells once and then holds to the end: (6), (7).

    r_a = s + (delta - 2q) gamma sigma^2 tau / 2, and r_b with -delta. Arguments as ``quotes``.
    """
    centre = reservation_price_offset(inputs, q, tau)
    half = (0.5 * inputs.delta * inputs.gamma * inputs.sigma * inputs.sigma * tau)[:, None]
    return centre - half, centre + half


def total_spread(inputs: QuoteInputs, tau: Floats) -> Floats:
    """Give the distance from bid to ask [price], shape (m,): (30), which is no half-spread.

    delta gamma sigma^2 tau + (2/(gamma delta)) ln(1 + gamma delta / k).
    """
    return inputs.delta * inputs.gamma * inputs.sigma * inputs.sigma * tau + 2.0 * markup(inputs)


def markup(inputs: QuoteInputs) -> float:
    """Give (1/(gamma delta)) ln(1 + gamma delta / k) [price]; 1/k where gamma is 0."""
    aversion = inputs.gamma * inputs.delta
    ratio = aversion / inputs.k
    # The quotient below loses its digits where aversion is denormal; its limit is 1/k to ratio/2.
    return float(np.log1p(ratio)) / aversion if ratio > 1e-17 else 1.0 / inputs.k


def infinite_reservation_offsets(inputs: QuoteInputs, q: Lots) -> tuple[Floats, Floats]:
    """Give (r_b - s, r_a - s) [price], shape (n,), without an end, as printed in section 2.4.

    r_a = s + (1/gamma) ln(1 + (1-2q) gamma^2 sigma^2 / (2 omega - gamma^2 q^2 sigma^2)), and r_b
    with (-1-2q). With the paper's choice omega = gamma^2 sigma^2 (q_max+1)^2 / 2 the volatility
    cancels: (1-2q) / ((q_max+1)^2 - q^2) is left, with q and q_max in orders of size delta.

    The printed r_a agrees with its definition, the price of indifference, only to first order:
    that gives -(1/gamma) ln(1 - (1-2q)...), the mirror of r_b, which is printed exactly. So here
    the ask at q is not quite the bid at -q. The paper's formula is kept, as it is what the name
    promises.

    Returns:
        NaN for r_b from ``q_max`` on, where nobody buys at any price, for r_a down from
        ``-q_max``, and beyond the bound for both.

    Raises:
        ConfigError: if gamma is 0, which this formula divides by.
    """
    aversion = inputs.gamma * inputs.delta
    if not aversion > 0.0:
        raise ConfigError(
            f"gamma is {inputs.gamma!r}, but the quotes without end need an aversion > 0"
            " [1/(price · model unit)]; give one, or a horizon [s]"
        )
    bound = inputs.max_inventory
    return _indifference(q, -1.0, bound, aversion), _indifference(q, 1.0, bound, aversion)


def _indifference(q: Lots, sign: float, bound: int, aversion: float) -> Floats:
    """One side of ``infinite_reservation_offsets``; sign 1 = the ask's."""
    # At the bound the logarithm is of 0: nobody there takes one more at any price.
    known = (np.abs(q) <= bound) & (q * sign != -bound)
    n = np.where(known, q, 0).astype(np.float64)
    change = np.log1p((sign - 2.0 * n) / ((bound + 1.0) ** 2 - n * n)) / aversion
    return np.where(known, change, np.nan)


def quotes(inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
    """Give the distances (bid, ask) from the mid [price]; see ``mm.api.QuoteFunction``.

    With ``tau``: half the spread (30), moved by the reservation price (29). Without: the infinite
    reservation prices, each with the mark-up of (30).

    Raises:
        ConfigError: an input is impossible, or gamma is 0 without an end.
    """
    check_inputs(inputs)
    if tau is None:
        below, above = infinite_reservation_offsets(inputs, q)
        added = markup(inputs)
        bid, ask = added - below[None, :], added + above[None, :]
        check_answer(inputs, np.array([added]), bid[~np.isnan(bid)], ask[~np.isnan(ask)])
    else:
        check_times(tau)
        centre = reservation_price_offset(inputs, q, tau)
        half = (0.5 * total_spread(inputs, tau))[:, None]
        bid, ask = half - centre, half + centre
        check_answer(inputs, bid, ask)
    return within_bound(inputs, q, bid, ask)


def symmetric(inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
    """Give the benchmark of section 3.3: the average spread of the model, always around the mid.

    The average over the session of (30) is delta gamma sigma^2 T/2 + the mark-ups; each side
    quotes at half of that, at any time and inventory.

    Raises:
        ConfigError: an input is impossible, or there is no horizon to average over.
    """
    check_inputs(inputs)
    if inputs.horizon is None:
        raise ConfigError(
            "horizon is not given, but these quotes average the spread over the session; give its"
            " length [s]"
        )
    if tau is not None:
        check_times(tau)
    half = 0.5 * float(total_spread(inputs, np.array([inputs.horizon / 2.0]))[0])
    offset = np.full((1 if tau is None else len(tau), len(q)), half)
    check_answer(inputs, offset)
    return within_bound(inputs, q, offset, offset)
