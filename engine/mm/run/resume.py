"""A live run that ended or was killed, taken up again: its own recording first, then the exchange.

A live run is a function of its recording. So nothing of its state is kept anywhere: the recording
goes through the same network at full speed, into the same directory, and position, money, counters,
estimates and numbers are right because they come about again. What happened while nobody listened
is a gap like any other: at its start the book is lost, and the strategy withdraws its quotes.
"""

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np
import trio

from mm.api import (
    CLEAR,
    EVENT,
    LEVEL,
    MICRO,
    QUOTE,
    Connector,
    DataError,
    Gap,
    Health,
    Instrument,
    MarketBatch,
    News,
    Outlet,
    Survey,
    UsageError,
    read_file,
)
from mm.config import LoadedConfig, load_config
from mm.config.overrides import parse_toml
from mm.record.mend import Mended, mend
from mm.record.replay import FILE_NAME
from mm.run.health import health_of
from mm.run.seal import installed
from mm.run.survey import survey_market
from mm.run.unfinished import has_ended, read_started
from mm.times import exact_clock

_MOST_BYTES: Final = 1 << 26
_LONGEST_WAIT_S: Final = 60.0
"""For a clock that shows an earlier time than the recording's end: a stop lets time run on a
little, and clocks are put right by seconds."""


@attrs.frozen(kw_only=True)
class Earlier:
    """What there is of the run that is taken up."""

    directory: Path
    loaded: LoadedConfig
    recording: Path
    mended: Mended

    @property
    def raw(self) -> bool:
        """Its frames were kept, too."""
        return bool(self.mended.frames)


def take_up(directory: Path) -> Earlier:
    """Look at a run, and cut its recording to where it is whole. The caller has claimed it.

    Raises:
        UsageError: it cannot be taken up, with the reason.
        DataError: it is damaged, or no run.
    """
    manifest = _manifest(directory)
    recording = manifest.get("recording")
    loaded = load_config(directory / "config.toml")
    if loaded.config.data.from_csv:
        raise UsageError(f"{directory}: is of a replay, expected a live run; run it again instead")
    if loaded.config.markets:
        raise UsageError(
            f"{directory}: is of several markets, and cannot be taken up again; start a new run, or"
            " replay what it recorded"
        )
    if recording is None:
        raise UsageError(
            f"{directory}: the run was not recorded, so nobody knows what it had seen; start one"
            " that can be taken up with --record DIR"
        )
    place = Path(recording["directory"])
    if not (place / FILE_NAME).exists():
        raise DataError(f"{place}: the run's recording is not there any more; put it back")
    _check_makers(directory, manifest, loaded)
    return Earlier(directory=directory, loaded=loaded, recording=place, mended=mend(place))


def _manifest(directory: Path) -> Mapping[str, Any]:
    if not has_ended(directory):
        return read_started(directory)[2]
    path = directory / "manifest.json"
    data = read_file(path, expected="a file of a run", most_bytes=_MOST_BYTES, error=DataError)
    try:
        return dict(json.loads(data))
    except (ValueError, TypeError) as error:
        raise DataError(f"{path}: is not what a run writes") from error


def _check_makers(directory: Path, manifest: Mapping[str, Any], loaded: LoadedConfig) -> None:
    """Refuse a run of another version: it would come out otherwise the second time."""
    then = manifest["versions"]
    for package in ("mm-engine", "numba", "numpy"):
        if then[package] != installed(package):
            raise UsageError(
                f"{directory}: was run with {package} {then[package]}, and this is"
                f" {installed(package)}, with which it may come out otherwise; take it up with the"
                " former, or start a new run"
            )
    before = {(p["package"], p["version"]) for p in manifest["plugins"]}
    now = {(p.package, p.version) for p in loaded.registry.listing()}
    if before != now:
        names = ", ".join(sorted(f"{name} {version}" for name, version in before ^ now))
        raise UsageError(
            f"{directory}: was run with other plugins than are installed now ({names}); install"
            " those of then, or start a new run"
        )


async def replay_of(earlier: Earlier, instruments: tuple[Instrument, ...]) -> Connector | None:
    """Give what reads the recording; None = there is nothing in it.

    Raises:
        DataError: the exchange says that the contract is another one now.
    """
    mended = earlier.mended
    path = earlier.recording / FILE_NAME
    table = parse_toml(path.read_text(encoding="utf-8"))["instrument"]
    for key, now in (
        ("tick_size", instruments[0].tick_size),
        ("lot_size", instruments[0].lot_size),
    ):
        if Decimal(str(table[key])) != now:
            raise DataError(
                f"{path}: instrument.{key} is {table[key]}, and the exchange says {now} now, so the"
                " run cannot go on; start a new one"
            )
    if mended.empty:
        return None
    loaded = load_config(path, None, [f"data.until={mended.until}"])
    return (await survey_market(loaded)).connector


