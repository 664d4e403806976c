"""The arguments of ``mm simulate``."""

from typing import Any

from mm.cli.arguments import flag, positive, set_keys, verb, whole


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "simulate", "mm.cli.simulate:run", "simulate many paths, and compare with theory",
        (
            "mm simulate --config config/as2008.toml",
            "mm simulate --config config/as2008.toml --strategy symmetric --gamma 1 --json",
            "mm simulate --config config/as2008.toml --paths 5000 --plot profits.png",
        ),
    )  # fmt: skip
    argument = parser.add_argument
    argument("--config", metavar="FILE", required=True, help="run file (TOML) with simulated data")
    argument(
        "--paths", metavar="N", type=whole, default=1000, help="paths to simulate (default 1000)"
    )
    argument(
        "--strategy", choices=("inventory", "symmetric"),
        help="of the paper; short for --set strategy.<kind>.model=avellaneda_stoikov or symmetric",
    )  # fmt: skip
    argument(
        "--gamma", metavar="G", type=positive,
        help="aversion to inventory [1/(price · model unit)]; short for --set"
        " strategy.<kind>.gamma=G",
    )  # fmt: skip
    argument(
        "--seed", metavar="N", type=int, help="seed of all paths; short for --set engine.seed=N"
    )
    argument("--processes", metavar="N", type=whole, help="processes; left out, one a core")
    set_keys(parser)
    flag(parser, "--json", "print JSON instead of a table, and no progress")
    argument(
        "--plot", metavar="FILE",
        help="draw the profits (.png, .svg), of both strategies if --strategy is left out",
    )  # fmt: skip
