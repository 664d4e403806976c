"""Events as lines of Tardis CSV (datasets trades, quotes, incremental_book_L2, derivative_ticker).

Prices and sizes are exact decimals of ticks and lots: no float is formatted. Pure; knows nothing of
files. The events must be settled (``mm.record.numbering``), or the file would say something else.

Source: docs.tardis.dev, "Downloadable CSV files", for the columns.
"""

from typing import Final, TypeAlias

from mm.api import CLEAR, LEVEL, QUOTE, RATE_UNIT, TRADE, Instrument, Rows

TRADES: Final = 0
QUOTES: Final = 1
BOOK: Final = 2
TICKERS: Final = 3

FORMAT: Final = "tardis"
"""The format, which is also the name of the connector that reads it, and of whose keys a replay's
run file consists."""

NAMES: Final = ("trades", "quotes", "incremental_book_L2", "derivative_ticker")
"""What each file holds, as Tardis calls it."""

SOURCES: Final = ("trades", "quotes", "book", "derivative_ticker")
"""As ``Source.name`` calls it."""

_COMMON: Final = "exchange,symbol,timestamp,local_timestamp,"
HEADERS: Final = (
    f"{_COMMON}id,side,price,amount\n",
    f"{_COMMON}ask_amount,ask_price,bid_price,bid_amount\n",
    f"{_COMMON}is_snapshot,side,price,amount\n",
    f"{_COMMON}funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,"
    "index_price,mark_price,settled_price\n",
)

Lines: TypeAlias = tuple[list[str], list[str], list[str], list[str]]
"""Lines for trades, quotes, book and tickers."""

_TAKER: Final = {1: "buy", -1: "sell", 0: "unknown"}
_BOOK_SIDE: Final = {1: "bid", -1: "ask"}
_RATE_PLACES: Final = 12
assert RATE_UNIT == 10.0**-_RATE_PLACES
_MICRO_PLACES: Final = 6  # of MICRO_TICKS


def csv_lines(events: Rows, instrument: Instrument, exchange: str) -> Lines:
    """Write whole messages as lines, in order.

    A book row is of a snapshot from its message's CLEAR on, but for a row right before another
    CLEAR of the same message: only a change from false to true shows that one.
    """
    lines: Lines = ([], [], [], [])
    start = f"{exchange},{instrument.symbol},"
    price_text, size_text = instrument.price_text, instrument.size_text
    rows = events.tolist()
    kinds = events["kind"].tolist()
    snapshot = False
    for i, row in enumerate(rows):
        local, made, price, size, ask_price, ask_size, _, _, kind, side, end = row
        head = f"{start}{made},{local},"
        if kind == LEVEL:
            flag = "true" if snapshot and (end or kinds[i + 1] != CLEAR) else "false"
            level = f"{_BOOK_SIDE[side]},{price_text(price)},{size_text(size)}"
            lines[BOOK].append(f"{head}{flag},{level}\n")
        elif kind == TRADE:
            print_ = f"{_TAKER[side]},{price_text(price)},{size_text(size)}"
            lines[TRADES].append(f"{head},{print_}\n")
        elif kind == QUOTE:
            ask = f"{size_text(ask_size)},{price_text(ask_price)}" if ask_size else ","
            bid = f"{price_text(price)},{size_text(size)}" if size else ","
            lines[QUOTES].append(f"{head}{ask},{bid}\n")
        elif kind == CLEAR:
            snapshot = True
        else:
            lines[TICKERS].append(head + _ticker(price, size, ask_price, ask_size, instrument))
        if end:
            snapshot = False
    return lines


def decimal_text(mantissa: int, places: int) -> str:
    """Write ``mantissa / 10**places`` exactly, without trailing zeros."""
    digits = f"{abs(mantissa):0{places + 1}d}"
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :].rstrip("0")
    sign = "-" if mantissa < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _ticker(mark: int, rate: int, funding: int, settled: int, instrument: Instrument) -> str:
    """The columns behind the times, in the units of TICKER; Tardis has all but the last."""
    funded = f"{funding},{decimal_text(rate, _RATE_PLACES)}" if funding else ","
    return f"{funded},,,,,{_mark(mark, instrument)},{_mark(settled, instrument)}\n"


def _mark(mark: int, instrument: Instrument) -> str:
    if not mark:
        return ""
    _, digits, exponent = instrument.tick_size.as_tuple()
    assert isinstance(exponent, int)  # a tick size is a number
    tick = int("".join(map(str, digits)))
    places = _MICRO_PLACES - exponent
    return decimal_text(mark * tick * 10 ** max(-places, 0), max(places, 0))
