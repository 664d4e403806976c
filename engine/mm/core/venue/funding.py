"""Funding: what the ticker or a schedule says, and the report when its time has come.

A perpetual contract exchanges funding between longs and shorts at fixed times of the venue's
clock (BitMEX: every eight hours, from 04:00 UTC). The rate that counts is the last one announced
for that time; a ticker that still names a time that is past says nothing new. One that already
names the time after it (a ticker's clock may be behind ours by a little) is kept until the first
is paid, since a time that was announced is owed. It meets the position of its time: it is paid at
the first message of its market made at or after it, after the commands that arrived before it and
ahead of those that did not. A schedule is paid for each of its times, also those that fell into a
silence. What it comes to in money is the ledger's business.
"""

from typing import Any

from mm.api import FUNDING, FUNDING_RATE, FUNDING_TS, MARK_PRICE, NO_REASON
from mm.api.jit import inner
from mm.core.venue.reports import news_of
from mm.core.venue.state import Rules, Venue


@inner
def note_ticker(venue: Venue, rules: Rules, event: Any) -> None:
    """Take mark price, rate and time to come from a ticker; else they stay as they were."""
    standing = venue.standing[event["instrument"]]
    if event[MARK_PRICE] > 0:
        standing["mark"] = event[MARK_PRICE]
    due = event[FUNDING_TS]
    if standing["interval"] != 0 or due <= max(standing["paid_ts"], event["ts_exchange"]):
        return
    if 0 < standing["funding_ts"] < due:
        standing["later_rate"] = event[FUNDING_RATE]
        standing["later_ts"] = due
    else:
        if due < standing["funding_ts"]:
            standing["later_rate"] = standing["rate"]
            standing["later_ts"] = standing["funding_ts"]
        standing["rate"] = event[FUNDING_RATE]
        standing["funding_ts"] = due
    find_due(venue, rules, event["instrument"])


@inner
def find_due(venue: Venue, rules: Rules, one: int) -> None:
    """Find the time of the next funding on the market of instrument ``one``."""
    market = rules.terms[one]["market"]
    first = 0 * venue.connections[market]["due"]  # not a literal: see ``state``
    for instrument in range(len(venue.standing)):
        due = venue.standing[instrument]["funding_ts"]
        if rules.terms[instrument]["market"] == market and due > 0 and (first == 0 or due < first):
            first = due
    venue.connections[market]["due"] = first


@inner
def pay_funding(venue: Venue, rules: Rules, event: Any) -> None:
    """Report the funding due next on a market; ``event`` is the news that it has come to that."""
    instrument = 0
    market = rules.terms[event["instrument"]]["market"]
    due = venue.connections[market]["due"]
    while (
        venue.standing[instrument]["funding_ts"] != due
        or rules.terms[instrument]["market"] != market
    ):
        instrument += 1
    standing = venue.standing[instrument]
    report = news_of(venue, rules, event, instrument, int(FUNDING), int(NO_REASON), 0)
    report["ts_venue"] = due
    report["ts_decided"] = due
    report["price"] = standing["mark"]
    report["size"] = standing["rate"]
    standing["paid_ts"] = due
    if standing["interval"] > 0:
        standing["funding_ts"] = due + standing["interval"]
    else:
        standing["rate"] = standing["later_rate"]
        standing["funding_ts"] = standing["later_ts"]
        standing["later_ts"] = 0
    find_due(venue, rules, instrument)
