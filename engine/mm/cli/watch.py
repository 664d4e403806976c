"""``mm watch``, and ``--web``: a page to watch a run by, served by this process.

What serves it is imported when somebody wants it. Knows no page and no limit.
"""

import argparse
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from mm.extras import need
from mm.run.figures import Figures
from mm.run.health import Hear
from mm.run.interrupt import EXIT_CODE, graceful_interrupts
from mm.run.session import Plan
from mm.web.guard import Address, read_address, read_token


@attrs.frozen
class Place:
    """Where the page is to be, and who may see it."""

    address: Address
    token: str | None = attrs.field(repr=False)


def place_of(args: argparse.Namespace) -> Place | None:
    """Read ``--web`` and what goes with it; None = no page is wanted.

    Raises:
        UsageError: it cannot be served so, or at all.
    """
    if args.web is None:
        return None
    need("web", "a page to watch", called="a web server")
    address = read_address(args.web)
    file = None if args.web_token_file is None else Path(args.web_token_file)
    return Place(address, read_token(address, file, os.environ))


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm watch``: show a run's folder until Ctrl-C.

    Raises:
        MMError: it is not the folder of a run, or one cannot listen there.
    """
    place = place_of(args)
    assert place is not None  # the verb has a default
    trio.run(_watch, Path(args.directory), place)
    return EXIT_CODE


async def _watch(path: Path, place: Place) -> None:
    from mm.web.disk import read_folder
    from mm.web.serve import keep_folder, serving, show

    # An error is told before anybody listens, and the first to ask is shown something.
    reading = await trio.to_thread.run_sync(read_folder, path)
    stop = trio.CancelScope()
    with graceful_interrupts(stop.cancel), stop:
        async with serving(place.address, place.token) as (hub, used):
            show(hub, reading)
            _say(used)
            await keep_folder(hub, path)
            await trio.sleep_forever()


@asynccontextmanager
async def page_beside(
    place: Place | None, plan: Plan, hear: Hear, figures: Figures | None = None
) -> AsyncIterator[Callable[[str], None]]:
    """Serve a page of ``plan``'s run while the block runs, if one is wanted.

    ``figures``: those that somebody else follows, too. Gives what is to be told how the run ended.

    Raises:
        UsageError: one cannot listen there.
    """
    if place is None:
        yield lambda ended: None
        return
    from mm.web.sample import EngineView
    from mm.web.serve import keep, last_look, serving

    async with serving(place.address, place.token) as (hub, used):
        view = EngineView(plan, hear, trio.current_time(), figures)
        hub.publish(view.look(trio.current_time()))
        _say(used)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep, hub, view)
            yield lambda ended: last_look(hub, view, ended)
            nursery.cancel_scope.cancel(reason="the run is over")


def _say(address: Address) -> None:
    print(f"watch at {address.url}", file=sys.stderr, flush=True)
