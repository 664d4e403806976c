"""The simulated venue: one matching engine per run, with our orders on it.

    simulated     the state machine: submit a block, load batches, get a report
    closed_loop   the same with a strategy inside: decision rows in, one report out
    asked_loop    the same with a strategy that answers in Python
    block         the loop over events and decisions
    loop          the kernel: a block carried out, or decided, carried out and heard of
    decider       how the kernel sees a strategy
    news          reports on their way to us, and who is woken by them
    woken         the row that a woken strategy is shown
    known         our account as known, kept in the kernel
    arrivals      what a command does when it arrives
    reduce        orders that may only close the position
    matching      what the market does to a resting order: queues and fills
    gate          our own risk limits, before an order leaves
    latency       how long messages travel
    funding       when funding falls due
    settlement    the end of a contract
    ticks         the tick size in force, and orders that are off it
    health        what the venue found wrong with the data
    settings      limits and schedules, as the run is told
    reports       how news of orders are written down
    arrays        from settings to what kernels take
    state         the arrays

It knows no strategy and no money.
"""

from mm.core.venue.asked_loop import AskedLoop
from mm.core.venue.closed_loop import ClosedLoop
from mm.core.venue.settings import FundingSchedule, Limits, Terms
from mm.core.venue.simulated import SimulatedVenue, Statistics

__all__ = [
    "AskedLoop",
    "ClosedLoop",
    "FundingSchedule",
    "Limits",
    "SimulatedVenue",
    "Statistics",
    "Terms",
]
