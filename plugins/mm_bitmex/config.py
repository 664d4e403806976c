"""The table ``[data]`` as the connector ``bitmex`` reads it.

Declares keys, units and bounds; reads nothing and opens nothing.
"""

from typing import Final

import attrs

from mm.api import option
from mm_bitmex.address import fault_of, rest_address

DEFAULT_URL: Final = "wss://ws.bitmex.com/realtime"
"""The host since 2021-11 (BitMEX API announcement); the www host is the old one."""

DEPTHS: Final = ("orderBookL2", "orderBookL2_25")


@attrs.frozen(kw_only=True)
class BitmexConfig:
    """The table ``[data]`` as this connector reads it."""

    bitmex_api: str | None = option(
        None, flag="url", help=f"WebSocket address; empty = {DEFAULT_URL}."
    )
    depth: str = option(
        "orderBookL2",
        help="Table the book comes from; orderBookL2_25 is shallow and throttled by the exchange.",
        choices=DEPTHS,
    )
    pool: str = option(
        "", help="Liquidity pool to follow (Primary, Secondary, Aggregated); empty = as offered."
    )
    # 5 s each for silence and answer: BitMEX's documentation of its WebSocket API, "Heartbeats".
    heartbeat_s: float = option(
        5.0, help="Silence before a ping, and again before the line is dead.", unit="s",
        gt=0.0, le=60.0,
    )  # fmt: skip
    connect_s: float = option(
        10.0, help="Longest wait for the connection, and for each answer of REST.", unit="s",
        gt=0.0, le=120.0,
    )  # fmt: skip
    # The recorded session of 2021 waited 2 s for its images.
    subscribe_s: float = option(
        10.0, help="Longest wait for a topic's image before it is asked for again.", unit="s",
        gt=0.0, le=120.0,
    )  # fmt: skip
    # 1 s doubling to 60 s is what BitMEX's own client does.
    backoff_s: float = option(
        1.0, help="Wait before the first reconnection; doubles each time.", unit="s",
        gt=0.0, le=60.0,
    )  # fmt: skip
    backoff_cap_s: float = option(
        60.0, help="Longest wait between connections, and how long one must have been live for "
        "the waits to start anew.", unit="s", ge=1.0, le=3600.0,
    )  # fmt: skip
    # 20 an hour is the strictest limit BitMEX ever published (2017).
    max_opens_per_hour: int = option(
        20, help="Connections opened in any hour.", unit="1/h", ge=1, le=3600
    )
    # The image of XBTUSD was 0.7 MB in 2021.
    max_message_bytes: int = option(
        1 << 24, help="Largest frame accepted.", unit="bytes", ge=1 << 16, le=1 << 28
    )
    # XBTUSD's touch never paused for longer than 6.8 s in the hour that was studied.
    idle_s: float = option(
        30.0, help="Silence of the book after which it is fetched anew; 0 = never.", unit="s",
        ge=0.0, le=86_400.0,
    )  # fmt: skip
    crossed_ms: float = option(
        500.0, help="How long the book may stay crossed before it is fetched anew.", unit="ms",
        ge=0.0, le=60_000.0,
    )  # fmt: skip
    # Quotes came 1 s late in the recorded session of 2021, so the shortest wait is longer.
    quote_check_s: float = option(
        5.0, help="How long the topic quote may tell of touches that the book does not show before "
        "the book is fetched anew; 0 = never, and the topic is not subscribed to.", unit="s",
        ge=0.0, le=3600.0,
    )  # fmt: skip
    refresh_s: float = option(
        0.0, help="Fetch the book anew this often, whatever it looks like; 0 = never. A lost "
        "change away from the touch shows in no other way.", unit="s", ge=0.0, le=86_400.0,
    )  # fmt: skip

    rest_url: str | None = option(
        None, help="REST address, asked for tick and lot size if [instrument] does not give both; "
        "empty = the one that goes with the WebSocket address.",
    )  # fmt: skip
    insecure: bool = option(
        False,
        flag="insecure",
        help="Allow unencrypted connections to other machines than this one.",
    )
    # Ten a second: finer than any sequencer's grid that a person would choose, and 1 % of a core.
    watermark_ms: float = option(
        100.0, help="Longest silence towards the strategy: a quiet market is told of this often.",
        unit="ms", ge=1.0, le=10_000.0,
    )  # fmt: skip
    # Four decisions of the shipped grids, then 1 s for the longest latency anybody simulates.
    drain_s: float = option(
        2.0, help="When stopped, the stream goes on for this long with an empty book, so that the "
        "strategy withdraws its quotes and the cancels arrive.", unit="s", ge=0.0, le=3600.0,
    )  # fmt: skip
    # Ten images of XBTUSD's book; 8 MB.
    inbox_rows: int = option(
        100_000, help="Rows that may wait for the engine before those of book and quotes are "
        "conflated; trades never are.", unit="rows", ge=1, le=10_000_000,
    )  # fmt: skip

    def __attrs_post_init__(self) -> None:
        # In this order: the address of REST may be made from that of the feed.
        for key, name, schemes in (
            ("bitmex_api", "url", ("wss", "ws")),
            ("rest_url", "rest", ("https", "http")),
        ):
            fault = fault_of(getattr(self, name), schemes, self.insecure)
            if fault:
                raise ValueError(f"{key} {fault}")

    @property
    def rest(self) -> str:
        """The REST address."""
        return self.rest_url or rest_address(self.url)

    @property
    def url(self) -> str:
        """The address to connect to."""
        return self.bitmex_api or DEFAULT_URL
