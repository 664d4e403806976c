"""The realtime feed of one instrument as a state machine: text and times in, steps out.

No sockets, no clocks, no log: the shell brings ``now`` [s, any monotonic clock, such as
``trio.current_time()``] and ``ts`` [µs UTC, larger with every call], and carries out each Step:
hands ``events`` on, sends ``send``, logs ``notes``, and on ``close`` or ``fatal`` ends the
connection. A shell is this loop, with ``step`` carrying out what is returned::

    while True:
        await sleep_until(protocol.wake_at)
        step(protocol.opening(now, ts))
        connect, for at most until protocol.wake_at:
            step(protocol.opened(now, ts))
            or, if it was answered by HTTP: step(protocol.refused(status, retry_after, now, ts))
            or, if it failed: step(protocol.closed(reason, now, ts))
        while the last step did not say close:
            wait for a text until protocol.wake_at, then one of
            step(protocol.frame(text, now, ts))
            step(protocol.closed(reason, now, ts))     the socket closed
            step(protocol.wake(now, ts))               nothing came in time

    WAITING ─opening─► CONNECTING ─opened─► SUBSCRIBING ─acks─► IMAGES ─► LIVE
       ▲                                       RESUBSCRIBING ◄─ book not whole ─┘
       └── from any of them: refused, closed, silent, out of time      FAILED, STOPPED: for good

A book that cannot be trusted is emptied downstream at once, and its one topic is unsubscribed and
subscribed anew while the others go on; three times without a good while between end the
connection. What comes at the wrong time is counted and does nothing else.
"""

from collections.abc import Mapping
from typing import Any, Final

from mm.api import ConfigError, DataError, Instrument
from mm_bitmex import frames, reactions
from mm_bitmex.book import BookError
from mm_bitmex.config import BitmexConfig
from mm_bitmex.frames import shown
from mm_bitmex.session import OPEN, Session, State
from mm_bitmex.step import Reply, Step
from mm_bitmex.topics import Topic

_COUNTED: Final = (400, 401, 403, 404, 419, 429, 503)
"""Statuses that are counted each; others together."""


