"""Many runs that differ in some keys of the run file, over the same market.

    axes     which keys take which values, and the sets that they make
    rows     what came of each set, on disk: one line a set, kept for the next start
    market   what was read, kept in memory for the sets that read the same
    worker   a process that makes one run after the other
    pool     sets given out to workers; what comes back is written down at once
    results  the rows of a study to compute with: the best, a table

A set's run is byte for byte the run that ``mm backtest`` makes of it, so its digest is, too.
"""

from mm.study.axes import Axis, Set, axes_of, check_sets, parse_axis, sets_of
from mm.study.pool import Study, carry_out
from mm.study.results import Sweep
from mm.study.rows import Rows, key_of

__all__ = [
    "Axis",
    "Rows",
    "Set",
    "Study",
    "Sweep",
    "axes_of",
    "carry_out",
    "check_sets",
    "key_of",
    "parse_axis",
    "sets_of",
]
