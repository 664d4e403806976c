"""The arguments of ``mm fake-bitmex``."""

import argparse
from typing import Any

from mm.cli.arguments import flag, positive, verb


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "fake-bitmex", "mm.cli.fake:run", "run a look-alike of BitMEX on this machine",
        (
            "mm fake-bitmex --port 8765 --loop",
            "mm fake-bitmex --data example/data_sample --speed 10 --profile 2021",
            "mm fake-bitmex --faults drop=0.001,disconnect=0.0001,for=60 --seed 7",
        ),
    )  # fmt: skip
    add = parser.add_argument
    add("--port", metavar="P", type=_port, default=0, help="port on loopback (default: any free)")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--data", metavar="DIR", help="play the Tardis files or recording in DIR")
    source.add_argument(
        "--synthetic",
        action="store_true",
        help="play ten minutes of the synthetic market (default)",
    )
    add("--symbol", metavar="S", help="symbol to play (default: that of the first row)")
    add(
        "--speed", metavar="X", type=_pace, default=1.0,
        help="times real time; 0 = as fast as the client reads (default 1)",
    )  # fmt: skip
    add("--profile", choices=("2021", "2026"), default="2026", help="whose year's message forms")
    add(
        "--faults", metavar="SPEC", default="",
        help="NAME=NUMBER,…: what goes wrong; 'list' names all",
    )  # fmt: skip
    add("--seed", metavar="N", type=int, default=0, help="of faults and synthetic market")
    flag(parser, "--loop", "start again at the end of the data")


def _pace(text: str) -> float:
    """Read a positive, finite number, or 0."""
    return 0.0 if text == "0" else positive(text)


def _port(text: str) -> int:
    """Read a port number, or 0."""
    if not (text.isdecimal() and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, expected 0 to 65535")
    return int(text)
