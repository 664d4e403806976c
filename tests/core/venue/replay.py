"""Plays a session through the real venue, in batches and blocks cut as one likes."""

import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import attrs
import numpy as np

from mm.api import (
    DECISION,
    EVENT,
    FILLED,
    FUNDING,
    MICRO_TICKS,
    ORDER,
    RATE_UNIT,
    REASON_NAMES,
    REPORT,
    REPORT_NAMES,
    RULE_NAMES,
    SETTLED,
    Account,
    Context,
    DecisionKernel,
    Decisions,
    ExecutionReport,
    FillModel,
    Instrument,
    LatencyModel,
    MarketBatch,
    OrderBlock,
    Rows,
)
from mm.core.bracket import Bracket
from mm.core.position import Holding
from mm.core.venue import AskedLoop, ClosedLoop, SimulatedVenue, Terms
from mm.core.working import WorkingOrders
from mm_queue_models import mm_fill_models

from .naive_parts import Outcome, Report
from .tapes import Command, Decision, Event, Session, messages

END = 10_000_000
"""µs: later than anything on a tape."""


INSTRUMENT = Instrument(symbol="X", tick_size=Decimal("0.5"), lot_size=Decimal(1))

_NOTHING = Decisions(orders=np.zeros(0, ORDER), trace=np.zeros(0, DECISION))


def fill_model(name: str, crosses: bool = False) -> FillModel:
    """Build a fill model of the plugin by its name."""
    (offer,) = (offer for offer in mm_fill_models() if offer.name == name)
    config = offer.config(fills_when_crossed=crosses)
    return offer.build(config, Context(instruments=(), seed=0))


def real_venue(
    session: Session, model: FillModel | None = None, *, alone: bool = False
) -> SimulatedVenue:
    """Build the venue that a session asks for."""
    return SimulatedVenue(
        markets=[terms_of(session, model)],
        seed=session.seed,
        alone=alone,
        wakes=session.wakes,
        depth=session.depth,
    )


def terms_of(session: Session, model: FillModel | None = None) -> Terms:
    """Say what holds on a session's market."""
    return Terms(
        instruments=(
            attrs.evolve(INSTRUMENT, tick_steps=session.tick_steps),
            *(INSTRUMENT,) * (session.instruments - 1),
        ),
        fill_model=model or fill_model(session.model, session.crosses),
        latency=LatencyModel(
            entry=np.array(session.entry_table or ((0, session.entry),), np.float64),
            response=np.array(((0, session.response),), np.float64),
            entry_multiple=session.entry_multiple,
            response_multiple=session.response_multiple,
            jitter=session.jitter,
        ),
        limits=session.limits,
        funding=session.funding,
    )


class Knowledge:
    """The account as the engine would keep it: positions, money, open orders."""

    def __init__(self, instruments: int) -> None:
        self.holdings = [Holding(instrument=INSTRUMENT) for _ in range(instruments)]
        self.cash = 0.0
        self.working = WorkingOrders()

    def apply(self, answer: ExecutionReport) -> None:
        self.working.apply(answer)
        for row in answer.reports:
            holding = self.holdings[row["instrument"]]
            if row["kind"] == FILLED:
                price = INSTRUMENT.price(int(row["price"]))
                self.cash += holding.trade(int(row["side"] * row["size"]), price)
            elif row["kind"] == SETTLED and holding.lots:
                price = INSTRUMENT.price(int(row["price"]) / MICRO_TICKS)
                self.cash += holding.trade(-holding.lots, price)
            elif row["kind"] == FUNDING:
                value = holding.lots * INSTRUMENT.price(int(row["price"]) / MICRO_TICKS)
                self.cash -= value * int(row["size"]) * RATE_UNIT

    def account(self, up_to: int) -> Account:
        return Account(
            up_to=up_to,
            position=tuple(holding.lots for holding in self.holdings),
            average_price=tuple(holding.average_price for holding in self.holdings),
            cost=tuple(holding.scale * holding.basis for holding in self.holdings),
            cash=self.cash,
            working=self.working.rows(),
            next_client_id=self.working.sent + 1,
        )


def events(tape: Iterable[Event]) -> np.ndarray[Any, np.dtype[np.void]]:
    """Write a tape as rows of dtype EVENT."""
    return _rows([attrs.asdict(event) for event in tape], EVENT)


