"""The books: fees, funding, marks, margin, and the identity that ties them together."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import (
    ACCEPTED,
    DECISION,
    FILLED,
    FUNDING,
    MARK,
    MICRO_TICKS,
    ORDER,
    QUEUE_REACHED,
    RATE_UNIT,
    REPORT,
    TAKER,
    ContractType,
    DataError,
    ExecutionReport,
    Instrument,
    Rows,
)
from mm.core.ledger import Ledger
from mm.core.position import Margin, MarketBooks

SATOSHI = 1e-8  # XBT


@attrs.frozen
class Share:
    """Fees as a share of value."""

    maker: float = 0.0
    taker: float = 0.0

    def fee(self, *, maker: bool, value: float, contracts: float, traded: float) -> float:
        return (self.maker if maker else self.taker) * value


@attrs.frozen
class Published:
    """Fees as a page prints them, fill by fill."""

    fees: list[float]

    def fee(self, *, maker: bool, value: float, contracts: float, traded: float) -> float:
        return self.fees.pop(0)


@attrs.frozen(kw_only=True)
class Event:
    """A fill, or with ``rate`` a funding; times in µs, prices in ticks."""

    ts: int
    side: int = 1
    price: float = 0
    size: int = 0
    rule: int = QUEUE_REACHED
    rate: float | None = None
    touch: tuple[int, int] = (0, 0)
    mark: float = 0
    instrument: int = 0

    def write(self, row: np.void) -> None:
        row["ts_known"], row["side"], row["instrument"] = self.ts, self.side, self.instrument
        row["bid"], row["ask"] = self.touch
        row["mark"] = round(self.mark * MICRO_TICKS)
        if self.rate is None:
            row["kind"], row["rule"] = FILLED, self.rule
            row["price"], row["size"] = self.price, self.size
        else:
            row["kind"], row["side"] = FUNDING, 0
            row["price"], row["size"] = row["mark"], round(self.rate / RATE_UNIT)


Touch = tuple[int, int, float]
"""(bid, ask, mark price) in ticks; 0 = none."""


def report(
    events: Sequence[Event],
    marks: Sequence[tuple[int, list[Touch]]],
    closing: list[Touch] | None = None,
) -> ExecutionReport:
    """Events, and the touch of every instrument at each decision and at the end."""
    rows = np.zeros(len(events), REPORT)
    for row, event in zip(rows, events, strict=True):
        event.write(row)
    last = closing or (marks[-1][1] if marks else [(0, 0, 0)])
    up_to = max([event.ts for event in events] + [ts for ts, _ in marks], default=0)
    touches = [
        (ts, bid, ask, round(mark * MICRO_TICKS), instrument)
        for ts, row in [*marks, (up_to, last)]
        for instrument, (bid, ask, mark) in enumerate(row)
    ]
    return ExecutionReport(
        up_to=up_to,
        committed=len(marks),
        orders=np.zeros(0, ORDER),
        trace=np.zeros(len(marks), DECISION),
        marks=np.array(touches, MARK),
        reports=rows,
    )


def single(*marks: tuple[int, int, int]) -> list[tuple[int, list[Touch]]]:
    """Marks (ts, bid, ask) of one instrument."""
    return [(ts, [(bid, ask, 0)]) for ts, bid, ask in marks]


def contract(
    contract_type: ContractType = "Linear",
    multiplier: float = 1.0,
    tick: str = "1",
    lot: str = "1",
) -> Instrument:
    return Instrument(
        symbol="X",
        tick_size=Decimal(tick),
        lot_size=Decimal(lot),
        contract_type=contract_type,
        multiplier=multiplier,
    )


def ledger(maker: float = 0.0, taker: float = 0.0, *instruments: Instrument, **kw: Any) -> Ledger:
    sample_us = kw.pop("sample_us", 100)
    kw = {"fees": Share(maker, taker), **kw}
    books = MarketBooks(instruments=instruments or (contract(),), **kw)
    return Ledger([books], sample_us=sample_us)


# --- published examples --------------------------------------------------------------------------


def test_the_published_funding_and_profit_of_fifteen_thousand_contracts() -> None:
    """BitMEX: 15 000 long from 750 (20 XBT) pay .25 % = .05; 800 makes 1.25: 1.20 in all."""
    books = ledger(0.0, 0.0, contract("Inverse"))
    books.apply(
        report(
            [
                Event(ts=1, price=750, size=15_000),
                Event(ts=2, rate=0.0025, mark=750),
                Event(ts=3, side=-1, price=800, size=15_000),
            ],
            [],
        )
    )
    assert books.totals.funding == pytest.approx(-0.05, rel=1e-12)
    assert books.totals.realized == pytest.approx(1.25, rel=1e-12)
    assert books.equity == pytest.approx(1.20, rel=1e-12)


def test_the_published_statement_of_twenty_lots_adds_up() -> None:
    """BitMEX: 20 lots from 42 292.5; 5 close at 42 303, 15 at 42 107.5; net -7324 satoshi.

    Profit 295 - 15 570, fees 2954 + 1780, funding received 12 685 (at the entry's mark and a
    rate that makes it so: 20 lots are worth 20 * 236 449 satoshi there).
    """
    fees = Published([0.0, 2954 * SATOSHI, 1780 * SATOSHI])
    inverse = contract("Inverse", tick="0.5", lot="100")
    books = ledger(0, 0, inverse, fees=fees, rounding=SATOSHI)
    rate = -12_685 / (20 * 236_449)
    books.apply(
        report(
            [
                Event(ts=1, price=84_585, size=20),
                Event(ts=2, rate=rate, mark=84_585),
                Event(ts=3, side=-1, price=84_606, size=5),
                Event(ts=4, side=-1, price=84_215, size=15),
            ],
            [],
        )
    )
    assert books.totals.realized / SATOSHI == pytest.approx(295 - 15_570, abs=1e-6)
    assert books.totals.funding / SATOSHI == pytest.approx(12_685, abs=1e-3)
    assert books.equity / SATOSHI == pytest.approx(-7324, abs=1e-3)


def test_the_published_taker_fee_and_maker_rebates_of_inverse_contracts() -> None:
    """BitMEX: 1000 at 1100 cost .000681818 XBT at .075 %; 885 earn 3031 and 3334 satoshi."""
    taking = ledger(0.0, 0.00075, contract("Inverse"))
    taking.apply(report([Event(ts=1, price=1100, size=1000, rule=TAKER)], []))
    assert taking.totals.fees_paid == pytest.approx(0.000681818, abs=5e-10)
    making = ledger(-0.00025, 0.0, contract("Inverse", tick="0.5"))
    fills = [(1, 14_598), (-1, 13_271)]
    making.apply(report([Event(ts=1, side=s, price=p, size=885) for s, p in fills], []))
    assert making.totals.rebates / SATOSHI == pytest.approx(3031 + 3334, abs=1)
    assert making.totals.fees_paid == 0.0


def test_the_published_initial_margin_of_a_quanto_position() -> None:
    """BitMEX ETHUSD: 10 000 at 500 with 2 % take .10 XBT."""
    books = ledger(0, 0, contract("Quanto", 1e-6), margin=Margin(initial=0.02))
    entries = books.apply(report([Event(ts=1, price=500, size=10_000)], []))
    assert entries.positions["exposure"].tolist() == pytest.approx([5.0])
    assert entries.positions["margin"].tolist() == pytest.approx([0.10])


# --- fees and funding ----------------------------------------------------------------------------


def test_a_negative_maker_fee_is_a_rebate_and_a_taker_pays() -> None:
    books = ledger(-0.01, 0.05)
    fills = [
        Event(ts=1, price=100, size=2),
        Event(ts=2, side=-1, price=100, size=1, rule=TAKER),
    ]
    trades = books.apply(report(fills, single((3, 99, 101)))).trades
    assert books.totals.rebates == pytest.approx(2.0)
    assert books.totals.fees_paid == pytest.approx(5.0)
    assert books.cash == pytest.approx(-3.0)
    assert trades["maker"].tolist() == [1, 0]
    assert trades["fee"].tolist() == pytest.approx([-2.0, 5.0])


def test_the_fee_model_is_told_what_it_asks_for() -> None:
    asked: list[tuple[bool, float, float, float]] = []

    class Curious:
        def fee(self, *, maker: bool, value: float, contracts: float, traded: float) -> float:
            asked.append((maker, value, contracts, traded))
            return 0.0

    fills = [
        Event(ts=1, price=100, size=4),
        Event(ts=2, side=-1, price=110, size=2, rule=TAKER),
    ]
    books = ledger(0, 0, contract(multiplier=10.0, lot="0.5"), fees=Curious())
    books.apply(report(fills, []))
    assert asked == [(True, 2000.0, 2.0, 0.0), (False, 1100.0, 1.0, 2000.0)]


@pytest.mark.parametrize("rate", [1e9, -1e9, 1e308])
def test_fees_that_dwarf_the_value_traded_leave_the_books_in_agreement(rate: float) -> None:
    """Their rounding is larger than all that prices have to do with it."""
    fills = [
        Event(ts=n, side=side, price=price, size=7)
        for n, (side, price) in enumerate([(1, 101), (-1, 103), (1, 107), (-1, 109)] * 25, 1)
    ]
    books = ledger(rate, rate, contract(tick="0.01", lot="0.001"))
    books.apply(report(fills, single((1000, 100, 102))))
    assert books.fees == pytest.approx(sum(rate * 0.007 * e.price / 100 for e in fills))


@pytest.mark.parametrize("kind", ["Linear", "Inverse", "Quanto"])
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("rate", [0.01, -0.01])
def test_with_a_positive_rate_longs_pay_and_shorts_receive(
    kind: ContractType, side: int, rate: float
) -> None:
    books = ledger(0, 0, contract(kind))
    entry = Event(ts=1, side=side, price=100, size=10)
    rows = books.apply(report([entry, Event(ts=2, rate=rate, mark=200)], [])).positions
    value = 10 / 200 if kind == "Inverse" else 10 * 200
    assert rows["funding"].tolist() == pytest.approx([0.0, -side * rate * value])
    assert books.cash == pytest.approx(-side * rate * value)


def test_without_a_mark_price_funding_is_on_the_mid() -> None:
    books = ledger()
    funding = Event(ts=2, rate=0.01, touch=(119, 121))
    books.apply(report([Event(ts=1, price=100, size=1), funding], []))
    assert books.totals.funding == pytest.approx(-1.2)


def test_a_flat_account_neither_pays_nor_receives_funding() -> None:
    books = ledger(0, 0, contract("Inverse"))
    rows = books.apply(report([Event(ts=2, rate=0.01)], [])).positions
    assert (books.equity, len(rows)) == (0.0, 1)
    books.apply(report([Event(ts=3, price=100, size=1)], []))
    assert books.equity == 0.0


def test_funding_falls_on_the_position_as_known_then() -> None:
    """Fills and funding count in the order in which they are reported, also at one time."""
    books = ledger()
    fill, funding = Event(ts=5, price=100, size=1), Event(ts=5, rate=0.01, mark=100)
    books.apply(report([funding, fill, funding], []))
    assert books.totals.funding == pytest.approx(-1.0)


# --- marks ---------------------------------------------------------------------------------------


def test_drawdown_is_measured_at_the_decisions_between_two_fills() -> None:
    """Buy 1 at 100; the mid goes 100, 110, 95, 120: the fall from +10 to -5 is 15."""
    books = ledger()
    marks = single((10, 99, 101), (20, 109, 111), (30, 94, 96), (40, 119, 121))
    books.apply(report([Event(ts=1, price=100, size=1)], marks))
    assert books.totals.max_drawdown == pytest.approx(15.0)
    assert books.totals.peak_equity == pytest.approx(20.0)
    books.close()
    assert books.equity == pytest.approx(20.0)


def test_the_drawdown_of_two_instruments_is_that_of_their_sum() -> None:
    """Long one of each; one gains 10 as the other loses 10, at the same decision: no fall."""
    books = ledger(0, 0, contract(), contract())
    fills = [Event(ts=1, price=100, size=1, instrument=n, touch=(99, 101)) for n in (0, 1)]
    marks: list[tuple[int, list[Touch]]] = [(2, [(89, 91, 0), (109, 111, 0)])]
    books.apply(report(fills, marks))
    assert books.totals.max_drawdown == 0.0


def test_a_position_is_valued_at_the_mark_price_when_asked_and_known() -> None:
    marks: list[tuple[int, list[Touch]]] = [(2, [(99, 101, 0)]), (3, [(99, 101, 104.25)])]
    fill = Event(ts=1, price=100, size=2)
    equities = {}
    for at_mark in (False, True):
        books = ledger(at_mark_price=at_mark, sample_us=1)
        equities[at_mark] = books.apply(report([fill], marks)).positions["equity"].tolist()
    assert equities == {False: [0.0, 0.0, 0.0], True: [0.0, 0.0, 8.5]}


def test_a_one_sided_touch_moves_no_mark_and_is_no_mid() -> None:
    books = ledger(sample_us=1)
    fill = Event(ts=1, price=100, size=1, touch=(0, 101))
    entries = books.apply(report([fill], single((2, 109, 111), (3, 0, 120))))
    assert math.isnan(entries.trades["mid"][0])
    assert entries.positions["mid"].tolist() == [100.0, 110.0, 110.0]


def test_a_row_is_written_at_each_event_and_once_a_sampling_period() -> None:
    books = ledger()
    marks = single(*((ts, 99, 101) for ts in (10, 20, 110, 120, 350)))
    rows = books.apply(report([Event(ts=115, price=100, size=1)], marks)).positions
    assert rows["ts"].tolist() == [10, 110, 115, 350]


def test_a_mark_of_the_same_time_comes_after_the_fill() -> None:
    books = ledger(sample_us=1)
    rows = books.apply(report([Event(ts=5, price=100, size=1)], single((5, 104, 106)))).positions
    assert rows["position"].tolist() == [1, 1]
    assert rows["equity"].tolist() == [0.0, 5.0]


def test_other_reports_leave_the_books_alone() -> None:
    books = ledger()
    seen = report([Event(ts=5, price=100, size=1)], single((6, 99, 101)))
    seen.reports["kind"] = ACCEPTED
    entries = books.apply(seen)
    assert (len(entries.trades), books.totals.fills, books.holdings[0].lots) == (0, 0, 0)


# --- margin --------------------------------------------------------------------------------------


def test_margin_and_liquidation_are_shown_only_with_a_balance() -> None:
    """Long 10 at 100 with 200 in the wallet: 200 + 10 (p - 100) = .05 * 10 p at p = 84.21."""
    shown = {}
    for balance in (0.0, 200.0):
        books = ledger(margin=Margin(balance=balance, initial=0.1, maintenance=0.05))
        row = books.apply(report([Event(ts=1, price=100, size=10)], [])).positions[0]
        shown[balance] = (float(row["margin"]), float(row["liquidation"]))
    assert shown[0.0][0] == shown[200.0][0] == pytest.approx(100.0)
    assert math.isnan(shown[0.0][1])
    assert shown[200.0][1] == pytest.approx(800 / 9.5, rel=1e-12)


@given(
    st.sampled_from(["Linear", "Inverse", "Quanto"]),
    st.lists(st.tuples(st.integers(-9, 9).filter(bool), st.integers(900, 1100)), min_size=2),
)
def test_at_the_liquidation_price_the_whole_account_is_at_its_maintenance_margin(
    kind: ContractType, fills: list[tuple[int, int]]
) -> None:
    """Two instruments: the other one keeps its mark, its margin and its unrealised P&L."""
    margin = Margin(balance=0.05 if kind == "Inverse" else 20_000, maintenance=0.01)
    books = ledger(0.0002, 0.0, contract(kind), contract(kind), margin=margin)
    events = [
        Event(ts=n, side=1 if lots > 0 else -1, price=price, size=abs(lots), instrument=n % 2)
        for n, (lots, price) in enumerate(fills)
    ]
    row = books.apply(report(events, [], [(0, 0, 0), (0, 0, 0)])).positions[-1]
    this = int(row["instrument"])
    price = float(row["liquidation"])
    if math.isnan(price):
        return
    marks = [price if n == this else books.marks[n] for n in (0, 1)]
    equity, needed = margin.balance + books.cash, 0.0
    for holding, mark in zip(books.holdings, marks, strict=True):
        if holding.lots:
            equity += holding.unrealized(mark)
            needed += margin.maintenance * abs(holding.notional(holding.lots, mark))
    assert equity == pytest.approx(needed, abs=1e-9 * (margin.balance + books.totals.turnover))


# --- what holds for any stream -------------------------------------------------------------------

LOTS = st.integers(-50, 50).filter(bool)
PRICES = st.integers(900, 1100)
TOUCHES = st.tuples(st.integers(895, 1100), st.integers(0, 10), st.sampled_from([0.0, 1003.125]))


@st.composite
def streams(draw: st.DrawFn) -> list[Event | tuple[int, list[Touch]]]:
    """Fills, fundings and decisions of two instruments, in the order in which they are known."""
    stream: list[Event | tuple[int, list[Touch]]] = []
    ts = 0
    for _ in range(draw(st.integers(1, 25))):
        ts += draw(st.integers(1, 40))
        what = draw(st.sampled_from(["fill", "fill", "funding", "decision"]))
        bid, spread, mark = draw(TOUCHES)
        instrument = draw(st.integers(0, 1))
        touch = draw(st.sampled_from([(bid, bid + spread), (0, 0)]))
        if what == "decision":
            other = draw(TOUCHES)
            pair: list[Touch] = [
                (*touch, mark),
                (other[0], other[0] + other[1], other[2]),
            ]
            stream.append((ts, pair))
            continue
        known: dict[str, Any] = {"ts": ts, "touch": touch, "mark": mark, "instrument": instrument}
        if what == "funding":
            rate = draw(st.sampled_from([0.0001, -0.000375]))
            stream.append(Event(rate=rate, **known))
            continue
        lots, price = draw(LOTS), draw(PRICES)
        first = draw(st.integers(1, abs(lots)))
        rule = draw(st.sampled_from([TAKER, QUEUE_REACHED]))
        side = 1 if lots > 0 else -1
        sizes = [size for size in (first, abs(lots) - first) if size]
        stream += [Event(side=side, price=price, size=s, rule=rule, **known) for s in sizes]
    return stream


def cut(stream: list[Event | tuple[int, list[Touch]]], at: int) -> list[ExecutionReport]:
    """The stream as one report, or as two."""
    reports = []
    for part in (stream[:at], stream[at:]):
        events = [item for item in part if isinstance(item, Event)]
        marks = [item for item in part if not isinstance(item, Event)]
        reports.append(report(events, marks, [(1000, 1001, 1000.5), (1000, 1002, 0)]))
    return reports


SETTINGS = st.fixed_dictionaries(
    {
        "at_mark_price": st.booleans(),
        "rounding": st.sampled_from([0.0, 1e-8]),
        "margin": st.sampled_from([Margin(), Margin(balance=5000.0)]),
    }
)
TYPES = st.sampled_from(["Linear", "Inverse", "Quanto"])


@given(TYPES, TYPES, SETTINGS, streams())
def test_equity_is_what_was_earned_at_every_row(
    first: ContractType,
    second: ContractType,
    settings: dict[str, Any],
    stream: list[Event | tuple[int, list[Touch]]],
) -> None:
    """Each row also passes the ledger's own check; here the sums are taken from outside."""
    instruments = contract(first, 0.5), contract(second, 2.0, tick="0.5")
    books = ledger(-0.0002, 0.0005, *instruments, **settings, sample_us=1)
    rows: list[Rows] = []
    for item in stream:
        part = [item]
        rows.append(books.apply(cut(part, 1)[0]).positions)
        totals = books.totals
        assert books.fees == totals.fees_paid - totals.rebates
        assert books.cash == totals.realized - books.fees + totals.funding
    books.close()
    totals = books.totals
    earned = totals.spread_capture + totals.revaluation - books.fees + totals.funding
    moved = totals.turnover + abs(totals.revaluation) + abs(totals.funding)
    assert books.equity == pytest.approx(earned, abs=1e-9 * moved)
    for row in np.concatenate(rows):
        assert row["equity"] == pytest.approx(row["cash"] + row["unrealized"], rel=1e-12)
        expected = row["realized"] - row["fees"] + row["funding"]
        assert row["cash"] == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(TYPES, SETTINGS, streams(), st.integers(0, 50))
