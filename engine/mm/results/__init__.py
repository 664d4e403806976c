"""What a run left behind, to look at and to compute with.

    table      one file as typed columns, for any library that speaks Arrow
    measures   the metrics of a run
    comparison    runs held against each other
    unfinished    the summary of a run that was killed, from its tables
    run        a run: its summary, tables, equity, explanations
    opening    how one on disk is opened
    report     a run as one HTML page

Reads what the sinks and the session wrote; knows nothing of how a run is made.
"""

from mm.results.opening import open_run, runs
from mm.results.run import Run
from mm.results.table import Table

__all__ = ["Run", "Table", "open_run", "runs"]