def batches(tape: Sequence[Event], cuts: Sequence[bool] = ()) -> list[MarketBatch]:
    """Cut a tape into batches.

    Args:
        tape: in order of ``ts_local``.
        cuts: whether to cut before the n-th change of ``ts_local``, used in turn; empty = never.
    """
    groups: list[list[Event]] = [[]]
    changes = 0
    for message in messages(tape):
        if groups[-1] and groups[-1][-1].ts_local != message[0].ts_local:
            if cuts and cuts[changes % len(cuts)]:
                groups.append([])
            changes += 1
        groups[-1] += message
    starts = [group[0].ts_local for group in groups[1:]]
    marks = [start - 1 for start in starts] + [END]
    return [MarketBatch(events(g), mark) for g, mark in zip(groups, marks, strict=True)]


def replay(
    session: Session,
    cuts: Sequence[bool] = (),
    lengths: Sequence[int] = (1,),
    model: FillModel | None = None,
    bracket: Bracket | None = None,
    venue: SimulatedVenue | None = None,
) -> tuple[Outcome, list[ExecutionReport]]:
    """Play a session through the real venue.

    Args:
        session: what happens, and what is decided.
        cuts: where to cut the tape, see ``batches``.
        lengths: how many decisions to put in a block, used in turn.
        model: instead of the session's.
        bracket: shadows that follow.
        venue: instead of the session's.
    """
    venue = venue or real_venue(session, model)
    feed = iter(batches(session.tape, cuts))
    knowledge = Knowledge(session.instruments)
    answers: list[ExecutionReport] = []
    outcome = Outcome()
    decisions = session.decisions
    start = changes = 0
    while start < len(decisions) or not answers or answers[-1].up_to < END:
        block = decisions[start : start + lengths[len(answers) % len(lengths)]]
        after = start + len(block)
        horizon = decisions[after].ts if after < len(decisions) else END
        account = knowledge.account(answers[-1].up_to if answers else -1)
        told = _block(block, horizon, changes, account)
        venue.submit(told)
        while (answer := venue.advance()) is None:
            batch = next(feed)
            venue.load(batch)
            if bracket is not None:
                bracket.load(batch)
        if bracket is not None:
            bracket.follow(told, answer)
        knowledge.apply(answer)
        answers.append(answer)
        start += answer.committed
        _note(outcome, answer, session.instruments)
        changes = outcome.changes_known_by(answer.up_to)
    outcome.crossed = venue.statistics().crossed
    outcome.unsided = venue.statistics().unsided
    outcome.overtaken = venue.statistics().overtaken
    outcome.stale = venue.statistics().stale
    outcome.refused = venue.statistics().refused
    outcome.killed_ts = venue.statistics().killed_ts
    return outcome, answers


def decided_outside(
    session: Session,
    rows: Rows,
    longest: int,
    decide: Callable[[Rows, Account], Decisions],
) -> list[ExecutionReport]:
    """Decide as ``mm.run.strategy`` does, ``longest`` rows at a time; what news wake, alone."""
    venue, knowledge = real_venue(session), Knowledge(session.instruments)
    feed, answers = iter(batches(session.tape)), list[ExecutionReport]()
    start, up_to = 0, -1
    waiting: list[Rows] = []
    while start < len(rows) or up_to < END or waiting:
        account = knowledge.account(up_to)
        due = start < len(rows) and up_to >= rows["ts"][start]
        wanted = rows[start : start + longest] if due else rows[:0]
        after = start + len(wanted)
        horizon = int(rows["ts"][after]) if after < len(rows) else END
        woken = waiting.pop(0) if waiting else None
        if woken is not None:
            wanted, horizon = woken, up_to
        decisions = decide(wanted, account) if len(wanted) else _NOTHING
        decisions.orders["ts"] = wanted["ts"][decisions.orders["decision"]]
        venue.submit(
            OrderBlock(
                times=np.ascontiguousarray(wanted["ts"]),
                decisions=decisions,
                horizon=horizon,
                account=account,
            )
        )
        while (answer := venue.advance()) is None:
            venue.load(next(feed))
        knowledge.apply(answer)
        answers.append(answer)
        start, up_to = start + (answer.committed if woken is None else 0), answer.up_to
        waiting += _woken(rows[:start], rows[start:], answer)
    return answers


def _woken(decided: Rows, coming: Rows, answer: ExecutionReport) -> list[Rows]:
    """The rows that an answer wakes: the last of its instrument, as of now."""
    woken = []
    for touch in answer.woken:
        last = decided[decided["instrument"] == touch["instrument"]][-1:].copy()
        same_time = coming[coming["ts"] == answer.up_to]
        if len(last) and touch["instrument"] not in same_time["instrument"]:
            for name in touch.dtype.names or ():
                last[name] = touch[name]
            if "mid" in (last.dtype.names or ()):
                whole = touch["bid_size"] > 0 and touch["ask_size"] > 0
                last["mid"] = 0.25 * (touch["bid"] + touch["ask"]) if whole else np.nan
            woken.append(last)
    return woken