class ResumedConnector:
    """The recording, a gap, and then a live connector, as one stream.

    Args:
        earlier: the run.
        replay: reads its recording; None = it is empty.
        live: what the run listens to.
        has_quotes: the stream has quotes of its own.
        duration_s: how long to listen [s]; None = until told to stop.
    """

    def __init__(
        self,
        earlier: Earlier,
        replay: Connector | None,
        live: Connector,
        *,
        has_quotes: bool,
        duration_s: float | None,
    ) -> None:
        self._has_quotes = has_quotes
        self._earlier, self._replay, self._live = earlier, replay, live
        self._limit_s = float("inf") if duration_s is None else duration_s
        self._until = earlier.mended.until
        self._state = "reading the recording"
        self._news: list[News] = []
        self._gap: Gap | None = None
        hand_over = getattr(live, "log_frames", None)
        if hand_over is not None:
            self.log_frames = hand_over

    @property
    def missed(self) -> dict[str, Any] | None:
        """The gap for the summary; None = it has not been reached, or nothing came before."""
        return None if self._gap is None else attrs.asdict(self._gap)

    async def survey(self) -> Survey:
        """Look at the exchange."""
        return await self._live.survey()

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        """Send all. Owns ``out``."""
        try:
            if self._replay is not None:
                # Shielded: to be stopped half-way would leave results of half the recording. The
                # data bound it, a failure behind us ends it, and a second Ctrl-C the process.
                with trio.CancelScope(shield=True):
                    await self._replay.run(instruments, _Through(out))
                    await self._lose_book(out)
            self._state = "starting"
            with trio.move_on_after(self._limit_s):
                await self._wait_for_clock()
                self._state = ""
                await self._live.run(instruments, _Through(out, self._is_back))
        finally:
            out.close()

    async def _lose_book(self, out: Outlet) -> None:
        """Say that nothing is known from the end of the recording on."""
        ts = self._until + 1
        events = np.zeros(2, EVENT)
        events["ts_local"] = events["ts_exchange"] = ts
        events["kind"] = QUOTE, CLEAR
        events["end"] = 1
        if not self._has_quotes:
            events = events[1:]
        await out.send(MarketBatch(events, ts))
        mended = self._earlier.mended
        self._gap = Gap(start=self._until, end=None, reason="mm was not running")
        self._tell(
            "resumed",
            f"took the run up from {self._earlier.recording}, up to {exact_clock(self._until)} UTC"
            + (f"; {mended.bytes_cut:,} bytes were not whole: cut off" if mended.bytes_cut else "")
            + (f"; damaged: {', '.join(mended.damaged)}" if mended.damaged else ""),
        )

    def _is_back(self, batch: MarketBatch) -> None:
        """Note the end of the gap."""
        events, gap = batch.events, self._gap
        levels = events[(events["kind"] == LEVEL) & (events["size"] > 0)]
        if gap is None or gap.end is not None or not len(levels):
            return
        end = int(levels["ts_local"][0])
        self._gap = attrs.evolve(gap, end=end)
        self._tell(
            "missed",
            f"for {(end - gap.start) / MICRO:.1f} s, from {exact_clock(gap.start)} to"
            f" {exact_clock(end)} UTC, nothing is known: mm was not running; orders that worked"
            " then count as withdrawn at once, and whether any was filled first nobody knows",
            "warning",
        )

    async def _wait_for_clock(self) -> None:
        """Let no live time be before the recording's end."""
        behind_s = (self._until + 2) / MICRO - time.time()
        if behind_s > _LONGEST_WAIT_S:
            raise DataError(
                f"the clock is {behind_s:.0f} s behind the end of the recording, at"
                f" {exact_clock(self._until)} UTC; put the clock right"
            )
        await trio.sleep(max(behind_s, 0.0))

    def _tell(self, event: str, text: str, level: Any = "info") -> None:
        self._news.append(News(ts=time.time_ns() // 1000, level=level, event=event, text=text))

    def health(self) -> Health | None:
        """Say how the live connector is doing, with the gap and our own news."""
        health = health_of(self._live)
        if health is None:
            return None
        news, self._news = (*self._news, *health.news), []
        gaps = health.gaps if self._gap is None else (self._gap, *health.gaps)
        return attrs.evolve(health, news=news, gaps=gaps, state=self._state or health.state)


class _Through:
    """The way out of one part of the stream, whose end is not the stream's."""

    def __init__(self, out: Outlet, watch: Any = None) -> None:
        self._out, self._watch = out, watch

    async def send(self, value: MarketBatch, /) -> None:
        """Hand on."""
        await self._out.send(value)
        if self._watch is not None:
            self._watch(value)

    def close(self) -> None:
        """Nothing: more is to come."""
