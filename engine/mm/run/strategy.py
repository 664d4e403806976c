"""Strategy task: decides rows on the account as known, in blocks as long as that lasts.

The loop with the venue is closed here. Each block says when the next one can come at the earliest
(its horizon); the venue answers for all time up to there, or up to the first decision that was
made on an account that had changed by then. The rest of the block is decided again. So each
side always owes the other exactly one message, and no capacity can deadlock them.

Where news of our own wake the strategy, the account says so: then the last row of that instrument
is decided once more, with the time and the touch of the news, before time moves on.

A strategy is only asked with an account that is known up to its first row's time. So a row that
is decided alone is decided once, and a strategy that answers one row at a time may have a memory.
"""

import numpy as np
import numpy.typing as npt

from mm.api import (
    CANCEL_ALL,
    DECISION,
    MOST_ORDER,
    NEW,
    ORDER,
    TOUCH_FIELDS,
    Account,
    Decisions,
    Features,
    OrderBlock,
    PluginError,
    Rows,
    Strategy,
)
from mm.blame import blame
from mm.core.waking import bring_up
from mm.run.channels import Inlet, Outlet


class BlockMaker:
    """Cuts decision rows into blocks, has each decided, and goes on from what stands of it."""

    def __init__(
        self,
        strategy: Strategy,
        name: str,
        account: Account,
        longest_block: int,
        *,
        half_ticks: npt.NDArray[np.float64] | None = None,
    ) -> None:
        """Start with ``account``.

        Args:
            strategy: what decides.
            name: who that is, for the blame.
            account: as it is before anything happened.
            longest_block: most decisions in a block; any number gives the same results.
            half_ticks: of the instruments, where news of our own wake it; see ``mm.api``.
        """
        self._strategy = strategy
        self._name = name
        self._account = account
        self._longest = longest_block
        self._length = 1
        self._asked = 0
        self._start = 0
        self._watermark = -1
        self._rows: Rows = np.zeros(0, TOUCH_FIELDS)
        self._times = np.zeros(0, np.int64)
        self._half_ticks = half_ticks
        self._last: dict[int, Rows] = {}  # instrument -> its last row of earlier messages
        self._woken: list[Rows] = []  # rows to decide before time moves on, one each

    def take(self, message: Features) -> None:
        """Take the next rows; those before have all been decided."""
        if self._half_ticks is not None and len(self._rows):
            for instrument in np.unique(self._rows["instrument"]).tolist():
                self._last[instrument] = self._last_row(instrument, len(self._rows))
        self._rows = observe(self._strategy, message, self._name)
        self._times = np.ascontiguousarray(self._rows["ts"])
        self._watermark = message.watermark
        self._start = 0

    def next_block(self) -> OrderBlock | None:
        """Decide what comes next; None = all rows are, and time is at the watermark."""
        times, start, account = self._times, self._start, self._account
        self._asked = 0
        if self._woken:
            row = self._woken.pop(0)
            decisions = _decide(self._strategy, row, account, self._name)
            # Time does not move on: there may be more news of this time.
            return OrderBlock(
                times=np.ascontiguousarray(row["ts"]),
                decisions=decisions,
                horizon=account.up_to,
                account=account,
            )
        if start == len(times):
            past = account.up_to >= self._watermark
            return None if past else _nothing(self._watermark, account)
        if account.up_to < times[start]:
            return _nothing(int(times[start]), account)
        wanted = self._rows[start : _end(times, start, self._length, self._longest)]
        decisions = _decide(self._strategy, wanted, account, self._name)
        self._asked = len(wanted)
        after = start + len(decisions.trace)
        return OrderBlock(
            times=times[start:after],
            decisions=decisions,
            horizon=int(times[after]) if after < len(times) else self._watermark,
            account=account,
        )

    def hear(self, account: Account) -> None:
        """Take the account at the end of the block: once for each."""
        self._account = account
        if self._asked:
            self._start += account.committed
            whole = account.committed == self._asked
            longer = min(2 * self._length, self._longest)
            self._length = longer if whole else max(1, account.committed)
        for n in range(len(account.woken)):
            self._wake(account.woken[n : n + 1])

    def _wake(self, touch: Rows) -> None:
        """Decide an instrument's last row anew, unless it has none, or one at this time."""
        instrument, start = int(touch["instrument"][0]), self._start
        end = int(np.searchsorted(self._times, touch["ts"][0], side="right"))
        if instrument in self._rows["instrument"][start:end]:
            return
        assert self._half_ticks is not None  # else the venue wakes nobody
        row = self._last_row(instrument, start).copy()
        if len(row):
            bring_up(row, touch, self._half_ticks)
            self._woken.append(row)

    def _last_row(self, instrument: int, end: int) -> Rows:
        """The last row of an instrument, shape (1,), of those before ``end``; (0,) = none yet."""
        mine = np.flatnonzero(self._rows["instrument"][:end] == instrument)
        if len(mine):
            return self._rows[mine[-1] : mine[-1] + 1]
        return self._last.get(instrument, self._rows[:0])


