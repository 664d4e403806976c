"""Queue rules: scalars in, a scalar out, so that they compile and can be read in one look.

All sizes are lots. ``ahead`` is what stands in front of the order, ``level`` what is displayed at
its price; a negative answer of a print rule is what got past the queue and reached the order.
"""


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


def no_more_than_level(
    ahead: float, before: float, after: float, printed: float, p0: float, p1: float
) -> float:
    """A cancel helps us only once the level has shrunk below what stood ahead of us.

    Source: as ``first_in_first_out``. Assumes that whoever cancels stood behind us.
    """
    return min(ahead, after)
