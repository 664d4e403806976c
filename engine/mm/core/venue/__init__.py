"""The simulated venue: one matching engine per run, with our orders on it.

    simulated.py  the state machine: submit a block, load batches, get a report
    block.py      the loop over events and decisions
    arrivals.py   what a command does when it arrives
    moves.py      what the market does to a resting order
    state.py      the arrays, and how an order's news is written down

It knows no strategy and no money.
"""

from mm.core.venue.simulated import SimulatedVenue, Statistics

__all__ = ["SimulatedVenue", "Statistics"]
