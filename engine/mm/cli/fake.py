"""``mm fake-bitmex``: run the look-alike exchange until Ctrl-C, or until its data end."""

import argparse
import time
from pathlib import Path

from mm.api import UsageError


def run(args: argparse.Namespace) -> int:
    """Serve, after one line with the address; exit code 0 when the data have ended."""
    import trio

    from mm.testing.exchange import fault_list, open_market, parse_faults

    if args.faults == "list":
        print(fault_list())
        return 0
    parse_faults(args.faults)  # before the market is made, which takes a second
    directory = None
    if args.data is not None:
        directory = Path(args.data)
        if not directory.is_dir():
            raise UsageError(f"{directory}: there is no such directory; name one after --data")
    market = open_market(
        directory, symbol=args.symbol, profile=args.profile, seed=args.seed, loop=args.loop
    )

    async def serve() -> None:
        from mm.testing.exchange.server import open_exchange

        async with open_exchange(
            market,
            faults=args.faults,
            seed=args.seed,
            speed=args.speed,
            port=args.port,
            now_us=time.time_ns() // 1000,
        ) as exchange:
            print(exchange.url, flush=True)
            await exchange.finished.wait()
            await exchange.close()

    trio.run(serve)
    return 0
