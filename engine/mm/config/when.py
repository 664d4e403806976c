"""The table ``[strategy.when]``: at which times a strategy decides.

Described here, done by ``mm.run.moments`` (the market's times) and the venue (news of our own).
"""

import attrs

from mm.api import option


@attrs.frozen(kw_only=True)
class WhenTable:
    """``[strategy.when]``"""

    grid_ms: int = option(
        0,
        help="Decide at each whole multiple of this, UTC, since the last of which something came;"
        " 0 = on no grid.",
        unit="ms",
        ge=0,
        le=3_600_000,
    )
    quotes: bool = option(False, help="Decide at each time at which a quote came.")
    trades: bool = option(False, help="Decide at each time at which a trade came.")
    touch: bool = option(
        False, help="Decide at each time at which the best bid or ask price changed."
    )
    own_reports: bool = option(
        False,
        help="Decide when news of our own are known: a fill, a rejection, an order that ends,"
        " a funding; beside all other times.",
    )

    @property
    def by_market(self) -> bool:
        """Whether it says when, so that the transformer does not."""
        return bool(self.grid_ms or self.quotes or self.trades or self.touch)
