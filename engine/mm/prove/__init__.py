"""``mm prove``: run one configuration many ways that must not matter, and see that they do not.

    variations   what is varied, and how much in each trial
    recut        a connector's stream, cut into other batches
    trial        one run, in this process
    worker       several trials, in a process of their own with a hash seed of its own
    prove        spread trials over workers, compare, and find out what made the difference
    difference   the first row in which two runs' tables differ

The trials are whole runs as ``mm backtest`` makes them, files included, so that the digest is the
one it prints. Nothing here knows what a strategy or a venue is.
"""
