"""Tardis.dev CSV files as a source of market events.

This module only says what is on offer; the work, and what it imports, waits until a run is built.

    __init__    the configuration and the offer
    connector   the Trio shell: one reading task a file, one merge
    survey      the one pass over each file: check, count, infer, hash, keep its rows
    surveys     all of them, in threads
    spool, packed    what they have parsed, kept for the run
    cache       and for the next runs
    findings    what a survey found in one file
    events      rows in ticks and lots, cut between messages
    merge       several files into one stream
    reader      text of one file to parsed rows, or the error that names the line
    layout      the header: kind of file, order of columns
    foreign     files that look like ours and are not
    lines       bytes to blocks of whole lines, gzip or plain
    members     how much of a recording that was cut off is whole
    files       the files that a pattern stands for, in order
    clock       how far the recorder's clock is behind, from all files together
    grid        tick and lot size, from all files together, and what makes them doubtful
    ticks       when the tick size changes within them
    noise       a second pass over a file whose numbers are floats
    snapshots   where a snapshot of the book begins
    trade_ids   trades that come twice
    symbols     rows of other symbols
    table       the columns of parsed rows, and the codes that kernels share
    parse, depth, fields, decimals    kernels: text to rows
    tally, histogram, offset, stretches    kernels: what a survey counts
    convert, snap    kernels: rows to events on the grid
    health      every kind of defect, in one table, and how much of it makes a run doubtful
    faults, notes    sentences for the user
    inspect     what ``mm data inspect`` shows
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

from mm.api import Connector, ConnectorOffer, Inspected, hookimpl, option

MM_API: Final = (0, 1)


@attrs.frozen(kw_only=True)
class TardisConfig:
    """The table ``[data]`` as this connector reads it."""

    tardis_root: str = option(
        ".",
        help="Directory of the files, relative to the current directory, or with $HERE/ in front"
        " to that of the run file.",
        flag="data",
    )
    trades_csv: str | None = option(
        None,
        help="Trades file, gzip or plain, relative to tardis_root; empty = none. A pattern such"
        " as trades_*.csv.gz stands for several that follow each other in time and by name.",
    )
    quotes_csv: str | None = option(
        None, help="Quotes (or book_ticker) file; may be absent if there is a book."
    )
    book_csv: str | None = option(
        None,
        help="incremental_book_L2 file, or book_snapshot_5 or _25; may be absent if there are"
        " quotes.",
    )
    derivative_ticker_csv: str | None = option(
        None, help="derivative_ticker file: funding and mark price; empty = none."
    )
    until: int | None = option(
        None,
        help="Go on to this local time though the files end before, by 31 days at most; empty = do"
        " not.",
        unit="µs", ge=0,
    )  # fmt: skip
    strict: bool = option(
        False,
        flag="strict",
        help="Refuse data in which an event is received before it was made, or in which the survey"
        " finds more of a defect than its limit allows; what only the run can find ends it as"
        " complete_with_defects.",
    )
    feed_latency_ms: float = option(
        0.0,
        help="Of rows that tell of none, having no exchange time or the local time once more: they"
        " are taken as made so long before they arrived. Local times stay as they are.",
        unit="ms", ge=0, le=60000,
    )  # fmt: skip
    # 1 MiB: 14 000 rows, so that what is done once a block costs nothing, and it fits the cache.
    block_bytes: int = option(
        1 << 20, help="Text read at a time from each file.", unit="bytes", ge=64, le=1 << 26
    )
    keep_repeated_trades: bool = option(
        False,
        help="Keep trades whose id was there before, at the same exchange time, with the same side,"
        " price and size; they are counted in either case.",
    )
    cache: bool = option(
        False,
        help="Keep parsed rows in the user's cache folder, so that the next run over the same files"
        " need not read them; see `mm data cache`.",
    )
    cache_gb: float = option(
        10.0,
        help="Beyond so much, what was used longest ago is removed from there.",
        unit="GB", ge=0, le=100000,
    )  # fmt: skip
    max_batch_rows: int = option(
        0,
        help="Cut batches to at most this many rows where messages allow; 0 = as read.",
        unit="rows",
        ge=0,
    )


def build(config: TardisConfig, symbol: str) -> Connector:
    """Make the connector; opens nothing yet."""
    from mm_tardis.connector import TardisConnector

    return TardisConnector(config, symbol)


def inspect_all(paths: Sequence[Path]) -> Inspected:
    """Look into files."""
    from mm_tardis.inspect import inspect_together

    return inspect_together(paths)


@hookimpl
def mm_connectors() -> list[ConnectorOffer]:
    """Offer the connector ``tardis``."""
    return [
        ConnectorOffer(
            name="tardis",
            config=TardisConfig,
            build=build,
            inspect=inspect_all,
            help="Tardis.dev CSV files: trades, quotes, incremental_book_L2, book_snapshot_N,"
            " derivative_ticker.",
        )
    ]
