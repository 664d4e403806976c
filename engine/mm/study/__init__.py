"""Many runs that differ in some keys of the run file, over the same market.

    axes, spans    which keys take which values, or are drawn from where
    constraints    comparisons that every set must satisfy
    samplers       every combination, or sets drawn from the axes
    learning       sets chosen by the results of others
    days           the same, each over several data sets, or until pruned
    trials         a copy of those for Optuna's own tools
    design         axes, constraints and sampler together
    splits         training and test, over data sets
    study_file     all of that, in TOML
    check          a run file with sets in it, checked
    source         sets as they are asked for, one after the other
    rows     what came of each set, on disk: one line a set, kept for the next start
    market   what was read, kept in memory for the sets that read the same
    markets, shared    markets that were read once, in files that all processes map
    worker   a process that makes one run after the other
    foreman  a process that makes workers by forking itself
    workshop    where workers come from: processes of this machine
    cluster     or tasks on a Dask cluster
    outpost     what a Dask worker keeps between them
    desk     which set is run next
    progress    how far a study is
    pool     sets given out to workers; what comes back is written down at once
    results  the rows of a study to compute with: the best, a table
    report   a study judged, as one HTML page

A set's run is byte for byte the run that ``mm backtest`` makes of it, so its digest is, too.
"""

from mm.study.axes import Axis, Set, axes_of, parse_axis
from mm.study.check import Base
from mm.study.cluster import Cluster
from mm.study.design import Design, Objective, objectives_of
from mm.study.pool import Shop, Study, carry_out
from mm.study.progress import Outlook, Progress
from mm.study.results import Sweep
from mm.study.rows import Rows
from mm.study.samplers import sets_of
from mm.study.source import Listed, Source
from mm.study.study_file import StudyFile, read_study
from mm.study.workshop import Workshop

__all__ = [
    "Axis",
    "Base",
    "Cluster",
    "Design",
    "Listed",
    "Objective",
    "Outlook",
    "Progress",
    "Rows",
    "Set",
    "Shop",
    "Source",
    "Study",
    "StudyFile",
    "Sweep",
    "Workshop",
    "axes_of",
    "carry_out",
    "objectives_of",
    "parse_axis",
    "read_study",
    "sets_of",
]