def test_cutting_the_reports_elsewhere_gives_the_same_rows(
    kind: ContractType,
    settings: dict[str, Any],
    stream: list[Event | tuple[int, list[Touch]]],
    at: int,
) -> None:
    instruments = contract(kind), contract("Linear")
    whole, parts = (ledger(0.01, 0.02, *instruments, **settings) for _ in range(2))
    one, two = cut(stream, len(stream))[:1], cut(stream, at)
    expected, got = (
        [
            np.concatenate([getattr(e, table) for e in entries]).tolist()
            for table in ("trades", "positions")
        ]
        for entries in ([whole.apply(r) for r in one], [parts.apply(r) for r in two])
    )
    whole.close()
    parts.close()
    assert repr(got) == repr(expected)
    assert whole.totals == parts.totals


@given(TYPES, streams())
def test_any_split_of_the_fills_leads_to_the_same_account(
    kind: ContractType, stream: list[Event | tuple[int, list[Touch]]]
) -> None:
    """Every fill as one report, and lot by lot."""
    accounts = []
    for split in (False, True):
        books = ledger(-0.0002, 0.0005, contract(kind), contract(kind))
        pieces: list[Event | tuple[int, list[Touch]]] = []
        for item in stream:
            if split and isinstance(item, Event) and item.rate is None:
                pieces += [attrs.evolve(item, size=1)] * item.size
            else:
                pieces.append(item)
        books.apply(cut(pieces, len(pieces))[0])
        books.close()
        t = books.totals
        accounts.append(
            [books.equity, books.cash, t.funding, t.rebates, t.fees_paid, t.realized, t.turnover]
            + [t.spread_capture, t.revaluation]
            + [float(h.lots) for h in books.holdings]
        )
    assert accounts[0] == pytest.approx(accounts[1], rel=1e-9, abs=1e-6)


