"""A session's connections and subscriptions: what is asked for, until when, and what follows.

Holds the phase, the timers and the topics of ``protocol``, and decides when to ask again, when to
reconnect and when to give up. Knows no frames: what they say is told to it in words of its own.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Final, NamedTuple

from mm.api import MICRO, Instrument, MMError
from mm_bitmex.backoff import Backoff
from mm_bitmex.config import BitmexConfig
from mm_bitmex.feed import Feed
from mm_bitmex.normalise import OLDEST
from mm_bitmex.step import Reply
from mm_bitmex.topics import NEVER, Topic, request


class State(Enum):
    """Where a session stands."""

    WAITING = "waiting"
    CONNECTING = "connecting"
    SUBSCRIBING = "subscribing"
    IMAGES = "awaiting images"
    LIVE = "live"
    RESUBSCRIBING = "resubscribing"
    FAILED = "failed"
    STOPPED = "stopped"


OPEN: Final = State.LIVE
"""As a phase: subscribed; which of the states it is, the topics tell."""


class Doubt(NamedTuple):
    """Why the book may have to be fetched anew though no row is wrong."""

    counted_as: str
    why: str  # a clause, with fields of the configuration
    counts: bool


_CONTRADICTED: Final = Doubt(
    "contradicted_books", "for {0.quote_check_s:g} s no quote was the book's", False
)
_DOUBTS: Final = (
    Doubt("crossed_books", "the book stays crossed", True),
    Doubt("idle_books", "the book is silent for {0.idle_s:g} s", False),
    Doubt("refreshes", "{0.refresh_s:g} s have passed", False),
    _CONTRADICTED,
)


class Session:
    """One session, over as many connections as it takes."""

    def __init__(self, config: BitmexConfig, instrument: Instrument, seed: int) -> None:
        self.config = config
        self.counts: dict[str, int] = {}
        self.feed = Feed(config, instrument, self.counts)
        symbol = instrument.symbol
        self.book = Topic(config.depth, symbol, required=True)
        self._topics = (
            self.book,
            Topic("trade", symbol, required=True),
            Topic("instrument", symbol, required=False),
            Topic("funding", symbol, required=False),
            *([Topic("quote", symbol, required=False)] if config.quote_check_s else []),
        )
        self._backoff = Backoff(
            config.backoff_s, config.backoff_cap_s, config.max_opens_per_hour, seed
        )
        self.has_been_live = self._clock_is_told = False
        self._state_told = ""
        self.phase = State.WAITING
        self._deadline = 0.0  # s: WAITING: open; CONNECTING: give up
        self._heard = 0.0  # s: the last frame
        self._pinged: float | None = None  # s: a ping that nothing has followed yet
        self._live_from: float | None = None  # s: since when all that is required is live

    @property
    def topics(self) -> list[Topic]:
        """The topics that the exchange has, as far as known."""
        return [topic for topic in self._topics if not topic.given_up]

    @property
    def state(self) -> State:
        """Where the session stands."""
        if self.phase is not OPEN:
            return self.phase
        asleep = [topic for topic in self._topics if topic.required and not topic.live]
        if not asleep:
            return State.LIVE
        if any(topic.requests > 1 or topic.failures for topic in asleep):
            return State.RESUBSCRIBING
        return State.SUBSCRIBING if any(t.unanswered for t in asleep) else State.IMAGES

    @property
    def wake_at(self) -> float:
        """When something is due [s]; infinite once the session has failed."""
        if self.phase is not OPEN:
            return NEVER if self.phase in (State.FAILED, State.STOPPED) else self._deadline
        soonest = self._silence_ends
        for topic in self._topics:
            soonest = min(soonest, topic.deadline, topic.retry_at)
        return min(soonest, *self._doubts_at())

    @property
    def _silence_ends(self) -> float:
        """When to ping, or after a ping to call the line dead [s]."""
        last = self._heard if self._pinged is None else self._pinged
        return last + self.config.heartbeat_s

    def count(self, name: str) -> None:
        """Count an oddity."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def opening(self, now: float) -> None:
        """A connection is being opened."""
        self._backoff.opened(now)
        self.count("connections")
        self.phase, self._deadline = State.CONNECTING, now + self.config.connect_s

    def opened(self, reply: Reply, now: float) -> None:
        """It is open: subscribe to everything.

        At once, since not every server speaks first: one that replays a recording waits for us.
        """
        self.phase = OPEN
        self.heard(now)
        self.subscribe(reply, self.topics, now)

    def heard(self, now: float) -> None:
        """Something came, so the line is alive."""
        self._heard, self._pinged = now, None

    def note_live(self, now: float) -> None:
        """Start the good time of this connection, if all that is required is live."""
        if self._live_from is None and self.state is State.LIVE:
            self._live_from, self.has_been_live = now, True

    def tell_clock(self, reply: Reply) -> None:
        """Note once that the exchange's clock is not ours."""
        foreign = self.feed.foreign
        if foreign is not None and not self._clock_is_told:
            self._clock_is_told = True
            reply.notes.append(
                f"a row is stamped {foreign}, over {OLDEST // MICRO} s before it came: this is a "
                "recording, or our clock is wrong; such rows count as made when they came"
            )

    def tell_state(self, reply: Reply) -> None:
        """Note that the contract's state is another one now."""
        before, self._state_told = self._state_told, self.feed.state
        if self.feed.state != before and (before or self.feed.state != "Open"):
            reply.notes.append(
                f"the exchange says that the contract is {self.feed.state.lower() or 'unknown'}"
                + ("" if self.feed.state == "Open" else "; orders are withdrawn until it is open")
            )

    def subscribe(self, reply: Reply, topics: Sequence[Topic], now: float) -> None:
        """Ask for topics."""
        reply.send.append(request("subscribe", topics))
        for topic in topics:
            topic.asked(now, self.config.subscribe_s)

    def distrust(self, reply: Reply, topic: Topic, why: str, ts: int, counts: bool = True) -> None:
        """Ask for one topic anew; an emptied book goes downstream at once.

        Args:
            reply: of the step.
            topic: what cannot be trusted any more, or did not come.
            why: a clause, for the log.
            ts: [µs].
            counts: False if it says nothing against the connection.
        """
        now = reply.now
        self.count("resubscriptions")
        if topic is self.book:
            reply.events += self.feed.gap(ts)
        topic.lost(now, self.config.backoff_cap_s, counts)
        if not topic.worn_out:
            reply.notes.append(f"{topic.name}: {why}; subscribing anew")
            reply.send.append(request("unsubscribe", [topic]))
            self.subscribe(reply, [topic], now)
        elif topic.required:
            self.reconnect(reply, f"{topic.name}: {why}, again and again", ts)
        else:
            self.give_up(reply, topic, why)

    def postpone(self, reply: Reply, topic: Topic, wait_s: float, ts: int) -> None:
        """Ask for a topic again after a while, since the exchange said that it is busy.

        If it stays busy, only what is required is worth a new connection; the rest waits longer.
        """
        topic.answered()
        if topic is self.book:
            reply.events += self.feed.gap(ts)
        topic.lost(reply.now, self.config.backoff_cap_s, counts=True)
        if topic.worn_out and topic.required:
            self.reconnect(reply, f"{topic.name}: the exchange stays busy", ts, wait_s)
        else:
            least_s = self.config.backoff_cap_s if topic.worn_out else self.config.backoff_s
            topic.wait(reply.now + max(wait_s, least_s))

    def give_up(self, reply: Reply, topic: Topic, why: str) -> None:
        """Go on without a topic."""
        topic.reset()
        topic.given_up = True
        reply.notes.append(f"{topic.name}: {why}; going on without it")

    def reconnect(self, reply: Reply, why: str, ts: int, at_least_s: float = 0.0) -> None:
        """End the connection; the next opens when the back-off says so."""
        now = reply.now
        if self._live_from is not None:
            self._backoff.forgive(now - self._live_from)
        self._deadline = self._backoff.next_open(now, at_least_s)
        self._end(reply, State.WAITING, ts)
        reply.notes.append(f"{why}; connecting again in {self._deadline - now:.1f} s")

    def fail(self, reply: Reply, error: MMError, ts: int) -> None:
        """End the session for good."""
        self._end(reply, State.FAILED, ts)
        reply.fatal = error

    def stop(self, reply: Reply, ts: int) -> None:
        """End the session since nobody wants it any more."""
        if self.phase is not State.FAILED:
            self._end(reply, State.STOPPED, ts)

    def _end(self, reply: Reply, phase: State, ts: int) -> None:
        reply.events += self.feed.gap(ts)
        reply.send.clear()
        reply.close = True
        self.phase, self._pinged, self._live_from = phase, None, None
        for topic in self._topics:
            topic.reset()

    def do_due(self, reply: Reply, ts: int) -> None:
        """Do what is due; nothing if nothing is."""
        now = reply.now
        if self.phase is State.CONNECTING and now >= self._deadline:
            self.count("late_connections")
            self.reconnect(reply, f"no connection within {self.config.connect_s:g} s", ts)
        if self.phase is OPEN and now >= self._silence_ends:
            self._break_silence(reply, ts)
        times = self._doubts_at()
        if self.phase is OPEN and now >= min(times):
            self._do_doubt(reply, _DOUBTS[times.index(min(times))], ts)
        for topic in self._topics:
            if self.phase is OPEN:
                self._do_due_of(reply, topic, ts)

    def _do_doubt(self, reply: Reply, doubt: Doubt, ts: int) -> None:
        self.count(doubt.counted_as)
        if doubt is _CONTRADICTED and not self.feed.quote_check.contradicted():
            reply.notes.append("quotes describe another book; they are not compared any more")
        else:
            self.distrust(reply, self.book, doubt.why.format(self.config), ts, doubt.counts)

    def _break_silence(self, reply: Reply, ts: int) -> None:
        if self._pinged is None:
            self._pinged = reply.now
            self.count("pings")
            reply.send.append("ping")
        else:
            self.count("dead_lines")
            silence = reply.now - self._heard
            self.reconnect(reply, f"the line is silent for {silence:.1f} s", ts)

    def _do_due_of(self, reply: Reply, topic: Topic, ts: int) -> None:
        if reply.now >= topic.deadline:
            self.count("late_images")
            self.distrust(reply, topic, f"no image within {self.config.subscribe_s:g} s", ts)
        elif reply.now >= topic.retry_at:
            self.subscribe(reply, [topic], reply.now)

    def _doubts_at(self) -> tuple[float, ...]:
        """When the book is to be fetched anew if nothing comes [s], for each of _DOUBTS."""
        feed, config = self.feed, self.config
        return (
            feed.crossed_from + config.crossed_ms / 1000,
            feed.book_heard + (config.idle_s or NEVER),
            self.book.live_from + (config.refresh_s or NEVER),
            feed.quote_check.contradicts_at,
        )
