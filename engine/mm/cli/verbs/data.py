"""The arguments of ``mm data`` and its verbs."""

from typing import Any

from mm.cli.arguments import flag, group, not_negative, verb, whole


def add(verbs: Any) -> None:
    """Add the verb."""
    data = verbs.add_parser("data", help="look at market data, or make some")
    inner = group(data, ("inspect", "cache", "sample"))
    inspect = verb(
        inner, "inspect", "mm.cli.data:inspect", "describe Tardis CSV files: rows, span, health",
        (
            "mm data inspect example/data_sample/*.csv.gz",
            "mm data inspect ticks/trades.csv.gz --json",
        ),
    )  # fmt: skip
    inspect.add_argument("files", metavar="FILE", nargs="+", help="CSV file, gzip or plain")
    inspect.add_argument(
        "--connector", metavar="C", default="tardis",
        help="connector that reads such files (default: tardis)",
    )  # fmt: skip
    flag(inspect, "--json", "print JSON instead of text")
    cache = verb(
        inner, "cache", "mm.cli.data_cache:run", "fill, show or empty the cache of parsed data",
        ("mm data cache ticks/ETHUSDT", "mm data cache", "mm data cache --prune 5"),
    )  # fmt: skip
    cache.add_argument(
        "folders", metavar="DIR", nargs="*", help="folder whose files are to be read now and kept"
    )
    cache.add_argument(
        "--prune", metavar="GB", nargs="?", type=not_negative, const=0.0, default=None,
        help="remove what was used longest ago, until the rest takes at most GB (default: all)",
    )  # fmt: skip
    cache.add_argument(
        "--connector", metavar="C", default="tardis",
        help="connector that reads the files (default: tardis)",
    )  # fmt: skip
    flag(cache, "--json", "print JSON instead of text")
    sample = verb(
        inner, "sample", "mm.cli.data:sample", "write synthetic trades, quotes and book files",
        ("mm data sample /tmp/sample", "mm data sample /tmp/sample --seconds 60 --seed 7"),
    )  # fmt: skip
    sample.add_argument("directory", metavar="DIR", help="folder to write to")
    sample.add_argument("--seconds", metavar="N", type=whole, help="length of the sample [s]")
    sample.add_argument("--seed", metavar="N", type=int, default=0, help="seed (default 0)")
