"""``mm fake-bitmex``: run the look-alike exchange until Ctrl-C, or until its data end.

What the command does is imported when it is called: the plugin's offer needs only its arguments.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mm.api import UsageError

if TYPE_CHECKING:
    from mm_bitmex.mock import Market

_SYNTHETIC_S: Final = 600

EXAMPLES: Final = (
    "mm fake-bitmex --port 8765 --loop",
    "mm fake-bitmex --data example/data_sample --speed 10 --profile 2021",
    "mm fake-bitmex --data example/data_sample --start 2024-08-01T00:20:00 --loop",
    "mm fake-bitmex --port 8765 --frames recordings/today",
    "mm fake-bitmex --faults drop=0.001,disconnect=0.0001,for=60 --seed 7",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add = parser.add_argument
    add("--port", metavar="P", type=_port, default=0, help="port on loopback (default: any free)")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--data", metavar="DIR", help="play the Tardis files or recording in DIR")
    source.add_argument(
        "--frames", metavar="PATH",
        help="play the raw frames of a recording (mm live --record DIR --raw) as they came and when"
        " they came: a file, or DIR",
    )  # fmt: skip
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
    add("--loop", action="store_true", help="start again at the end of the data")
    add(
        "--start", metavar="WHEN", type=_start, default=0.0,
        help="where in the data to start: seconds from their beginning, or a time such as "
        "2024-08-01T00:10:00 (UTC)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Serve, after one line with the address; exit code 0 when the data have ended."""
    from mm_bitmex.mock import fault_list, open_market, parse_faults

    if args.faults == "list":
        print(fault_list())
        return 0
    if args.frames is not None:
        _play_frames(args)
        return 0
    parse_faults(args.faults)  # before the market is made, which takes a second
    with tempfile.TemporaryDirectory(prefix="mm-fake-") as scratch:
        directory = Path(scratch if args.data is None else args.data)
        if not directory.is_dir():
            raise UsageError(f"{directory}: there is no such directory; name one after --data")
        if args.data is None:
            _make_sample(directory, args.seed)
        is_time = isinstance(args.start, int)
        market = open_market(
            directory,
            symbol=args.symbol,
            profile=args.profile,
            loop=args.loop,
            **({"start_us": args.start} if is_time else {"start_s": args.start}),
        )
        _serve(market, args)
    return 0


def _play_frames(args: argparse.Namespace) -> None:
    """Play frames until they have ended.

    Raises:
        UsageError: there are none, or a flag that a tape does not heed is given.
    """
    given = {"--faults": args.faults, "--loop": args.loop, "--start": args.start,
             "--symbol": args.symbol}  # fmt: skip
    if any(given.values()):
        named = next(name for name, value in given.items() if value)
        raise UsageError(
            f"{named} goes with --data or --synthetic: frames are played as they came, once"
        )
    import trio

    from mm_bitmex.mock.player import open_player
    from mm_bitmex.mock.recorded import Recorded

    recorded = Recorded(Path(args.frames))

    async def play() -> None:
        async with open_player(recorded, speed=args.speed, port=args.port) as player:
            print(player.url, flush=True)
            await player.finished.wait()
            print(f"the frames have ended, after {player.played:,}", flush=True)

    trio.run(play)


def _make_sample(directory: Path, seed: int) -> None:
    """Have mm write its synthetic market, by the command that users have for it."""
    command = [sys.executable, "-m", "mm", "data", "sample", str(directory)]
    options = ["--seconds", str(_SYNTHETIC_S), "--seed", str(seed)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError(done.stderr.strip().removeprefix("mm: "))


def _serve(market: "Market", args: argparse.Namespace) -> None:
    import trio

    from mm_bitmex.mock.server import open_exchange

    async def serve() -> None:
        async with open_exchange(
            market,
            faults=args.faults,
            seed=args.seed,
            speed=args.speed,
            port=args.port,
            now_us=time.time_ns() // 1000,
        ) as exchange:
            print(exchange.url, flush=True)
            market.on_loop = lambda: _say_end(market, "they start again")
            await exchange.finished.wait()
            _say_end(market, "the exchange closes (--loop starts them again)")
            await exchange.close()

    trio.run(serve)


def _say_end(market: "Market", what_now: str) -> None:
    messages, symbol = market.feed.spoken, market.contract.symbol
    print(f"the data of {symbol} have ended, after {messages:,} messages; {what_now}", flush=True)


def _start(text: str) -> float | int:
    """Read seconds, as a float, or a time, as whole µs since 1970."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            when = None
        if when is not None:
            when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
            return (when - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither seconds nor a time such as 2024-08-01T00:10:00"
        )
    return seconds


def _pace(text: str) -> float:
    """Read a positive, finite number, or 0."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return value


def _port(text: str) -> int:
    """Read a port number, or 0."""
    if not (text.isdecimal() and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, expected 0 to 65535")
    return int(text)