def decided_inside(
    session: Session, form: DecisionKernel, rows: Rows, longest: int, cuts: Sequence[bool]
) -> list[ExecutionReport]:
    """Let the venue's kernel decide; features come by the batch."""
    account = Knowledge(session.instruments).account(-1)
    return played(session, ClosedLoop(real_venue(session), form, account, longest), rows, cuts)


def decided_asked(
    session: Session,
    rows: Rows,
    cuts: Sequence[bool],
    decide: Callable[[Rows, Account], Decisions],
) -> list[ExecutionReport]:
    """Let the venue's kernel ask in Python; features come by the batch."""
    account, told = Knowledge(session.instruments).account(-1), []

    def answer(
        row: Rows, positions: list[int], working: Rows, next_client_id: int, news: Rows
    ) -> Decisions:
        told.extend(news.tolist())
        known = attrs.evolve(
            account,
            up_to=int(row["ts"][0]),
            position=tuple(positions),
            working=working,
            next_client_id=next_client_id,
        )
        return decide(row, known)

    answers = played(
        session, AskedLoop(real_venue(session), rows.dtype, account, answer, 12), rows, cuts
    )
    reports = [row for one in answers for row in one.reports.tolist()]
    assert repr(told) == repr(reports[: len(told)])  # NaN is NaN
    return answers


def played(
    session: Session, loop: ClosedLoop, rows: Rows, cuts: Sequence[bool]
) -> list[ExecutionReport]:
    """Play a session through a loop, batch by batch."""
    start, answers = 0, list[ExecutionReport]()
    for batch in batches(session.tape, cuts):
        end = int(np.searchsorted(rows["ts"], batch.watermark, side="right"))
        loop.submit(rows[start:end], batch.watermark)
        start = end
        while (answer := loop.advance()) is None:
            loop.venue.load(batch)
        answers.append(answer)
    return answers


def play(session: Session) -> SimulatedVenue:
    """Play a tape through the real venue without a decision, and give the venue."""
    venue = real_venue(session)
    (batch,) = batches(session.tape)
    venue.submit(_block((), END, 0, Knowledge(session.instruments).account(-1)))
    venue.load(batch)
    assert venue.advance() is not None
    return venue


def story(outcome: Outcome) -> list[str]:
    """Tell the reports in words: what became of which order, a fill with its rule and price."""
    return [_told(report) for report in outcome.reports]


def _told(report: Report) -> str:
    if report["kind"] == FUNDING:
        return f"funding {report['size']} on {report['price']} at {report['ts_venue']}"
    if report["kind"] == SETTLED:
        return f"settled {report['size']} at {report['price']} at {report['ts_venue']}"
    name = f"{report['client_id']} {REPORT_NAMES[report['kind']]}"
    if report["kind"] == FILLED:
        rule = RULE_NAMES[report["rule"]]
        return f"{name} {report['size']} at {report['price']}, {rule}, {report['leaves']} left"
    return f"{name} {REASON_NAMES[report['reason']]}".rstrip()


def _block(
    decisions: Sequence[Decision], horizon: int, changes: int, account: Account
) -> OrderBlock:
    rows = [
        attrs.asdict(command) | {"ts": decision.ts, "decision": number, "refused": 0}
        for number, decision in enumerate(decisions)
        for command in decision.choices[changes % len(decision.choices)]
    ]
    return OrderBlock(
        times=np.array([decision.ts for decision in decisions], np.int64),
        decisions=Decisions(orders=_rows(rows, ORDER), trace=np.zeros(len(decisions), DECISION)),
        horizon=horizon,
        account=account,
    )


def _note(outcome: Outcome, answer: ExecutionReport, instruments: int) -> None:
    """Add an answer to the outcome, as the naive venue would have written it."""
    for row in answer.reports:
        report = {name: row[name].item() for name in REPORT.names or ()}
        for name in ("draw", "limit", "value"):
            report[name] = None if math.isnan(report[name]) else round(report[name], 9)
        outcome.reports.append(report)
    for row in answer.orders:
        fields = {field.name: row[field.name].item() for field in attrs.fields(Command)}
        command = Command(**fields | {"order_id": 0})
        outcome.sent.append((row["ts"].item(), row["order_id"].item(), command))
        outcome.kept_back.append(bool(row["refused"]))
    for row in answer.marks[:-instruments]:
        outcome.note_mark(row[["ts", "instrument", "bid", "ask", "mark"]].item(), instruments)


def _rows(rows: list[dict[str, Any]], dtype: np.dtype[np.void]) -> np.ndarray[Any, Any]:
    table = np.zeros(len(rows), dtype)
    for name in dtype.names or ():
        table[name] = [row[name] for row in rows]
    return table
