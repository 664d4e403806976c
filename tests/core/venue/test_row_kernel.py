"""``on_row`` compiled: the same source inside the venue's kernel and in plain Python, alike."""

import gc
import inspect
import re
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import (
    BUY,
    FOK,
    IOC,
    SELL,
    TOUCH_FIELDS,
    ExecutionReport,
    Rows,
    RowStrategy,
)
from mm.api.row_kernel import state_of
from mm.core.depth import depth_fields
from mm.core.venue import ClosedLoop
from mm.core.venue.closed_loop import _caught
from mm.core.venue.decider import CURSOR

from .replay import Knowledge, batches, decided_asked, decided_inside, decided_outside, real_venue
from .strategies import sessions
from .tapes import Decision, Session
from .test_closed_loop import told

ROWS = np.dtype([*TOUCH_FIELDS, ("mid", "f8"), ("number", "i8"), *depth_fields(2)], align=True)


class Moody(RowStrategy, compiled=True):
    """Does all that the pad can, as its numbers and all that it is told of the account have it."""

    orders_per_row = 12

    def __init__(self) -> None:
        self.luck = 12345
        self.mean = 0.5
        self.was_long = False
        self.window = np.zeros(3)
        self.counts = [0, 0]
        self.last = 0
        self.name = "not a number"

    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        heard = account.next_client_id
        for i in range(len(account.position)):
            heard = (heard * 31 + account.position[i]) % 1000003
        for n in range(2):
            heard += 3 * row["bids"][n] + 5 * row["ask_sizes"][n] + row["asks"][n]
        for order in account.working:
            heard = (heard * 31 + order["client_id"] + 3 * order["price"]) % 1000003
            heard = (heard + 5 * order["size"] + 7 * order["filled"]) % 1000003
            heard = (heard + 11 * order["side"] + 13 * order["cancelling"]) % 1000003
        self.luck = ((self.luck + heard) * 1103515245 + 12345 + row["number"]) % 2147483648
        self.mean = 0.75 * self.mean + 0.25 * row["mid"]
        self.window[row["number"] % 3] = self.mean
        self.counts[1 if self.was_long else 0] += 1
        self.was_long = account.position[row["instrument"]] > 0
        side = BUY if self.luck // 8 % 2 else SELL
        price = 95 + self.luck // 16 % 11
        size = 1 + self.luck // 256 % 5
        choice = self.luck // 4096 % 9
        if choice == 0:
            self.last = orders.limit(side, price, size)
        elif choice == 1:
            self.last = orders.limit(side, price, size, post_only=True)
            orders.limit(-side, price + 3, size, tif=IOC)
        elif choice == 2:
            orders.market(side, size)
            orders.limit(side, price, size, tif=FOK)
        elif choice == 3:
            orders.replace(self.last, price, size, post_only=self.was_long)
        elif choice == 4:
            orders.cancel(self.last)
        elif choice == 5 and self.counts[0] % 3 == 0:
            orders.cancel_all()
        elif choice < 8:
            orders.quote(BUY, price, size if self.window[0] < self.window[1] else 0)
            orders.quote(SELL, price + 2, size)


def rows_of(session: Session) -> Rows:
    """The session's decision times, each with a touch and an instrument."""
    rows = np.zeros(len(session.decisions), ROWS)
    rows["ts"] = [decision.ts for decision in session.decisions]
    rows["number"] = np.arange(len(rows))
    rows["instrument"] = rows["number"] % session.instruments
    rows["bid"], rows["ask"] = 99, 101
    rows["bid_size"], rows["ask_size"] = rows["number"] % 3, rows["number"] % 4
    rows["mid"] = 100 + np.sin(rows["number"])
    rows["bids"], rows["asks"] = (99, 98), (101, 0)
    return rows


def outside(session: Session, strategy: RowStrategy) -> list[ExecutionReport]:
    """Ask in Python, a row at a time."""
    return decided_outside(session, rows_of(session), 1, strategy.decide)


def inside(
    session: Session, strategy: RowStrategy, cuts: Sequence[bool], longest: int = 256
) -> list[ExecutionReport]:
    """Let the venue's kernel ask."""
    rows = rows_of(session)
    form = strategy.compiled(rows.dtype)
    assert form is not None
    return decided_inside(session, form, rows, longest, cuts)


@settings(max_examples=100)
@given(sessions(), st.lists(st.booleans(), max_size=4), st.booleans())
def test_compiled_and_in_python_it_does_the_same(
    session: Session, cuts: list[bool], wakes: bool
) -> None:
    limits = attrs.evolve(session.limits, loss=0.0)
    session = attrs.evolve(session, limits=limits, wakes=wakes, depth=2)
    count = session.instruments
    expected = told(outside(session, Moody()), count)
    assert told(inside(session, Moody(), cuts), count) == expected
    asked = decided_asked(session, rows_of(session), cuts, Moody().decide)
    assert told(asked, count) == expected


def test_the_trial_above_sends_orders_of_every_kind() -> None:
    """Were none sent, it would hold whatever the pad did."""
    orders = np.concatenate([one.orders for one in outside(busy(), Moody())])
    assert set(orders["action"]) == {0, 1, 2, 3}
    assert set(orders["type"]) == {0, 1}
    assert set(orders["tif"]) == {0, 1, 2}


def busy() -> Session:
    decisions = tuple(Decision(ts=n + 1, choices=((),)) for n in range(300))
    return Session(tape=(), decisions=decisions)


class Empty(RowStrategy, compiled=True):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        pass