# --- several markets ------------------------------------------------------------------------------

KINDS: tuple[ContractType, ...] = ("Linear", "Inverse", "Quanto")

fill_st = st.tuples(
    st.integers(0, 2), st.sampled_from([-1, 1]), st.integers(90, 110), st.integers(1, 9)
)


def several(rates: Sequence[tuple[float, int | None]]) -> Ledger:
    """Three markets of one instrument each, with their own fees and rates."""
    return Ledger(
        [
            MarketBooks(
                instruments=(contract(kind),), fees=Share(0.001 * n, 0.002), rate=rate, rate_of=of
            )
            for n, (kind, (rate, of)) in enumerate(zip(KINDS, rates, strict=True))
        ],
        sample_us=100,
    )


@given(
    st.lists(fill_st, min_size=1, max_size=8),
    st.lists(st.tuples(*3 * [st.integers(80, 120)]), min_size=8, max_size=8),
    st.booleans(),
)
def test_money_of_several_markets_is_the_sum_of_books_of_their_own(
    fills: list[tuple[int, int, int, int]], mids: list[tuple[int, int, int]], moving: bool
) -> None:
    """The second's rate is a number or the first's mid; each one's books are those it has alone."""
    rates = [(1.0, None), (250.0, 0 if moving else None), (0.5, None)]
    books = several(rates)
    alone = [ledger(0.001 * n, 0.002, contract(kind)) for n, kind in enumerate(KINDS)]
    books.apply(report([], [(0, [(99, 101, 0)] * 3)]))
    for one in alone:
        one.apply(report([], single((0, 99, 101))))
    for place, (which, side, price, size) in enumerate(fills):
        ts = 100 * place + 100
        marks: list[Touch] = [(mid - 1, mid + 1, 0) for mid in mids[place]]
        touch = marks[which][:2]
        event = Event(ts=ts, side=side, price=price, size=size, touch=touch, instrument=which)
        books.apply(report([event], [(ts + 50, marks)]))
        own = attrs.evolve(event, instrument=0)
        for n, one in enumerate(alone):
            one.apply(report([own] if n == which else [], [(ts + 50, [marks[n]])]))
        worth = [rate if of is None else float(mids[place][of]) for rate, of in rates]
        assert [books.rate(n) for n in range(3)] == worth
        for n, one in enumerate(alone):
            assert books.equity_of(n) == one.equity
            assert books.accounts[n].spread_capture == one.totals.spread_capture
            assert books.holdings[n].lots == one.holdings[0].lots
        for name in ("equity", "cash", "fees", "unrealized"):
            total = math.fsum(
                rate * getattr(one, name) for rate, one in zip(worth, alone, strict=True)
            )
            assert getattr(books, name) == pytest.approx(total, rel=1e-9, abs=1e-9), name
        assert books.totals.realized == pytest.approx(
            math.fsum(rate * one.totals.realized for rate, one in zip(worth, alone, strict=True)),
            rel=1e-9, abs=1e-9,
        )  # fmt: skip
    books.close()


