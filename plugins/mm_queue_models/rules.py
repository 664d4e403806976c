"""Queue rules: scalars in, a scalar out, so that they compile and can be read in one look.

All sizes are lots. ``ahead`` is what stands in front of the order, ``level`` what is displayed at
its price; a negative answer of a print rule is what got past the queue and reached the order.

The probabilistic depth rules share one form, hftbacktest's ProbQueueModel: of a decrease that no
print explains, a share p is taken to be behind us and 1 - p ahead of us, where p depends on the
lots behind (b) and in front (f). What cannot have been behind, since there was less, was ahead.
The idea is older (quant.stackexchange 3782 and a note by Erik Rigtorp, 2013).
"""

import math

from mm.api.jit import kernel


def first_in_first_out(
    ahead: float, level: float, size: float, draw: float, p0: float, p1: float
) -> float:
    """A print at our price eats the queue from its front.

    Source: the risk-averse queue model of hftbacktest (RiskAdverseQueueModel). Assumes that
    everybody displayed before us is served before us.
    """
    return ahead - size


def chance_by_place(
    ahead: float, level: float, size: float, draw: float, p0: float, p1: float
) -> float:
    """A print at our price reaches us with probability 1 - ahead / level, else eats the queue.

    Source: the model of kderoos/market_maker, with ``ahead`` kept within the level. Assumes that
    a taker meets a random place of the queue, so it flatters an order at the back.
    """
    if level <= 0.0 or draw < 1.0 - ahead / level:
        return -size
    return max(ahead - size, 0.0)


def never(ahead: float, level: float, size: float, draw: float, p0: float, p1: float) -> float:
    """No print at our price ever reaches us: we are always last. A lower bound."""
    return max(ahead, 0.0)


def at_once(ahead: float, level: float, size: float, draw: float, p0: float, p1: float) -> float:
    """Every print at our price reaches us in full: we are always first. An upper bound."""
    return -size


def no_more_than_level(
    ahead: float, before: float, after: float, printed: float, p0: float, p1: float
) -> float:
    """A cancel helps us only once the level has shrunk below what stood ahead of us.

    Source: as ``first_in_first_out``. Assumes that whoever cancels stood behind us.
    """
    return min(ahead, after)


def no_help(
    ahead: float, before: float, after: float, printed: float, p0: float, p1: float
) -> float:
    """No cancel ever helps us."""
    return ahead


def all_before_us(
    ahead: float, before: float, after: float, printed: float, p0: float, p1: float
) -> float:
    """Every cancel was ahead of us."""
    return ahead - max(before - after - printed, 0.0)


@kernel
def _shared(
    ahead: float, before: float, after: float, printed: float, behind_share: float
) -> float:
    """Take the share of an unexplained decrease that was ahead of us off ``ahead``.

    Source: hftbacktest, ProbQueueModel: front - (1 - p) chg + min(back - p chg, 0), at most
    ``after``. ``before`` still holds what was printed, ``ahead`` does not.
    """
    change = before - after - printed
    if change <= 0.0:
        return min(ahead, after)
    back = before - printed - ahead
    moved = ahead - (1.0 - behind_share) * change + min(back - behind_share * change, 0.0)
    return min(moved, after)


@kernel
def _back(ahead: float, before: float, printed: float) -> float:
    """Lots behind us before the decrease."""
    return max(before - printed - ahead, 0.0)


def power(ahead: float, before: float, after: float, printed: float, p0: float, p1: float) -> float:
    """p = b^n / (b^n + f^n), n = p0. Source: hftbacktest, PowerProbQueueFunc."""
    f, b = ahead**p0, _back(ahead, before, printed) ** p0
    return _shared(ahead, before, after, printed, b / (b + f) if b + f > 0.0 else 1.0)


def power_2(
    ahead: float, before: float, after: float, printed: float, p0: float, p1: float
) -> float:
    """p = b^n / (b + f)^n, n = p0. Source: hftbacktest, PowerProbQueueFunc2."""
    b = _back(ahead, before, printed)
    total = b + ahead
    return _shared(ahead, before, after, printed, (b / total) ** p0 if total > 0.0 else 1.0)


def power_3(
    ahead: float, before: float, after: float, printed: float, p0: float, p1: float
) -> float:
    """p = 1 - (f / (f + b))^n, n = p0. Source: hftbacktest, PowerProbQueueFunc3."""
    total = ahead + _back(ahead, before, printed)
    return _shared(
        ahead, before, after, printed, 1.0 - (ahead / total) ** p0 if total > 0.0 else 1.0
    )


def logarithm(
    ahead: float, before: float, after: float, printed: float, p0: float, p1: float
) -> float:
    """p = ln(1 + b) / (ln(1 + b) + ln(1 + f)). Source: hftbacktest, LogProbQueueFunc."""
    b, f = math.log(1.0 + _back(ahead, before, printed)), math.log(1.0 + ahead)
    return _shared(ahead, before, after, printed, b / (b + f) if b + f > 0.0 else 1.0)


def logarithm_2(
    ahead: float, before: float, after: float, printed: float, p0: float, p1: float
) -> float:
    """p = ln(1 + b) / ln(1 + b + f). Source: hftbacktest, LogProbQueueFunc2."""
    b = _back(ahead, before, printed)
    total = math.log(1.0 + b + ahead)
    return _shared(ahead, before, after, printed, math.log(1.0 + b) / total if total > 0.0 else 1.0)
