"""The parts a plugin can supply, as protocols: what each is asked, when, and what it must not do.

All but connectors are synchronous and pure: no Trio, no clock, no randomness of their own, no
files (a sink writes only below the directory it is given). The host decides when they run.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from mm.api.account import Account
from mm.api.evidence import Defect
from mm.api.instrument import Instrument
from mm.api.market import MarketBatch, Rows
from mm.api.orders import Decisions


@attrs.frozen(kw_only=True)
class Context:
    """What a part is told about the run it is built for."""

    instruments: tuple[Instrument, ...]
    """The run's instruments; events and orders name them by index."""
    seed: int
    """The run's seed; a part that wants chance hashes it with what the chance is for."""
    entry_us: float = 0.0
    """``execution.latency_ms`` [µs]: the base of every latency model."""
    response_us: float = 0.0
    """``execution.response_latency_ms`` [µs]."""
    maker_fee: float = 0.0
    """The run file's fees [share of value], for fee models that say nothing else."""
    taker_fee: float = 0.0


@attrs.frozen(kw_only=True)
class Source:
    """One input, as the manifest records it."""

    name: str
    """What it holds: ``trades``, ``quotes``, ``book`` or ``derivative_ticker``."""
    path: str
    sha256: str
    rows: int
    market: str = ""
    """Of several markets: the instrument that it is of; set by the host."""


@attrs.frozen(kw_only=True)
class Survey:
    """What a connector found before the run: enough to size, check and describe it."""

    symbols: tuple[str, ...]
    """Instruments in order; event column ``instrument`` indexes this."""
    grid: tuple[tuple[str | None, str | None], ...]
    """Per symbol, the inferred (tick size, lot size) as decimal text; None = cannot tell."""
    sources: tuple[Source, ...]
    first_ts: int | None
    """µs, local time, of the first event; None when there is none, or it is not known yet."""
    last_ts: int | None
    total_rows: int | None
    """Rows to come, for progress; None = no end is known."""
    notes: tuple[str, ...] = ()
    """Repairs and oddities, one sentence each, for the summary."""
    details: Mapping[str, Any] = attrs.field(factory=dict)
    """Figures behind the notes, JSON-compatible, for ``summary.json``."""
    health: tuple[Defect, ...] = ()
    """Defects found in the data, for the health table; kinds that were looked for and not found
    are in it with 0 rows."""
    tick_periods: Mapping[str, Sequence[tuple[int, str]]] = attrs.field(factory=dict)
    """Of symbols whose tick size changes within the data: (from when [µs, exchange], tick size) in
    order of time, the first from 0 on. ``grid`` then has what all are multiples of."""


class Outlet(Protocol):
    """The sending end of a bounded channel (a ``trio.MemorySendChannel`` in a run)."""

    async def send(self, value: MarketBatch, /) -> None:
        """Hand over a batch; waits while the pipeline is full."""
        ...

    def close(self) -> None:
        """Say that nothing more will come."""
        ...


class Connector(Protocol):
    """A source of market events: files, a simulation, an exchange."""

    async def survey(self) -> Survey:
        """Look at the source without sending anything. Called once, first."""
        ...

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        """Send the stream, then return. Owns ``out`` and closes it, also when cancelled."""
        ...


FrameLog: TypeAlias = Callable[[int, str], None]
"""(ts, text): takes a frame as it came, with its arrival time [µs, local]; returns at once."""


class RoundingConnector(Connector, Protocol):
    """A connector whose source may hold floats near a grid. The method is used if it is there."""

    def take_grid(self, tick_size: Decimal | None, lot_size: Decimal | None) -> None:
        """Hear, before ``survey``, which steps the configuration gives; None = it does not.

        Numbers near their multiples are then rounded to them, and counted in ``Survey.health``.
        """
        ...


class FrameSource(Protocol):
    """What a live connector may also be: one that hands over its frames, for a raw recording."""

    def log_frames(self, log: FrameLog) -> None:
        """Call ``log`` with each frame from now on. Called at most once, before ``run``."""
        ...


class Transformer(Protocol):
    """Turns market events into decision rows."""

    dtype: "np.dtype[np.void]"
    """Of the rows; starts with TOUCH_FIELDS."""

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return the rows with ``previous watermark < ts <= watermark``."""
        ...


class Strategy(Protocol):
    """Turns decision rows and the account into orders."""

    requires: frozenset[str]
    """Columns it needs beside TOUCH_FIELDS; checked when the run is wired."""

    def observe(self, rows: Rows) -> Rows:
        """See each row once, in order, and return the rows to decide on.

        The place for state that follows the market (an EMA): add columns here. Return ``rows``
        itself when there is nothing to add; one row out for each row in, in order, ``ts`` kept.
        """
        ...

    def decide(self, rows: Rows, account: Account) -> Decisions:
        """Decide rows, supposing that only our own new orders change the account.

        ``account`` is known up to the first row's ``ts``. Decide all rows, or the first few (at
        least one): the answer's trace says how many. Rows that turn out to be decided on an
        account that has changed by their time are asked for again, so a strategy that decides
        several at once must not remember anything; one that decides one at a time may.
        """
        ...


class NotingStrategy(Strategy, Protocol):
    """What a strategy may also be: one with something to say when the run is over."""

    def notes(self) -> Sequence[str]:
        """Give sentences for the summary's ``notes``. Called once, unless the run has failed."""
        ...