async def decide(
    features: Inlet[Features],
    accounts: Inlet[Account],
    out: Outlet[OrderBlock],
    *,
    maker: BlockMaker,
) -> None:
    """Decide every row of ``features``. Owns all its ends.

    Args:
        features: decision rows from the transformer.
        accounts: one for each block sent.
        out: to the venue.
        maker: of the blocks.
    """
    with features, accounts, out:
        async for message in features:
            maker.take(message)
            while (block := maker.next_block()) is not None:
                await out.send(block)
                maker.hear(await accounts.receive())


def _end(times: npt.NDArray[np.int64], start: int, length: int, longest: int) -> int:
    """Where a block of about ``length`` rows ends: not among the rows of its first time.

    Nothing comes between those, so they cost one round trip together: one a step, where many
    instruments are decided on at the same times.
    """
    together = int(np.searchsorted(times, times[start], side="right"))
    return min(max(start + length, together), start + longest)


def _decide(strategy: Strategy, rows: Rows, account: Account, owner: str) -> Decisions:
    """Ask the strategy; stamp its orders with their decision times."""
    with blame(owner, int(rows["ts"][0])):
        decisions = strategy.decide(rows, account)
        check_answer(decisions, len(rows), len(account.position), owner)
        decisions.orders["ts"] = rows["ts"][decisions.orders["decision"]]
    return decisions


def _nothing(horizon: int, account: Account) -> OrderBlock:
    """Nothing is decided before ``horizon``: let the venue go on."""
    return OrderBlock(
        times=np.zeros(0, np.int64),
        decisions=Decisions(orders=np.zeros(0, ORDER), trace=np.zeros(0, DECISION)),
        horizon=horizon,
        account=account,
    )


def observe(strategy: Strategy, message: Features, owner: str) -> Rows:
    """Show the strategy the rows of a message, once; return what it decides on."""
    given = message.rows
    with blame(owner, message.watermark):
        rows = strategy.observe(given)
    if len(rows) != len(given) or np.any(rows["ts"] != given["ts"]):
        raise PluginError(f"{owner}: observe() must give one row for each row, with its ts")
    return rows


def check_answer(decisions: Decisions, rows: int, instruments: int, owner: str) -> None:
    """Hold a strategy to the contract of Decisions; the compiled venue relies on it.

    Raises:
        PluginError: naming ``owner``.
    """
    orders, trace = decisions.orders, decisions.trace
    if orders.dtype != ORDER or trace.dtype != DECISION:
        raise PluginError(f"{owner}: decide() must give ORDER and DECISION arrays")
    decided = len(trace)
    if not 1 <= decided <= rows:
        raise PluginError(f"{owner}: decide() gave {decided} trace rows for {rows} rows")
    if not len(orders):
        return
    at = orders["decision"]
    if len(at) and (at[0] < 0 or at[-1] >= decided or np.any(np.diff(at) < 0)):
        raise PluginError(f"{owner}: order column 'decision' must ascend within 0..{decided - 1}")
    if np.any((orders["instrument"] < 0) | (orders["instrument"] >= instruments)):
        raise PluginError(
            f"{owner}: order column 'instrument' must lie within 0..{instruments - 1}"
        )
    if np.any((orders["action"] < NEW) | (orders["action"] > CANCEL_ALL)):
        raise PluginError(
            f"{owner}: order column 'action' must be NEW, REPLACE, CANCEL or CANCEL_ALL"
        )
    if len(orders):
        # client_id, price and size, side by side: one pass over the three. What lies within the
        # bounds comes to at most twice the bound; what does not wraps around to more.
        numbers = orders.view(np.uint64).reshape(len(orders), -1)[:, 2:5]
        if int((numbers + np.uint64(MOST_ORDER)).max()) > 2 * MOST_ORDER:
            raise PluginError(
                f"{owner}: order columns 'client_id', 'price' and 'size' must lie within"
                f" +-{MOST_ORDER:.1e}"
            )
