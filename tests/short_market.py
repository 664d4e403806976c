"""The start of the bundled sample, and the tables of a run file that trades a little on it."""

import csv
import gzip
from pathlib import Path
from typing import Final

SAMPLE: Final = Path(__file__).parents[1] / "example" / "data_sample"

STRATEGY: Final = """\
[strategy]
symbol = "XBTUSD"
[strategy.avellaneda]
quote_size = 100
max_position = 300
gamma = 0.1
delta = 0.2
xi = 200
[strategy.avellaneda.vol]
window_len = 100
interval_s = 0.2
ema_half_life = 2.0
[strategy.avellaneda.penetration]
window_len = 60
num_bins = 500
interval_ms = 200
[strategy.avellaneda.sequencer]
interval_ms = 200
"""
"""Quotes after the first 20 s, for which ``vol.window_len`` is to blame."""

DATA: Final = """\
[data]
tardis_root = "{data}"
trades_csv = "trades.csv.gz"
quotes_csv = "quotes.csv.gz"
book_csv = "book.csv.gz"
"""

VENUE: Final = """\
[execution]
latency_ms = 5
response_latency_ms = 7
fill_model = "probabilistic"
[position]
contract_type = "Inverse"
maker_fee = -0.0001
taker_fee = 0.0005
"""

RUN_FILE: Final = f'{STRATEGY}{DATA}{VENUE}[output]\nexchange = "bitmex"\n'


def cut_sample(target: Path, seconds: int) -> None:
    """Copy the first ``seconds`` of the sample to the folder ``target``."""
    end = None
    for name in ("quotes", "trades", "book"):
        with (
            gzip.open(SAMPLE / f"{name}.csv.gz", "rt", newline="") as source,
            gzip.open(target / f"{name}.csv.gz", "wt", newline="", compresslevel=1) as out,
        ):
            reader, writer = csv.reader(source), csv.writer(out, lineterminator="\n")
            header = next(reader)
            writer.writerow(header)
            at = header.index("local_timestamp")
            for row in reader:
                end = end or int(row[at]) + seconds * 1_000_000
                if int(row[at]) > end:
                    break
                writer.writerow(row)


def write_run_file(folder: Path, seconds: int = 75) -> Path:
    """Cut the sample into ``folder`` and write a run file beside it; 75 s give some fills."""
    cut_sample(folder, seconds)
    path = folder / "run.toml"
    path.write_text(RUN_FILE.format(data=folder), encoding="utf-8")
    return path
