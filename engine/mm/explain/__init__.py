"""The story of one fill, told from what a run left behind and the data it read.

    rundir   the run directory: which fill, its order's events, the decision behind it
    market   the recorded files: what was printed, shown and quoted around it
    clock    exchange times as the run corrected them
    story    puts both together; knows no text and no screen
    text     the story in plain words

Nothing is simulated again: what the run wrote down is believed, and the market data only say what
went on around it. Imports no kernel, so it answers at once.
"""

from mm.explain.story import Story, tell
from mm.explain.text import CURRENCY, by_rule, in_words

__all__ = ["CURRENCY", "Story", "by_rule", "in_words", "tell"]