def test_a_fall_of_the_rate_is_a_drawdown_also_where_nothing_is_held() -> None:
    """10 are earned at 100 each: 1000; the rate falls to 80, so 200 are lost without a position."""
    books = several([(1.0, None), (1.0, None), (1.0, 0)])
    mids: list[list[Touch]] = [
        [(mid - 1, mid + 1, 0), (0, 0, 0), (99, 101, 0)] for mid in (100, 80)
    ]
    opened = Event(ts=1, side=1, price=100, size=1, touch=(99, 101), instrument=2)
    closed = Event(ts=3, side=-1, price=110, size=1, touch=(99, 101), instrument=2)
    books.apply(report([opened, closed], [(0, mids[0]), (2, mids[0]), (4, mids[0]), (6, mids[1])]))
    kept = books.equity_of(2)
    assert kept > 0
    assert books.equity == pytest.approx(80 * kept)
    assert books.totals.max_drawdown == pytest.approx(20 * kept)


def test_money_whose_rate_nothing_tells_yet_is_refused() -> None:
    books = several([(1.0, None), (1.0, 0), (1.0, None)])
    assert books.equity == 0.0, "there is nothing to be counted"
    event = Event(ts=1, price=100, size=1, touch=(99, 101), instrument=1)
    with pytest.raises(DataError, match="X was traded before X, whose price is the rate"):
        books.apply(report([event], []))
