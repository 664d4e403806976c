"""A look-alike of BitMEX: its realtime feed and a little of its REST, on loopback, with faults.

For tests of connectors and for ``mm fake-bitmex``. It is not the
exchange: no orders, no keys, no private tables; what it shows as public is what mm needs.

    source, rows   data: Tardis files or a recording
    contract       the contract's terms
    ticker         its mark price and funding
    ground_truth   its book, as clients should have it
    wire, feed     BitMEX's message forms, of 2021 and of 2026
    clock          when the data are due, and what times are shown
    market         plays the data as messages
    opening        makes a market
    session        one client's conversation
    faults, plan, link   what goes wrong, when, and what it does to one connection
    http, limits   REST and upgrades
    recorded, player   a recording's raw frames played again, and nothing else
    line, connection, server   bytes, queues and tasks: all that knows Trio

Everything above the last line is pure, but for ``player``. ``open_exchange`` brings trio-websocket,
so it is imported when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

from mm_bitmex.mock.faults import Faults, fault_list, parse_faults
from mm_bitmex.mock.market import Market
from mm_bitmex.mock.opening import open_market

if TYPE_CHECKING:
    from mm_bitmex.mock.server import Exchange, open_exchange

__all__ = [
    "Exchange",
    "Faults",
    "Market",
    "fault_list",
    "open_exchange",
    "open_market",
    "parse_faults",
]


def __getattr__(name: str) -> Any:
    if name in ("Exchange", "open_exchange"):
        from mm_bitmex.mock import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
