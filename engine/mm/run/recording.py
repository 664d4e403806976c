"""Recording a market: the task that numbers events and writes them down, and who starts it.

The task stands between a live connector and the router, after everything that may drop or conflate
events, so a recording holds what the strategy saw. It drains: what the connector has sent when a
run is stopped is both written and worked off.
"""

import math
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Final

import trio

from mm.api import Connector, Instrument, MarketBatch, UsageError
from mm.blame import blame, ungrouped
from mm.record.files import writing_recording
from mm.record.hold import Hold
from mm.record.mend import Mended
from mm.record.numbering import Numbering
from mm.record.recorder import Recorder
from mm.record.replay import replay_again, replay_file
from mm.run.channels import Inlet, Outlet, open_channel
from mm.run.connector import connect
from mm.run.disk import RECORDING, Disk
from mm.run.health import health_of
from mm.run.progress import Progress
from mm.run.router import route

# As ``engine.channel_capacity``: the connector may be a few batches ahead while one is written.
_CAPACITY: Final = 4


def start_recording(
    directory: Path,
    config_text: str,
    instruments: tuple[Instrument, ...],
    *,
    exchange: str,
    has_quotes: bool,
    raw: bool = False,
) -> Recorder:
    """Make the directory and write ``replay.toml`` into it.

    Args:
        directory: made if need be; it must hold no recording.
        config_text: the run's effective configuration.
        instruments: as the run uses them.
        exchange: for the column of that name.
        has_quotes: False if the stream has no quotes of its own.
        raw: keep the connector's frames, too; see ``log_frames``.

    Returns:
        The recorder, which the caller closes.

    Raises:
        UsageError: it cannot be written, or the run is of several instruments.
    """
    if len(instruments) != 1:
        raise UsageError(
            f"{directory}: a recording holds one instrument, this run has {len(instruments)};"
            " record them one by one"
        )
    with writing_recording(directory):
        directory.mkdir(parents=True, exist_ok=True)
    replay = replay_file(directory, config_text, instruments[0], has_quotes=has_quotes)
    recorder = Recorder(
        directory,
        instruments[0],
        exchange=exchange,
        has_quotes=has_quotes,
        replay=replay,
        raw=raw,
    )
    replay.write(until=None)
    return recorder


def go_on_recording(
    directory: Path, instrument: Instrument, mended: Mended, *, exchange: str, has_quotes: bool
) -> Recorder:
    """Go on with a recording.

    Args:
        directory: of the recording.
        instrument: the only one.
        mended: what it holds.
        exchange: for the column of that name.
        has_quotes: False if the stream has no quotes of its own.

    Returns:
        The recorder, which the caller closes; it takes what is held already once more, to count.

    Raises:
        UsageError: it cannot be written.
    """
    replay = replay_again(directory)
    recorder = Recorder(
        directory,
        instrument,
        exchange=exchange,
        has_quotes=has_quotes,
        replay=replay,
        raw=bool(mended.frames),
        held=mended.until,
    )
    recorder.recorded.rows.update(mended.frames)
    replay.write(until=None)
    return recorder


def log_frames(connector: Connector, owner: str, recorder: Recorder) -> None:
    """Have the connector, which is ``owner``, hand its frames to a recorder that keeps them.

    Raises:
        UsageError: the connector has no frames to hand over.
    """
    if recorder.raw is None:
        return
    hand_over = getattr(connector, "log_frames", None)
    if hand_over is None:
        raise UsageError(f"{owner} hands over no frames; leave --raw out")
    with blame(owner):
        hand_over(recorder.raw.write)


async def record_market(
    batches: Inlet[MarketBatch],
    out: Outlet[MarketBatch],
    *,
    numbering: Numbering,
    recorder: Recorder | None,
    disk: Disk | None = None,
    hold: Hold | None = None,
) -> None:
    """Pass batches on, in order, numbered. Owns both ends; whoever made the recorder closes it.

    Args:
        batches: from the connector.
        out: to the router.
        numbering: also without a recorder, so that outputs name the same rows with and without.
        recorder: writes each batch before anybody acts on it; None = nobody asked for it.
        disk: told of faults that may pass, and asked whether to go on; None = any ends the run.
        hold: what is passed on while the disk refuses; with ``disk``.
    """
    with batches, out:
        async for batch in batches:
            passed: MarketBatch | None = batch
            if disk is not None and hold is not None:
                passed = _held(batch, disk, hold, recorder)
            numbered = None if passed is None else numbering.push(passed)
            if recorder is not None:
                if numbered is not None:
                    recorder.take(numbered)
                if recorder.is_due(batch.watermark):
                    with nullcontext() if disk is None else disk.trying(RECORDING):
                        recorder.flush(batch.watermark)
            if numbered is not None:
                await out.send(numbered)


def _held(
    batch: MarketBatch, disk: Disk, hold: Hold, recorder: Recorder | None
) -> MarketBatch | None:
    """Give what is to be passed on of a batch, and tell the disk what that means."""
    disk.ts = batch.watermark
    before = hold.start
    passed = hold.push(batch, refused=disk.refuses)
    if before is None and hold.start is not None:
        disk.lost(hold.start)
    elif before is not None and hold.start is None:
        raw = None if recorder is None else recorder.raw
        disk.is_back(batch.watermark, hold.left_out, 0 if raw is None else raw.left_out)
    return passed


async def record_only(
    connector: Connector,
    owner: str,
    instruments: tuple[Instrument, ...],
    recorder: Recorder,
    stop: trio.CancelScope,
    duration_s: float | None = None,
) -> None:
    """Write down what a connector sends, until it ends or ``stop`` is cancelled.

    The router comes behind the recorder with nobody to hand on to: it checks, and drops.

    Args:
        connector: surveyed.
        owner: who that is, for the blame.
        instruments: as the recording has them.
        recorder: closed by the caller.
        stop: cancel it to end the reading; what was read is still written.
        duration_s: end the reading after so long; None = when there is no more.

    Raises:
        MMError: what the connector or the disk did.
    """
    to_record, batches = open_channel(_CAPACITY, MarketBatch)
    to_route, recorded = open_channel(0, MarketBatch)
    numbering = Numbering(owner)

    async def listen() -> None:
        limit_s = math.inf if duration_s is None else duration_s
        with to_record, stop, trio.move_on_after(limit_s):
            await connect(connector, owner, instruments, to_record)

    with ungrouped():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(listen)
            nursery.start_soon(
                partial(record_market, batches, to_route, numbering=numbering, recorder=recorder)
            )
            nursery.start_soon(
                partial(
                    route,
                    recorded,
                    (),
                    quotes=None,
                    connector=owner,
                    instruments=len(instruments),
                    progress=Progress(),
                )
            )
    health = health_of(connector)
    if health is not None and health.failure is not None:
        raise health.failure
