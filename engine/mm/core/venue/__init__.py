"""The simulated venue: one matching engine per run, with our orders on it.

    simulated.py  the state machine: submit a block, load batches, get a report
    block.py      the loop over events and decisions
    arrivals.py   what a command does when it arrives
    reduce.py     orders that may only close the position
    moves.py      what the market does to a resting order
    gate.py       our own risk limits, before an order leaves
    latency.py    how long messages travel
    funding.py    when funding falls due
    settings.py   limits and schedules, as the run is told
    state.py      the arrays, and how an order's news is written down

It knows no strategy and no money.
"""

from mm.core.venue.settings import FundingSchedule, Limits
from mm.core.venue.simulated import SimulatedVenue, Statistics

__all__ = ["FundingSchedule", "Limits", "SimulatedVenue", "Statistics"]