PrintRule: TypeAlias = Callable[[float, float, float, float, float, float], float]
"""(ahead, level, size, draw, p0, p1) -> ahead after a print of ``size`` at our price.

``ahead``: lots in front of us; ``level``: lots displayed at our price; ``draw``: uniform in [0, 1),
this order's own for this print. A negative answer is the number of lots that reached us.
"""

DepthRule: TypeAlias = Callable[[float, float, float, float, float, float], float]
"""(ahead, before, after, printed, p0, p1) -> ahead after the level went from before to after.

``printed``: lots of the decrease that prints have explained, and already taken off ``ahead``.
The answer is cut to [0, after] by the host.
"""


@attrs.frozen(kw_only=True)
class FillModel:
    """How a resting order moves up its queue. Compiled with numba: scalars in, a scalar out."""

    on_print: PrintRule
    on_depth: DepthRule
    parameters: tuple[float, float] = (0.0, 0.0)
    """Handed to both rules as p0 and p1."""
    draws: bool = False
    """True if ``on_print`` uses its draw, so that a fill's rule is ``model_draw``."""
    fills_when_crossed: bool = False
    """True if the other side's best price reaching ours fills us, by what is displayed there."""


def _no_latency() -> npt.NDArray[np.float64]:
    return np.zeros((1, 2))


@attrs.frozen(kw_only=True)
class LatencyModel:
    """How long orders and reports travel.

    latency = (table at the time of leaving + multiple * feed latency) * exp(jitter * z), z a
    standard normal draw of the message's own; messages of a connection never overtake each other.
    """

    entry: npt.NDArray[np.float64] = attrs.field(factory=_no_latency, eq=False)
    """From our decision to the venue: shape (n, 2), n >= 1, float64: times [µs, ours], ascending,
    and latencies [µs]; linear between, constant beyond the ends."""
    response: npt.NDArray[np.float64] = attrs.field(factory=_no_latency, eq=False)
    """From the venue to us: the same, by the venue's times."""
    entry_multiple: float = 0.0
    """Of the latest measured feed latency, ``ts_local - ts_exchange``."""
    response_multiple: float = 0.0
    jitter: float = 0.0
    """Standard deviation of the logarithm of a latency."""


class FeeModel(Protocol):
    """What a fill costs."""

    def fee(self, *, maker: bool, value: float, contracts: float, traded: float) -> float:
        """Give the fee of one fill; negative = rebate.

        Args:
            maker: False if the fill took.
            value: of the fill [settlement currency], positive.
            contracts: filled, positive.
            traded: value of the run's earlier fills [settlement currency].

        Returns:
            Settlement currency.
        """
        ...


Status: TypeAlias = Literal["complete", "complete_with_defects", "interrupted", "failed"]
"""``complete_with_defects``: whole, but on data with more defects than their limits allow."""


class Sink(Protocol):
    """Takes the run's tables as they grow."""

    def write(self, table: str, rows: Rows) -> None:
        """Take more rows of a table; may be called with none.

        Tables: ``orders`` (ORDER), ``reports`` (REPORT), ``trades`` (EXECUTION), ``positions``
        (POSITION), ``decisions`` (DECISION), ``candles`` (CANDLE). How rows are cut into calls
        means nothing.
        """
        ...

    def close(self, status: Status) -> None:
        """Finish. Called once, also after a failure, when everything that will come has come."""
        ...


class FlushingSink(Sink, Protocol):
    """What a sink may also be: one that holds rows back, and can be told not to.

    A full disk does not end a live run: where ``write`` or ``flush`` raises an ``OSError``, or an
    ``MMError`` from one, the rows handed over count as taken. They are not given again; ``flush``
    is called again until it succeeds, and only then do more rows come.
    """

    def flush(self) -> None:
        """Let everybody see what came so far. Called about once a second while rows come."""
        ...


class HashingSink(Sink, Protocol):
    """What a sink may also be: one whose rows make the run's digest where ``csv`` is left out."""

    def hashes(self) -> Mapping[str, str]:
        """Give the sha256 of each CSV file (by name) that ``csv`` would have written.

        Called once, after ``close``.
        """
        ...


@attrs.frozen(kw_only=True)
class Output:
    """Where a sink writes, and how."""

    directory: Path
    """The run's own; it exists."""
    metadata: Mapping[str, str] = attrs.field(factory=dict)
    """What a file may say of the run that it is of: ``version`` of mm, ``config_digest`` (as in the
    summary). Nothing of when and where."""
