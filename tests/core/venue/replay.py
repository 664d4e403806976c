"""Plays a session through the real venue, in batches and blocks cut as one likes."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from mm.api import (
    DECISION,
    EVENT,
    FILLED,
    ORDER,
    REASON_NAMES,
    REPORT,
    REPORT_NAMES,
    RULE_NAMES,
    Context,
    Decisions,
    ExecutionReport,
    FillModel,
    MarketBatch,
    NoConfig,
    OrderBlock,
)
from mm.core.venue import SimulatedVenue
from mm_queue_models import mm_fill_models

from .naive_parts import Outcome, Report
from .tapes import Command, Decision, Event, Session, messages

END = 1_000_000
"""µs: later than anything on a tape."""


def fill_model(name: str) -> FillModel:
    """Build a fill model of the plugin by its name."""
    (offer,) = (offer for offer in mm_fill_models() if offer.name == name)
    return offer.build(NoConfig(), Context(instruments=(), seed=0))


def real_venue(session: Session, model: FillModel) -> SimulatedVenue:
    """Build the venue that a session asks for, with that fill model."""
    return SimulatedVenue(
        instruments=session.instruments,
        fill_model=model,
        seed=session.seed,
        entry_us=session.entry,
        response_us=session.response,
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
) -> tuple[Outcome, list[ExecutionReport]]:
    """Play a session through the real venue.

    Args:
        session: what happens, and what is decided.
        cuts: where to cut the tape, see ``batches``.
        lengths: how many decisions to put in a block, used in turn.
        model: instead of the session's.
    """
    venue = real_venue(session, model or fill_model(session.model))
    feed = iter(batches(session.tape, cuts))
    answers: list[ExecutionReport] = []
    outcome = Outcome()
    decisions = session.decisions
    start = changes = 0
    while start < len(decisions) or not answers or answers[-1].up_to < END:
        block = decisions[start : start + lengths[len(answers) % len(lengths)]]
        after = start + len(block)
        horizon = decisions[after].ts if after < len(decisions) else END
        venue.submit(_block(block, horizon, changes))
        while (answer := venue.advance()) is None:
            venue.load(next(feed))
        answers.append(answer)
        start += answer.committed
        _note(outcome, answer, session.instruments)
        changes = outcome.changes_known_by(answer.up_to)
    outcome.crossed = venue.statistics().crossed
    outcome.unsided = venue.statistics().unsided
    return outcome, answers


def story(outcome: Outcome) -> list[str]:
    """Tell the reports in words: what became of which order, a fill with its rule and price."""
    return [_told(report) for report in outcome.reports]


def _told(report: Report) -> str:
    name = f"{report['client_id']} {REPORT_NAMES[report['kind']]}"
    if report["kind"] == FILLED:
        rule = RULE_NAMES[report["rule"]]
        return f"{name} {report['size']} at {report['price']}, {rule}, {report['leaves']} left"
    return f"{name} {REASON_NAMES[report['reason']]}".rstrip()


def _block(decisions: Sequence[Decision], horizon: int, changes: int) -> OrderBlock:
    rows = [
        attrs.asdict(command) | {"ts": decision.ts, "decision": number}
        for number, decision in enumerate(decisions)
        for command in decision.choices[changes % len(decision.choices)]
    ]
    return OrderBlock(
        times=np.array([decision.ts for decision in decisions], np.int64),
        decisions=Decisions(orders=_rows(rows, ORDER), trace=np.zeros(len(decisions), DECISION)),
        horizon=horizon,
    )


def _note(outcome: Outcome, answer: ExecutionReport, instruments: int) -> None:
    """Add an answer to the outcome, as the naive venue would have written it."""
    for row in answer.reports:
        report = {name: row[name].item() for name in REPORT.names or ()}
        report["draw"] = None if math.isnan(report["draw"]) else report["draw"]
        outcome.reports.append(report)
    for row in answer.orders:
        fields = {field.name: row[field.name].item() for field in attrs.fields(Command)}
        command = Command(**fields | {"order_id": 0})
        outcome.sent.append((row["ts"].item(), row["order_id"].item(), command))
    for row in answer.marks[: answer.committed * instruments]:
        outcome.marks.append(row[["ts", "instrument", "bid", "ask"]].item())


def _rows(rows: list[dict[str, Any]], dtype: np.dtype[np.void]) -> np.ndarray[Any, Any]:
    table = np.zeros(len(rows), dtype)
    for name in dtype.names or ():
        table[name] = [row[name] for row in rows]
    return table
