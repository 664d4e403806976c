"""Why each side stood, or did not: every decision's reason by side, and how long each has lasted.

What a decision says holds until the next one on that instrument. Reasons are read off what
decisions and our risk gate record anyway. It counts what was wanted, not what rested: latency and
the exchange's own rejections are in the order events. It knows no words for people; ``why`` does.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from mm.api import (
    BELOW_ZERO,
    BUY,
    CLAMP_NAMES,
    MAX_POSITION,
    NO_MODEL,
    ONE_SIDED,
    PASSIVE,
    REASON_NAMES,
    REJECTED,
    REPORT,
    RISK_ORDER_SIZE,
    RISK_STALE,
    ExecutionReport,
    Rows,
)

REASONS: Final = (
    "quoting",
    "held_back",  # quoting, at the touch: the model's price would have taken
    "warming_up",  # no decision yet, or none yet on a model
    "no_model",  # an input is missing that was there before
    "no_book",  # the market shows no side: not trusted, halted or not there
    "one_sided",
    "max_position",  # the strategy's own
    "below_zero",
    "not_wanted",  # the strategy wants none, and gives no reason
    *REASON_NAMES[RISK_ORDER_SIZE : RISK_STALE + 1],  # refused by our risk gate
)
"""What a side can be, by code; at each time it is one of them."""

_QUOTING, _HELD_BACK, _WARMING_UP, _NO_MODEL, _NO_BOOK, _ONE_SIDED = range(6)
_MAX_POSITION, _BELOW_ZERO, _NOT_WANTED, _REFUSED = range(6, 10)

# What no quote means, by its clamp; a passive price is a quote unless it is below zero.
_WITHDRAWN: Final = np.full(len(CLAMP_NAMES), _NOT_WANTED)
_WITHDRAWN[[PASSIVE, MAX_POSITION, NO_MODEL, ONE_SIDED, BELOW_ZERO]] = (
    _NOT_WANTED, _MAX_POSITION, _NO_MODEL, _ONE_SIDED, _BELOW_ZERO,
)  # fmt: skip


_FIRST_RISK: Final = int(RISK_ORDER_SIZE)
_NONE: Final[Rows] = np.zeros(0, REPORT)


class Reasons:
    """Follows the decisions of all instruments; the same however they are cut into reports."""

    def __init__(self, instruments: int) -> None:
        """Start with no decision made."""
        self.latest: list[np.void | None] = [None] * instruments
        """The last decision on each instrument, dtype DECISION."""
        self._codes = np.full((instruments, 2), _WARMING_UP)
        self._lasted = np.zeros((instruments, 2, len(REASONS)), np.int64)  # µs
        self._first = np.full(instruments, -1, np.int64)  # µs, each one's first decision
        self._has_model = np.zeros(instruments, np.bool_)

    def take(self, report: ExecutionReport) -> None:
        """Take what was decided, and what our risk gate refused of it."""
        trace, count = report.trace, len(self.latest)
        if not len(trace):
            return
        refused = _refused(report.reports) if len(report.reports) else _NONE
        for index in range(count):
            rows = trace if count == 1 else trace[trace["instrument"] == index]
            if len(rows):
                self._decided(index, rows, refused)

    def code(self, instrument: int, side: int) -> str:
        """The reason that holds now; a name of ``REASONS``."""
        return REASONS[int(self._codes[instrument, 0 if side == BUY else 1])]

    def shares(
        self, first_ts: int, last_ts: int, instrument: int | None = None
    ) -> dict[str, dict[str, float]]:
        """Shares of the time from ``first_ts`` to ``last_ts`` [µs] by side and reason.

        They add up to 1; a reason that never held is left out, and all are where no time passed.
        Of one instrument, or of all: then the time of each counts.
        """
        lasted = self._lasted.copy()
        for index, latest in enumerate(self.latest):
            until = last_ts if latest is None else self._first[index]
            lasted[index, :, _WARMING_UP] += max(int(until) - first_ts, 0)
            if latest is not None:
                lasted[index, [0, 1], self._codes[index]] += max(last_ts - int(latest["ts"]), 0)
        chosen = slice(None) if instrument is None else [instrument]
        return {
            side: {
                name: int(us) / int(sums.sum())
                for name, us in zip(REASONS, sums, strict=True)
                if us
            }
            for side, sums in zip(("bid", "ask"), lasted[chosen].sum(axis=0), strict=True)
        }

    def _decided(self, index: int, rows: Rows, refused: Rows) -> None:
        """Take decisions on one instrument, at least one."""
        codes = self._read(index, rows)
        for one in refused[refused["instrument"] == index] if len(refused) else _NONE:
            column = 0 if one["side"] == BUY else 1
            codes[rows["ts"] == one["ts_decided"], column] = _REFUSED + one["reason"] - _FIRST_RISK
        before = self.latest[index]
        if before is None:
            self._first[index] = rows["ts"][0]
        else:
            self._lasted[index, [0, 1], self._codes[index]] += rows["ts"][0] - before["ts"]
        if len(rows) > 1:
            lasts = np.diff(rows["ts"])
            for column in range(2):
                # As floats, in which whole µs of a few years are exact.
                sums = np.bincount(codes[:-1, column], weights=lasts, minlength=len(REASONS))
                self._lasted[index, column] += sums.astype(np.int64)
        self._codes[index] = codes[-1]
        self.latest[index] = rows[-1].copy()

    def _read(self, index: int, rows: Rows) -> npt.NDArray[np.int64]:
        """Give the reasons of decisions by side, shape (n, 2), without refusals."""
        codes = np.empty((len(rows), 2), np.int64)
        whole = (rows["bid"] > 0) & (rows["ask"] > 0)
        empty = (rows["bid"] <= 0) & (rows["ask"] <= 0)
        had_model = self._has_model[index]
        modelled = whole & ((rows["bid_clamp"] != NO_MODEL) | (rows["ask_clamp"] != NO_MODEL))
        has_model = np.logical_or.accumulate(modelled) | had_model
        self._has_model[index] = has_model[-1]
        for column, side in enumerate(("bid", "ask")):
            clamp = rows[f"{side}_clamp"]
            found = _WITHDRAWN[clamp]
            found[(found == _NO_MODEL) & ~has_model] = _WARMING_UP
            found[empty] = _NO_BOOK
            quoted = rows[f"quote_{side}"] > 0
            codes[:, column] = np.where(
                quoted, np.where(clamp == PASSIVE, _HELD_BACK, _QUOTING), found
            )
        return codes


def _refused(reports: Rows) -> Rows:
    """Those of ``reports`` (dtype REPORT) that our own risk gate made of an order."""
    reason = reports["reason"]
    ours = (reason >= RISK_ORDER_SIZE) & (reason <= RISK_STALE)
    found: Rows = reports[(reports["kind"] == REJECTED) & ours]
    return found
