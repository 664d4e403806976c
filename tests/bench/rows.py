"""What it takes to write a row of each CSV file: ``python -m tests.bench.rows``.

Rows with prices and money of an ordinary size are turned into text in one go of 4096, as the sink
does; the best of twenty rounds. The files they would go to are not written.
"""

import time

import numpy as np
from tests.plugins.test_csv_plainly import INSTRUMENTS, random_rows

from mm_sinks.cells import lines, markets_of
from mm_sinks.columns import TABLES

_ROWS = 4096
_ROUNDS = 20


def main() -> None:
    """Print a line for each file."""
    markets = markets_of(INSTRUMENTS)
    print("| file | µs a row | columns |\n|---|---|---|")
    for table, (name, columns) in TABLES.items():
        random = np.random.default_rng(1)
        rows = random_rows(table, random, _ROWS)
        for field in rows.dtype.names or ():
            if rows.dtype[field] == np.float64:
                rows[field] = random.normal(2500, 10, _ROWS)
            elif field not in ("instrument", "kind") and rows.dtype[field] == np.int64:
                rows[field] %= 10**8
        took = []
        for _ in range(_ROUNDS):
            start = time.perf_counter()
            lines(rows, columns, markets)
            took.append(time.perf_counter() - start)
        print(f"| `{name}` | {min(took) / _ROWS * 1e6:.2f} | {len(columns)} |")


if __name__ == "__main__":
    main()
