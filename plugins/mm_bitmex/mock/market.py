"""The market as the exchange tells it: steps of data in, messages of its tables out.

    steps ──► Market.advance() ──Message──► sessions
                │
                └── true book, touch, last trade, mark: partials at any moment, for any client

Times in the data pace the play; what clients are shown goes through ``feed.shown``, which
the server sets, so that old data can be played as if it were now. Pure: it knows no client, no
socket and no clock. A message of a book has one action; a taker order is one message of trades.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Final

import attrs

from mm.api import DataError
from mm_bitmex.mock.contract import Contract
from mm_bitmex.mock.feed import Message, MessageFeed
from mm_bitmex.mock.ground_truth import Change, Numbers, TruthBook, Window
from mm_bitmex.mock.rows import level_of, sides_of
from mm_bitmex.mock.source import QUOTES, TICKER, TRADES, Row, Step, Steps
from mm_bitmex.mock.ticker import Ticker
from mm_bitmex.mock.wire import Wire, iso

_NEVER: Final = 1 << 62
MARK_EVERY_US: Final = 1_000_000
# orderBookL2_25 and orderBook10 are throttled; how much is not documented.
THROTTLE_US: Final = 100_000
LOOP_PAUSE_US: Final = 1_000_000  # between the end of the data and their new start


class Market:
    """One contract's market, played from its data.

    Args:
        steps: opens the data.
        contract: what is traded.
        wire: the year whose message forms are spoken.
        quote_batch_us: ``quote`` is sent that often, all touches since then at once (seen in 2021:
            1 s); 0 = at once; None = as was usual in that year.
        loop: start again at the end, with the whole of the data, moved in time so that all times go
            on ascending.
        start_us: µs, data time to start at; what comes before is in the book, and not played.

    Raises:
        DataError: from here and from ``advance``, if the data cannot be used.
    """

    def __init__(
        self,
        steps: Steps,
        contract: Contract,
        wire: Wire,
        *,
        quote_batch_us: int | None = None,
        loop: bool = False,
        start_us: int = 0,
    ) -> None:
        self.on_loop: Callable[[], None] = lambda: None
        """Called when the data have ended and start again; the command sets it."""
        self.contract, self.wire = contract, wire
        self.feed = MessageFeed(contract, wire)
        self.book = TruthBook(contract.derived_id if wire.is_2021 else Numbers())
        self.ticker = Ticker(contract)
        self._batch_us = quote_batch_us
        if quote_batch_us is None:
            self._batch_us = 1_000_000 if wire.is_2021 else 0
        self._open, self._loop = steps, loop
        self._offset_us = self._last_us = 0
        self._windows: dict[str, Window] = {}
        self._quotes: list[str] = []
        self._last_trade: str | None = None
        self._quotes_at = self._window_at = _NEVER
        self._steps, first = self._begin()
        self._first_us = first.local_us
        self._load(first)
        self._quoted_us = self._time(first.rows[-1][0])
        self._step = next(self._steps, None)
        self._skip_to(start_us)
        self.origin_us = max(self._first_us, start_us)
        """µs, data time at which the play starts: of the first book, unless told otherwise."""
        self._touch = self.book.touch()
        self._mark_at = self.origin_us + MARK_EVERY_US
        self.ticker.follow(self._touch, self.origin_us)

    @property
    def due_us(self) -> int | None:
        """Data time [µs] of what comes next; None at the end."""
        if self._step is None:
            return None
        return min(self._step.local_us, self._mark_at, self._quotes_at, self._window_at)

    def advance(self) -> list[Message]:
        """Do what comes next and return what it makes the exchange say."""
        step = self._step
        assert step is not None
        at = min(step.local_us, self._mark_at, self._quotes_at, self._window_at)
        if at == self._mark_at:
            self._mark_at += MARK_EVERY_US
            return self._mark(self.feed.shown(at))
        if at == self._quotes_at:
            return self._flush_quotes()
        if at == self._window_at:
            return self._flush_windows(at)
        found = self._take(step)
        self._last_us = step.local_us
        self._step = self._fetch()
        if self._step is None:
            found += self._flush_quotes() + self._flush_windows(at)
        return found

    def partial(self, table: str, symbol: str, *, empty: bool = False) -> Message:
        """A table's present state, for one client; ``symbol`` as it stands in the topic."""
        rows = [] if empty else self._state(table)
        text = self.wire.partial(table, symbol, rows)
        return Message(text, table, self.contract.symbol, "partial")

    def instrument(self) -> str:
        """The contract's row, as REST answers it."""
        now_us = self.feed.shown(self.now_us)
        return self.wire.row(self.ticker.instrument(self._touch, now_us))

    @property
    def now_us(self) -> int:
        """Data time [µs] of the last step."""
        return self._last_us or self.origin_us

    def _state(self, table: str) -> list[str]:
        now = iso(self.feed.shown(self.now_us))
        if table == "orderBookL2":
            return self.feed.levels("insert", self.book.levels(), now)
        if table == "orderBookL2_25":
            return self.feed.levels("insert", self._window(table).levels(), now)
        if table == "orderBook10":
            return [self.feed.ten(self._window(table).levels(), self.now_us)]
        if table == "instrument":
            return [self.instrument()]
        rows = {
            "quote": self.feed.quote(self._touch, self._quoted_us),
            "trade": self._last_trade,
            "funding": self.wire.row(self.ticker.paid) if self.ticker.paid else None,
        }
        row = rows.get(table)
        return [row] if row is not None else []

    def _window(self, table: str) -> Window:
        """The window of a throttled table; it is followed from when it is first asked for."""
        if table not in self._windows:
            window = self._windows[table] = Window(25 if table == "orderBookL2_25" else 10)
            window.changes(self.book)
        return self._windows[table]

    def _begin(self) -> tuple[Iterator[Step], Step]:
        """Open the data; return the stream and its first book. What comes before is left out."""
        steps = map(self._moved, self._open())
        for step in steps:
            if step.kind == QUOTES or step.snapshot:
                return steps, step
        raise DataError(
            f"{self.contract.symbol}: the data hold no book snapshot and no quote, expected one "
            f"to start from; name a directory with an incremental_book_L2 or quotes file"
        )

    def _skip_to(self, start_us: int) -> None:
        """Let what comes before ``start_us`` have happened, unsaid: nobody is shown its times."""
        at = self._first_us
        while self._step is not None and self._step.local_us < start_us:
            step, at = self._step, self._step.local_us
            if step.kind == TRADES:
                for row in step.rows:
                    self.ticker.trade(level_of(row)[1])
            elif step.kind == TICKER:
                self.ticker.given = True
                _, mark, rate, _ = step.rows[-1]
                self.ticker.tell(
                    float(mark) if mark else None, float(rate) if rate else None, 0, at
                )
            else:
                self._load(step)
                self._quoted_us = self._time(step.rows[-1][0])
            self._step = next(self._steps, None)
        if self._step is None and start_us > at:
            raise DataError(
                f"{self.contract.symbol}: the data end at {iso(at)}, expected them to go on after "
                f"{iso(start_us)}, where to start; name an earlier moment"
            )

    def _moved(self, step: Step) -> Step:
        if self._offset_us == 0:  # as long as the data are played for the first time
            return step
        return attrs.evolve(step, local_us=step.local_us + self._offset_us)

    def _fetch(self) -> Step | None:
        step = next(self._steps, None)
        if step is None and self._loop:
            self.on_loop()
            self._offset_us = self._last_us + LOOP_PAUSE_US - self._first_us
            self._steps, step = self._begin()
        return step

    def _time(self, text: str) -> int:
        return int(text) + self._offset_us

    def _take(self, step: Step) -> list[Message]:
        if step.kind == TRADES:
            return self._trades(step.rows)
        if step.kind == TICKER:
            return self._tickers(step.rows)
        return self._book_messages(self._load(step), self._time(step.rows[-1][0]), step.local_us)

    def _load(self, step: Step) -> list[Change]:
        """Bring the ground truth book up to date."""
        time_us = self._time(step.rows[-1][0])
        if step.kind == QUOTES:
            return [
                change for row in step.rows for change in self.book.become(sides_of(row), time_us)
            ]
        if step.snapshot:
            return self.book.become([level_of(row) for row in step.rows], time_us)
        changes = [self.book.put(*level_of(row), self._time(row[0])) for row in step.rows]
        return [change for change in changes if change is not None]

    def _book_messages(self, changes: list[Change], time_us: int, at: int) -> list[Message]:
        found = []
        for action, group in groupby(changes, key=lambda change: change[0]):
            rows = self.feed.levels(action, [level for _, level in group], None)
            found.append(self.feed.say("orderBookL2", action, rows))
        if changes and self._windows and self._window_at == _NEVER:
            self._window_at = at + THROTTLE_US
        touch = self.book.touch()
        if touch != self._touch:
            self._touch = touch
            self._quoted_us = time_us
            self._quotes.append(self.feed.quote(touch, time_us))
            if not self._batch_us:
                found += self._flush_quotes()
            elif self._quotes_at == _NEVER:
                self._quotes_at = at + self._batch_us
        return found

    def _flush_quotes(self) -> list[Message]:
        rows, self._quotes, self._quotes_at = self._quotes, [], _NEVER
        return [self.feed.say("quote", "insert", rows)] if rows else []

    def _flush_windows(self, at: int) -> list[Message]:
        self._window_at = _NEVER
        found, stamp = [], iso(self.feed.shown(at))
        for table, window in sorted(self._windows.items()):
            changes = window.changes(self.book)
            if table == "orderBook10":
                if changes:
                    found.append(
                        self.feed.say(table, "update", [self.feed.ten(window.levels(), at)])
                    )
                continue
            for action, group in groupby(changes, key=lambda change: change[0]):
                rows = self.feed.levels(action, [level for _, level in group], stamp)
                found.append(self.feed.say(table, action, rows))
        return found

    def _mark(self, now_us: int) -> list[Message]:
        found = []
        payment = self.ticker.pay(now_us)
        if payment is not None:
            paid, update = payment
            found.append(self.feed.say("funding", "insert", [self.wire.row(paid)]))
            found.append(self.feed.say("instrument", "update", [self.wire.row(update)]))
        follow = self.ticker.follow(self._touch, now_us)
        if follow is not None:
            found.append(self.feed.say("instrument", "update", [self.wire.row(follow)]))
        return found

    def _tickers(self, rows: Iterable[Row]) -> list[Message]:
        found = []
        self.ticker.given = True
        for time, mark, rate, funding in rows:
            update = self.ticker.tell(
                float(mark) if mark else None,
                float(rate) if rate else None,
                self.feed.shown(self._time(funding)) if funding else 0,
                self.feed.shown(self._time(time)),
            )
            if update is not None:
                found.append(self.feed.say("instrument", "update", [self.wire.row(update)]))
        return found

    def _trades(self, rows: Iterable[Row]) -> list[Message]:
        found = []
        for _, order in groupby(rows, key=lambda row: (row[0], row[1])):
            texts = [self._trade(row) for row in order]
            self._last_trade = texts[-1]
            found.append(self.feed.say("trade", "insert", texts))
        return found

    def _trade(self, row: Row) -> str:
        side, price, size = level_of(row)
        direction, name = self.ticker.trade(price), "".join(row[4:])
        return self.feed.trade(self._time(row[0]), side, price, size, direction, name)