class Protocol:
    """One session, over as many connections as it takes.

    Args:
        config: the table ``[data]``.
        instrument: its grid is the book's.
        seed: of the run; draws the jitter of reconnections.
    """

    def __init__(self, config: BitmexConfig, instrument: Instrument, seed: int) -> None:
        self._session = Session(config, instrument, seed)

    @property
    def counts(self) -> dict[str, int]:
        """Every oddity so far, by name, sorted."""
        return dict(sorted(self._session.counts.items()))

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._session.state

    @property
    def book_is_live(self) -> bool:
        """Whether the book downstream is the exchange's."""
        return self._session.book.live

    def levels(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """List bids and asks as (ticks, lots), best first."""
        book = self._session.feed.book
        return book.bids.levels(), book.asks.levels()

    def touch(self) -> tuple[int, int, int, int]:
        """Give best bid [ticks], its size [lots], best ask, its size; a side of size 0 is empty."""
        return self._session.feed.book.touch()

    @property
    def wake_at(self) -> float:
        """When to call ``wake``, or in WAITING ``opening`` [s]; infinite when it is over."""
        return self._session.wake_at

    def opening(self, now: float, ts: int) -> Step:
        """Note that a connection is being opened."""
        reply = Reply(now)
        if self._is_in(State.WAITING):
            self._session.opening(now)
        return reply.step()

    def opened(self, now: float, ts: int) -> Step:
        """Note that the connection is open, and ask for everything."""
        reply = Reply(now)
        if self._is_in(State.CONNECTING):
            self._session.opened(reply, now)
        return reply.step()

    def refused(self, status: int, retry_after: str | None, now: float, ts: int) -> Step:
        """Take an HTTP answer other than 101 to the opening.

        What would be final at first may pass once the address has served us: a deployment, a ban.

        Args:
            status: of the answer.
            retry_after: its header Retry-After, if it has one.
            now: [s].
            ts: [µs].
        """
        reply, session = Reply(now), self._session
        if not self._is_in(State.CONNECTING):
            return reply.step()
        session.count("refused")
        reaction = reactions.to_refusal(status, retry_after)
        if reaction.kind == reactions.REFUSED and not session.has_been_live:
            text = (
                f"{session.config.url} answers {status} to the connection, expected 101; check "
                "data.bitmex_api, and that the exchange serves your region"
            )
            session.fail(reply, ConfigError(text), ts)
        else:
            why = f"the exchange answered {status} to the connection"
            session.reconnect(reply, why, ts, reaction.wait_s)
        return reply.step()

    def closed(self, reason: str, now: float, ts: int) -> Step:
        """Take the end of the connection, or the failure to open it, and why."""
        reply = Reply(now)
        if self._is_in(State.CONNECTING, OPEN):
            self._session.count("closed")
            self._session.reconnect(reply, f"the connection ended ({reason})", ts)
        return reply.step()

    def wake(self, now: float, ts: int) -> Step:
        """Do what is due; nothing if nothing is."""
        reply = Reply(now)
        self._session.do_due(reply, ts)
        return reply.step()

    def stop(self, now: float, ts: int) -> Step:
        """End the session since nobody wants it any more; taken in every state."""
        reply = Reply(now)
        self._session.stop(reply, ts)
        return reply.step()

    def frame(self, text: str | bytes, now: float, ts: int) -> Step:
        """Take one frame."""
        reply, session = Reply(now), self._session
        if not self._is_in(OPEN):
            return reply.step()
        session.heard(now)
        if now >= session.wake_at:
            session.do_due(reply, ts)
            if reply.close:
                return reply.step()
        self._take(reply, frames.classify(text), ts)
        session.note_live(now)
        return reply.step()

    def _is_in(self, *phases: State) -> bool:
        """Say whether an input fits the phase; count it if not."""
        fits = self._session.phase in phases
        if not fits:
            self._session.count("out_of_place")
        return fits

    def _take(self, reply: Reply, frame: frames.Frame, ts: int) -> None:
        session = self._session
        if frame.kind == frames.TABLE:
            self._table(reply, frame.body, ts)
        elif frame.kind == frames.ACK:
            self._ack(reply, frame.body, ts)
        elif frame.kind == frames.ERROR:
            self._error(reply, frame.body, ts)
        elif frame.kind == frames.FAULT:
            session.count("unreadable_frames")
            reply.notes.append(frame.fault)
            # It may have been anything, so also a change to the book.
            if session.book.live and frame.table in ("", session.book.table):
                session.distrust(reply, session.book, "a frame could not be read", ts)
        elif frame.kind in (frames.OTHER, frames.REPLY):
            session.count("other_frames")

    def _table(self, reply: Reply, body: Mapping[str, Any], ts: int) -> None:
        session = self._session
        topic = next((t for t in session.topics if t.table == body["table"]), None)
        is_image = body["action"] == "partial"
        if topic is None:
            session.count("unknown_table")
        elif is_image and not session.feed.is_ours(body):
            session.count("other_symbol")
        elif is_image and not topic.takes_image():
            session.count("image_of_old_subscription")
        elif not is_image and not topic.live:
            session.count("change_before_image")
        else:
            try:
                self._rows(reply, topic, body, ts)
                if session.feed.over is not None:  # its last events have been taken
                    raise session.feed.over
            except BookError as fault:
                session.count(fault.count)
                session.distrust(reply, topic, str(fault), ts)
            except DataError as fault:
                session.fail(reply, fault, ts)
            session.tell_clock(reply)
            session.tell_state(reply)

    def _rows(self, reply: Reply, topic: Topic, body: Mapping[str, Any], ts: int) -> None:
        session = self._session
        if body["action"] != "partial":
            reply.events += session.feed.change(topic, body, reply.now, ts)
            return
        reply.events += session.feed.image(topic, body, reply.now, ts)
        if topic.live:
            session.count("second_image")
        if topic.unanswered:
            session.count("image_before_ack")
        topic.imaged(reply.now)
        if topic is session.book:
            book = session.feed.book
            pool = f" (pool {book.pool})" if book.pool else ""
            reply.notes.append(
                f"{topic.name}: the book is live with {len(book.bids.sizes)} bids and "
                f"{len(book.asks.sizes)} asks{pool}"
            )

    def _ack(self, reply: Reply, body: Mapping[str, Any], ts: int) -> None:
        session = self._session
        begins = "subscribe" in body
        name = body["subscribe"] if begins else body["unsubscribe"]
        topic = next((t for t in session.topics if t.name == name), None)
        if topic is None or body.get("success") is not True:
            session.count("odd_acks")
        elif begins:
            topic.answered()
            pool = body.get("pool")
            topic.pool = pool if type(pool) is str else topic.pool
        elif topic.live:
            # Whoever unsubscribed it, no change will follow.
            session.count("unsubscribed")
            session.distrust(reply, topic, "it was unsubscribed", ts)

    def _error(self, reply: Reply, body: Mapping[str, Any], ts: int) -> None:
        session = self._session
        status, text = reactions.status_of(body), shown(body.get("error", ""))
        session.count(f"error_{status}" if status in _COUNTED else "error_other")
        reply.notes.append(f"the exchange answers {status}: {text}")
        reaction = reactions.to_error(body)
        if reaction.kind == reactions.REFUSED:
            fault = f"{session.config.url} answers {status}, {text}; market data needs no key"
            session.fail(reply, ConfigError(f"{fault}, so check data.bitmex_api"), ts)
        elif reaction.kind == reactions.RECONNECT:
            session.reconnect(reply, f"the exchange answered {status}", ts)
        else:
            for topic in _about(session.topics, body):
                if not reply.close:
                    self._answer(reply, topic, reaction, text, ts)

    def _answer(
        self, reply: Reply, topic: Topic, reaction: reactions.Reaction, text: str, ts: int
    ) -> None:
        """Take the refusal of a topic that was asked for."""
        session = self._session
        if reaction.kind == reactions.SUBSCRIBED:
            topic.answered()
        elif reaction.kind == reactions.WAIT:
            session.postpone(reply, topic, reaction.wait_s, ts)
        elif reaction.kind in (reactions.NO_SYMBOL, reactions.NO_TABLE):
            if topic.required:
                fault = f"{topic.name}: the exchange answers {text}; check strategy.symbol"
                session.fail(reply, ConfigError(f"{fault} and data.bitmex_api"), ts)
            else:
                session.give_up(reply, topic, f"the exchange answers {text}")


def _about(topics: list[Topic], body: Mapping[str, Any]) -> list[Topic]:
    """Find the topics that an error is about, among those that have had no answer so far.

    An error echoes the whole request, which may name many topics; its text may name one. An
    error without a request is about none.
    """
    asked = body.get("request")
    if type(asked) is not dict or asked.get("op") != "subscribe":
        return []
    args: Any = asked.get("args")
    named = args if type(args) is list else [args]
    asked_for = [topic for topic in topics if topic.name in named]
    text = str(body.get("error", "")).rstrip(".")
    told = [t for t in asked_for if text.endswith((f": {t.name}", f": {t.table}"))]
    return [topic for topic in told or asked_for if topic.unanswered]
