"""The built-in latency models. Every one starts from the run file's latency_ms.

constant  that and nothing else
feed      that, and a multiple of the latest measured feed latency
table     that, and a recorded table of order latencies, interpolated
jitter    that, times a lognormal draw of the message's own
"""

import attrs

from mm.api import Context, LatencyModel, LatencyModelOffer, NoConfig, hookimpl, option

MM_API = (0, 1)


@attrs.frozen(kw_only=True)
class FeedConfig:
    """``[execution.feed]``"""

    entry_multiple: float = option(
        1.0, help="Of the feed latency, from us to the venue.", unit="multiple",
        ge=0.0, le=1000.0,
    )  # fmt: skip
    response_multiple: float = option(
        1.0, help="Of the feed latency, from the venue to us.", unit="multiple",
        ge=0.0, le=1000.0,
    )  # fmt: skip


@attrs.frozen(kw_only=True)
class TableConfig:
    """``[execution.table]``"""

    path: str = option(
        file=True,
        help="CSV with columns req_ts,exch_ts,resp_ts [µs]: sent, at the venue, answer received.",
    )


@attrs.frozen(kw_only=True)
class JitterConfig:
    """``[execution.jitter]``"""

    sigma: float = option(
        0.5, help="Standard deviation of the logarithm.", unit="pure number", ge=0.0, le=5.0
    )


def _constant(config: NoConfig, context: Context) -> LatencyModel:
    from mm_latency import models

    return models.constant(context)


def _feed(config: FeedConfig, context: Context) -> LatencyModel:
    from mm_latency import models

    return models.feed(config, context)


def _table(config: TableConfig, context: Context) -> LatencyModel:
    from mm_latency import models

    return models.recorded(config, context)


def _jitter(config: JitterConfig, context: Context) -> LatencyModel:
    from mm_latency import models

    return models.jittered(config, context)


@hookimpl
def mm_latency_models() -> list[LatencyModelOffer]:
    """Offer the four models."""
    return [
        LatencyModelOffer(
            name="constant", config=NoConfig, build=_constant, help="latency_ms, always"
        ),
        LatencyModelOffer(
            name="feed", config=FeedConfig, build=_feed, help="as slow as the feed just was"
        ),
        LatencyModelOffer(
            name="table", config=TableConfig, build=_table, help="as recorded for real orders"
        ),
        LatencyModelOffer(
            name="jitter", config=JitterConfig, build=_jitter, help="lognormal around latency_ms"
        ),
    ]
