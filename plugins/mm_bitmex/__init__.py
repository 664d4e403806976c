"""BitMEX's public realtime feed: what its frames mean, and what to answer.

Market data only. No keys are read, no order is sent. The shell is what knows Trio (and, for the
clock's anchor, the time of day); all else is pure: text and times come in as arguments; events,
answers and the next wake-up go out as values.

    connector   the shell: a reader that never waits for the engine, and a sender
    shell       the reader: the loop that drives ``protocol`` on a real connection
    stream      one batch in hand: from the inbox to the engine, and the last one
    websocket   frames over TCP or TLS
    rest        what a contract is, asked of the exchange

    address     which addresses are safe
    clock       stamps of arrivals
    inbox, conflate    what waits for the engine, and what may be left out of it
    audit_log, lags    what people are told
    config      the table ``[data]`` as this connector reads it
    protocol    the state machine of a connection: what the shell drives
    session     connections and subscriptions: until when, and what follows
    feed        the tables: rows in, events out
    step        what the protocol answers to one input
    topics      one subscription: sent, acknowledged, imaged, live
    backoff     when the next connection may be opened
    reactions   what each error status asks of us
    frames      one text frame: which kind it is, or why it is none
    book        ids and prices to levels in ticks and lots, or the fault that shows
    quote_check        whether the topic ``quote`` agrees with the book
    quotes, trades, ticker    rows of quote, of trade, and of instrument and funding
    normalise   changes to rows of EVENT, as a recording would give them back
    units       JSON numbers to ticks and lots, ISO times to µs
    instrument  tick, lot and worth of a contract from the exchange's own listing
    command     ``mm fake-bitmex``
    mock        what that runs: a look-alike of the exchange on loopback, with faults
"""

from mm.api import CommandOffer, Connector, ConnectorOffer, hookimpl
from mm_bitmex import command
from mm_bitmex.config import BitmexConfig

MM_API = (0, 1)


def build(config: BitmexConfig, symbol: str, seed: int) -> Connector:
    """Make the connector; opens nothing yet."""
    from mm_bitmex.connector import BitmexConnector

    return BitmexConnector(config, symbol, seed)


@hookimpl
def mm_connectors() -> list[ConnectorOffer]:
    """Offer the connector ``bitmex``."""
    return [
        ConnectorOffer(
            name="bitmex",
            config=BitmexConfig,
            build=build,
            seeded=True,
            live=True,
            help="BitMEX's public realtime feed; no keys, no orders.",
        )
    ]


@hookimpl
def mm_commands() -> list[CommandOffer]:
    """Offer ``mm fake-bitmex``."""
    return [
        CommandOffer(
            name="fake-bitmex",
            arguments=command.add_arguments,
            run=command.run,
            examples=command.EXAMPLES,
            help="run a look-alike of BitMEX on this machine",
        )
    ]