def test_numbers_on_self_become_a_record_and_all_else_is_left_out() -> None:
    class Base(Empty):
        level = 2.5
        shared = 1

    class Some(Base):
        shared = 7

        def __init__(self) -> None:
            self.count = 3
            self.on = True
            self.small = np.float32(0.5)
            self.many = [1, 2, 3]
            self.mixed = (1, 2.5)
            self.empty: list[int] = []
            self.text, self.nothing, self.table = "x", None, {"x": 1}

    state = state_of(Some())
    kinds = {name: state.dtype[name] for name in ("level", "shared", "count", "on", "small")}
    assert [kind.str for kind in kinds.values()] == ["<f8", "<i8", "<i8", "|b1", "<f8"]
    assert state[0]["shared"] == 7
    assert state[0]["many"].tolist() == [1, 2, 3]
    assert state[0]["mixed"].tolist() == [1.0, 2.5]
    assert not {"empty", "text", "nothing", "table"} & set(state.dtype.names or ())
    assert state_of(Empty()).dtype.names == ("nothing",)


class Faulty(Empty):
    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self.text = "x"


class Narrows(Faulty):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        self.count = row["mid"]  # wrong


class AsksMoney(Faulty):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        self.mean = account.cash  # wrong


class Misspells(Faulty):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        self.mean = prce  # type: ignore[name-defined]  # noqa: F821  # wrong


class LacksColumn(Faulty):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        self.mean = row["sigma"]  # wrong


class LacksNumber(Faulty):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        if self.text == "x":  # wrong
            self.mean = 1.0


class Forgets(Faulty):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        orders.quote(BUY, row["bid"])  # wrong


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (
            Narrows,
            "self.count begins as a whole number and is given a fraction; begin with a float",
        ),
        (
            AsksMoney,
            "Unknown attribute 'cash' of type Account (compiled, it has position, working ",
        ),
        (Misspells, "NameError: name 'prce' is not defined"),
        (LacksColumn, "Field 'sigma' was not found in record with fields ('ts', 'bid',"),
        (LacksNumber, "self.text is not among the numbers that __init__ left on self: "),
        (Forgets, "missing a required argument: 'size'"),
    ],
)
def test_what_cannot_be_compiled_is_told_with_its_line(
    kind: type[RowStrategy], reason: str
) -> None:
    lines, first = inspect.getsourcelines(kind)
    line = first + next(n for n, text in enumerate(lines) if "# wrong" in text)
    with pytest.raises(ValueError, match=re.escape(f"{__file__}:{line}: {reason}")):
        kind().compiled(ROWS)


class DividesByZero(Faulty):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        orders.quote(BUY, row["bid"], 1)
        self.count += 1
        if self.count == 4:
            self.mean = 1 / (self.count - 4)


class ReachesOut(Faulty):
    def __init__(self) -> None:
        self.count = 0
        self.window = [0, 0, 0]

    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        orders.quote(BUY, row["bid"], 1)
        self.window[self.count] = 1
        self.count += 1


@pytest.mark.parametrize(
    ("kind", "error"), [(DividesByZero, ZeroDivisionError), (ReachesOut, IndexError)]
)
def test_what_on_row_raises_ends_the_run_after_the_rows_before_it(
    kind: type[RowStrategy], error: type[Exception]
) -> None:
    session = busy()
    form = kind().compiled(ROWS)
    assert form is not None
    loop = ClosedLoop(real_venue(session), form, Knowledge(1).account(-1), 256)
    (batch,) = batches(())
    loop.submit(rows_of(session), batch.watermark)
    assert loop.advance() is None
    loop.venue.load(batch)
    with pytest.raises(error):
        loop.advance()
    done = loop.so_far()
    assert (done.committed, done.trace["ts"].tolist()) == (3, [1, 2, 3])
    assert len(done.orders) == 1


def test_faults_of_others_meanwhile_are_not_laid_to_the_strategy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told_before: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", told_before.append)

    class Bad:
        def __del__(self) -> None:
            raise ValueError("finalizer")

    with _caught(np.zeros(1, CURSOR)[0]) as raised:
        one = Bad()
        del one
        gc.collect()
    assert raised == []
    assert [type(each.exc_value) for each in told_before] == [ValueError]


class Chatty(Empty):
    orders_per_row = 2

    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        for _ in range(3):
            orders.limit(BUY, 90, 1)


def test_more_orders_than_a_row_may_send_are_refused() -> None:
    with pytest.raises(ValueError, match="gave 3 orders for 1 rows"):
        inside(busy(), Chatty(), [])


def test_what_was_compiled_is_kept_for_the_next_process() -> None:
    form, again = Moody().compiled(ROWS), Moody().compiled(ROWS)
    assert form is not None
    assert again is not None
    assert again.keeps[1].cache_hits == 1  # type: ignore[index]


def test_a_class_that_stands_in_no_file_is_compiled_all_the_same() -> None:
    """As one in a notebook."""
    space: dict[str, Any] = {"__name__": "__main__", "RowStrategy": RowStrategy, "BUY": BUY}
    source = (
        "class Cell(RowStrategy, compiled=True):\n"
        "    def on_row(self, row, account, orders):\n"
        "        orders.quote(BUY, row['bid'], 1)\n"
    )
    exec(compile(source, "<cell 1>", "exec"), space)
    reports = inside(busy(), space["Cell"](), [])
    assert sum(len(report.orders) for report in reports) == 1
    space["Cell"].on_row.__code__ = (lambda self, row, account, orders: row.nope).__code__
    with pytest.raises(ValueError, match="nope"):
        space["Cell"]().compiled(ROWS)
