"""The connector ``bitmex``: the Trio shell over ``protocol``.

    socket ─frames─► Shell.listen ─rows─► inbox ─► Stream.run ─MarketBatch─► out
                        │  ▲
                        ▼  │ steps
                      Protocol

The reader drains the socket whatever the engine does; what waits, waits in the inbox. When it is
over, by being cancelled or since the exchange refuses us for good, one last batch says that the
book is lost and lets time run on a little; then the channel is closed. What the frames mean is
``protocol``'s part, what a WebSocket is is ``websocket``'s.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import trio

from mm.api import (
    DataError,
    FrameLog,
    Health,
    Instrument,
    Outlet,
    Source,
    Survey,
)
from mm_bitmex.audit_log import AuditLog
from mm_bitmex.clock import ArrivalClock
from mm_bitmex.config import BitmexConfig
from mm_bitmex.inbox import Inbox
from mm_bitmex.instrument import Listing
from mm_bitmex.protocol import Protocol
from mm_bitmex.rest import fetch_listing
from mm_bitmex.shell import Dial, Shell
from mm_bitmex.stream import GRACE_S, Stream
from mm_bitmex.websocket import dial

if TYPE_CHECKING:
    import httpx

_SOURCES: Final = ("trades", "quotes", "book", "derivative_ticker")


def _wall_us() -> int:
    return time.time_ns() // 1000


class BitmexConnector:
    """Listens to one instrument.

    Args:
        config: the table ``[data]``.
        symbol: what to listen to.
        seed: of the run.
        dial: opens the byte stream of an address.
        wall_us: the wall clock [µs UTC]; read once.
        transport: of REST, instead of the network.
    """

    def __init__(
        self,
        config: BitmexConfig,
        symbol: str,
        seed: int,
        *,
        dial: Dial = dial,
        wall_us: Callable[[], int] = _wall_us,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        self._config, self._symbol, self._seed = config, symbol, seed
        self._dial, self._wall_us, self._transport = dial, wall_us, transport
        self._grid_is_given = False
        self._listing: Listing | None = None
        self._audit_log = AuditLog()
        self._inbox = Inbox(config.inbox_rows)
        self._shell: Shell | None = None
        self._log: FrameLog | None = None

    def expect_grid(self) -> None:
        """Hear that tick and lot size are given."""
        self._grid_is_given = True

    def log_frames(self, log: FrameLog) -> None:
        """Hear who wants each frame."""
        self._log = log

    async def survey(self) -> Survey:
        """Ask the exchange for tick and lot size, unless they are given.

        Raises:
            ConfigError: the exchange does not list the symbol.
            DataError: it does not answer.
        """
        grid: tuple[str | None, str | None] = (None, None)
        if not self._grid_is_given:
            self._listing = await fetch_listing(
                self._config.rest, self._symbol, self._config.connect_s, self._transport
            )
            grid = (str(self._listing.tick_size), str(self._listing.lot_size))
        url = self._config.url
        return Survey(
            symbols=(self._symbol,),
            grid=(grid,),
            sources=tuple(Source(name=name, path=url, sha256="", rows=0) for name in _SOURCES),
            first_ts=None,
            last_ts=None,
            total_rows=None,
        )

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        """Listen until cancelled, or until the exchange refuses us for good. Owns ``out``."""
        clock = ArrivalClock(self._wall_us(), trio.current_time())
        silence_s = self._config.watermark_ms / 1000
        stream = Stream(self._inbox, clock, self._audit_log, silence_s)
        shell = self._shell = Shell(
            config=self._config,
            protocol=Protocol(self._config, instruments[0], self._seed),
            stream=stream,
            clock=clock,
            audit_log=self._audit_log,
            dial=self._dial,
            log=self._log,
        )
        self._compare(instruments[0], clock.last)
        try:
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(stream.run, out)
                    await shell.listen()
                    nursery.cancel_scope.cancel(reason="the exchange refuses us for good")
            finally:
                await self._finish(shell, stream, out)
        finally:
            out.close()

    def health(self) -> Health:
        """Say how the session is doing."""
        protocol = self._shell.protocol if self._shell else None
        audit_log = self._audit_log
        return Health(
            state="not started" if protocol is None else protocol.state.value,
            is_live=protocol is not None and protocol.book_is_live,
            touch=(0, 0, 0, 0) if protocol is None else protocol.touch(),
            rows=dict(audit_log.rows),
            counters={
                **audit_log.counts,
                "conflations": self._inbox.conflations,
                "rows_left_out": self._inbox.left_out,
                **({} if protocol is None else protocol.counts),
            },
            gaps=tuple(audit_log.gaps),
            lags=audit_log.lags(),
            news=audit_log.news(),
            failure=self._shell.failure if self._shell else None,
        )

    async def _finish(self, shell: Shell, stream: Stream, out: Outlet) -> None:
        shell.stop()
        if not await stream.finish(out, self._config.drain_s):
            shell.failure = shell.failure or DataError(
                f"{self._config.url}: the engine did not take the last batch within {GRACE_S:g} s,"
                " so the results still show quotes of ours; look for what keeps it busy"
            )

    def _compare(self, instrument: Instrument, ts: int) -> None:
        """Warn if the exchange values the contract in another way than the run does."""
        listing = self._listing
        if listing is None:
            return
        for key, theirs, ours in (
            ("position.contract_type", listing.contract_type, instrument.contract_type),
            ("instrument.multiplier", listing.multiplier, instrument.multiplier),
        ):
            if theirs is not None and theirs != ours:
                text = f"{key} is {ours}, but the exchange lists {self._symbol} with {theirs}"
                self._audit_log.tell(ts, "contract", text, "warning")
