"""The simulated venue once more, as slowly and plainly as its rules can be written down.

Written from the rules in the headers of ``mm.core.venue``, not from its code: dictionaries and
lists, looked through from end to end at every event. It shares nothing with ``mm.core`` but the
keyed draw. Fill and latency models are in ``naive_models``, the risk gate in ``naive_gate``.
"""

from mm.api import (
    BUY,
    CANCEL_ALL,
    CLEAR,
    NEW,
    REJECTED,
    REQUESTED,
    SELL,
    TICKER,
    TRADE,
)  # fmt: skip

from .naive_gate import NaiveGate
from .naive_market import NaiveMarket
from .naive_models import latency
from .naive_parts import Open, Outcome
from .tapes import Command, Decision, Event, Session, messages


def simulate(session: Session) -> Outcome:
    """Play a session to its end."""
    venue = NaiveVenue(session)
    decisions = list(session.decisions)
    for message in messages(session.tape):
        while decisions and decisions[0].ts < message[0].ts_local:
            venue.decide(decisions.pop(0))
        venue.hear(message)
    for decision in decisions:
        venue.decide(decision)
    return venue.outcome


class NaiveVenue(NaiveMarket):
    """Adds decisions, the gate and the way to the venue."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.gate = NaiveGate(session, self.outcome, self.markets)

    def decide(self, decision: Decision) -> None:
        for number, market in enumerate(self.markets):
            mark = (decision.ts, number, market.best(BUY), market.best(SELL), market.mark)
            self.outcome.note_mark(mark, len(self.markets))
        if reason := self.gate.watch(decision.ts):
            for number in range(len(self.markets)):
                self.send(decision.ts, 0, Command(action=CANCEL_ALL, instrument=number), reason)
        changes = self.outcome.changes_known_by(decision.ts)
        for command in decision.choices[changes % len(decision.choices)]:
            self.order_ids += command.action == NEW
            order_id = self.order_ids if command.action == NEW else 0
            refusal = self.gate.judge(decision.ts, command)
            self.outcome.sent.append((decision.ts, order_id, command))
            self.outcome.kept_back.append(refusal is not None)
            if refusal is None:
                self.send(decision.ts, order_id, command)
            else:
                self.refuse(decision.ts, order_id, command, *refusal)

    def send(self, ts: int, order_id: int, command: Command, reason: int = REQUESTED) -> None:
        travel = latency(self.session, self.feed, ts, entry=True, key=command.client_id)
        self.last_arrival = max(self.last_arrival, ts + travel)
        order = Open(order_id, command, command.price, command.size, self.last_arrival, ts, reason)
        order.reached = self.last_arrival
        self.under_way.append(order)

    def refuse(
        self, ts: int, order_id: int, command: Command, reason: int, limit: float, value: float
    ) -> None:
        order = Open(order_id, command, command.price, command.size, ts, ts)
        self.outcome.add(order, REJECTED, reason, ts, ts, self.market(order))
        shown = None if value != value else round(value, 9)
        self.outcome.reports[-1] |= {"limit": round(limit, 9), "value": shown}
        self.outcome.refused += 1

    def measure(self, news: Event) -> None:
        """Of what is measured, the last message that nobody had overtaken counts."""
        travelled = news.ts_local - news.ts_exchange
        if not 0 <= travelled <= 60_000_000:
            self.outcome.stale += news.kind not in (CLEAR, TICKER)
        elif travelled and news.ts_exchange < self.newest:
            self.outcome.overtaken += 1
        elif travelled:
            self.feed, self.newest = travelled, news.ts_exchange

    def hear(self, message: list[Event]) -> None:
        self.news = message[0]
        self.measure(message[0])
        self.gate.last_event = message[0].ts_local
        self.schedule(message[0].ts_exchange)
        self.catch_up(message[0])
        for event in message:
            self.news = event
            if event.kind == TRADE:
                self.match(event)
            elif event.kind == TICKER:
                self.tick(event)
            else:
                self.display(event)
        last = message[-1]
        if last.kind != TICKER:
            self.markets[last.instrument].settle(last)
        if self.took_away:
            self.look_again(last)
            self.took_away = False
        if self.session.crosses or self.session.model == "optimistic":
            self.match_crossed(last)
        self.outcome.crossed = sum(market.crossed for market in self.markets)

    def catch_up(self, event: Event) -> None:
        """Let fundings and commands happen that were due before an event, in order of time."""
        while True:
            due = [m for m in self.markets if m.due and m.due <= event.ts_exchange]
            first = min(due, key=lambda market: market.due or 0, default=None)
            until = event.ts_exchange if first is None else first.due or 0
            while self.under_way and self.under_way[0].arrived < until:
                self.arrive(self.under_way.pop(0))
                self.trim()
            if first is None:
                return
            self.fund(event, first)
