"""One client's conversation with the exchange: text in, texts out, with times; no I/O.

    session.open(path, now)     welcome, and what the query string asks for
    session.receive(text, now)  a frame from the client
    session.publish(msg, now)   a message of the market
    session.wake(now)           due at ``wake_at``: late partials, repeated ones, healing

Everything leaves through the connection's ``Link``, which may spoil it. Authentication, private
tables and ``cancelAllAfter`` are not offered: mm never sends keys. Private topics are refused as
the real exchange refuses them to those who have none.
"""

import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qs, urlsplit

from mm_bitmex.mock import wire as forms
from mm_bitmex.mock.feed import Message
from mm_bitmex.mock.link import BOOKS, Act, Link, Outgoing
from mm_bitmex.mock.market import Market
from mm_bitmex.mock.wire import Json

# "Too many errors during a session" end it, says BitMEX; how many, and how, is not said.
MAX_ERRORS: Final = 20
TOO_MANY_ERRORS: Final = 1008
_PSEUDO_SYMBOLS: Final = ("CONTRACTS", "DERIVATIVES")  # of ``instrument``


class Session:
    """What one client has asked for, and how far that was answered."""

    def __init__(self, market: Market, link: Link) -> None:
        self._market, self._link = market, link
        self._live: dict[str, bool] = {}  # topic -> whether its messages flow
        self._tables: frozenset[str] = frozenset()  # those whose messages flow
        self._due: list[tuple[float, str]] = []  # partials to come: (time, topic)
        self._heal_at: float | None = None
        self._errors = self._asked = self._partials = 0

    @property
    def topics(self) -> tuple[str, ...]:
        """What is subscribed, in order."""
        return tuple(self._live)

    @property
    def follows(self) -> bool:
        """Something is subscribed."""
        return bool(self._live)

    @property
    def wake_at(self) -> float | None:
        """When ``wake`` is to be called [s]; None = no need."""
        times = [at for at, _ in self._due]
        if self._heal_at is not None:
            times.append(self._heal_at)
        return min(times, default=None)

    def open(self, path: str, now_s: float, now_us: int, remaining: int) -> list[Outgoing]:
        """Greet; ``path`` as in the upgrade, ``remaining`` of this hour's connections."""
        out: list[Outgoing] = [Message(self._market.wire.welcome(now_us, remaining))]
        wanted = parse_qs(urlsplit(path).query).get("subscribe", [])
        topics = [topic for text in wanted for topic in text.split(",") if topic]
        if topics:
            out += self._subscribe(topics, {"op": "subscribe", "args": topics}, now_s)
        return out

    def receive(self, text: str, now_s: float) -> list[Outgoing]:
        """Answer a frame."""
        if text == "ping":
            return [Message("pong")]
        if text == "help":
            return [Message(forms.help_text())]
        request = _request(text)
        if request is None:
            return self._fault(forms.unrecognized())
        if request["op"] not in ("subscribe", "unsubscribe"):
            return self._fault(forms.error(401, "Signature not valid.", request))
        args = request["args"]
        topics = [args] if isinstance(args, str) else args
        if request["op"] == "subscribe":
            return self._subscribe(topics, request, now_s)
        return self._unsubscribe(topics, request)

    def publish(self, message: Message, now_s: float) -> list[Outgoing]:
        """Pass on a message of the market, if it was asked for."""
        if message.table not in self._tables:
            return []
        out = self._link.deliver(message, now_s)
        if self._link.dirty and self._heal_at is None:
            self._heal_at = self._link.plan.heal_s(now_s)
        return out

    def wake(self, now_s: float) -> list[Outgoing]:
        """Send the partials that are due, and fresh ones where faults have left their marks."""
        due = [topic for at, topic in self._due if at <= now_s]
        self._due = [(at, topic) for at, topic in self._due if at > now_s]
        out: list[Outgoing] = []
        if self._heal_at is not None and self._heal_at <= now_s:
            self._heal_at, self._link.dirty = None, False
            out += self._link.release()
            due += [topic for topic, live in self._live.items() if live and _is_book(topic)]
        for topic in dict.fromkeys(due):
            if topic in self._live:
                out += self._partial(topic, now_s)
        return out

    def _subscribe(self, topics: list[str], request: Json, now_s: float) -> list[Outgoing]:
        answers: list[list[Outgoing]] = []
        partials: list[list[Outgoing]] = []
        for topic in topics:
            refused = self._refused(topic, request, now_s)
            if refused is not None:
                answers.append(self._fault(refused))
                partials.append([])
                continue
            answers.append([Message(self._market.wire.ack("subscribe", topic, request))])
            partials.append(self._begin(topic, now_s))
        if self._market.wire.is_2021:  # all acknowledgements, then all partials
            return _flat([*answers, *partials])
        return _flat(a + p for a, p in zip(answers, partials, strict=True))

    def _refused(self, topic: str, request: Json, now_s: float) -> str | None:
        """Why a topic cannot be had; None if it can."""
        table, _, symbol = topic.partition(":")
        if table in forms.PRIVATE:
            text = (
                "User requested an account-locked subscription but no authorization was provided."
            )
            return forms.error(401, text, request, notes=f"Tables: {', '.join(forms.PRIVATE)}")
        if table not in forms.TABLES:
            return forms.error(400, f"Unknown table: {table}", request)
        pseudo = table == "instrument" and symbol in _PSEUDO_SYMBOLS
        if symbol and symbol != self._market.contract.symbol and not pseudo:
            return forms.error(400, "Unknown or expired symbol.", request)
        if topic in self._live:
            text = f"You are already subscribed to this topic: {topic}"
            return forms.error(400, text, request)
        self._asked += 1
        for status in (403, 419, 429, 503):
            if self._link.hits(f"refuse_{status}", self._asked, now_s):
                return forms.refusal(status, topic, request)
        return None

    def _begin(self, topic: str, now_s: float) -> list[Outgoing]:
        """Start a topic: its partial, or the wait for it."""
        plan = self._link.plan
        overtaken = self._link.hits("delta_before_partial", self._asked, now_s)
        late_s = 0.0 if plan.over(now_s) else plan.faults.late_partial
        if overtaken:
            late_s = plan.faults.late_s
        if late_s:
            self._follow(topic, overtaken)
            self._due.append((now_s + late_s, topic))
            return []
        return self._partial(topic, now_s)

    def _partial(self, topic: str, now_s: float) -> list[Outgoing]:
        table, _, symbol = topic.partition(":")
        first = not self._live.get(topic)
        self._follow(topic, True)
        self._partials += 1
        empty = table in BOOKS and self._link.hits("empty_partial", self._partials, now_s)
        if empty:
            self._link.dirty = True
            self._heal_at = self._link.plan.heal_s(now_s)
        if first and self._link.hits("duplicate_partial", self._partials, now_s):
            self._due.append((now_s + self._link.plan.faults.delay_s, topic))
        if symbol in _PSEUDO_SYMBOLS:
            symbol = ""
        message = self._market.partial(table, symbol, empty=empty)
        if self._link.hits("cut_partial", self._partials, now_s):
            return [Act("tear", message.text)]
        return [message]

    def _unsubscribe(self, topics: list[str], request: Json) -> list[Outgoing]:
        out: list[Outgoing] = []
        for topic in topics:
            if self._live.pop(topic, None) is None:
                text = f"You are not subscribed to this topic: {topic}"
                out += self._fault(forms.error(400, text, request))
                continue
            out.append(Message(self._market.wire.ack("unsubscribe", topic, request)))
        self._tables = _flowing(self._live)
        self._due = [(at, topic) for at, topic in self._due if topic in self._live]
        return out

    def _follow(self, topic: str, live: bool) -> None:
        self._live[topic] = live
        self._tables = _flowing(self._live)

    def _fault(self, text: str) -> list[Outgoing]:
        self._errors += 1
        if self._errors > MAX_ERRORS:
            return [Message(text), Act("close", amount=TOO_MANY_ERRORS)]
        return [Message(text)]


def _request(text: str) -> Json | None:
    """Read a request; None if it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("op"), str):
        return None
    if found["op"] in ("authKey", "authKeyExpires", "cancelAllAfter"):
        return found
    args = found.get("args")
    texts = [args] if isinstance(args, str) else args
    good = isinstance(texts, list) and texts and all(isinstance(t, str) and t for t in texts)
    return found if good and found["op"] in ("subscribe", "unsubscribe") else None


def _flowing(live: dict[str, bool]) -> frozenset[str]:
    return frozenset(topic.partition(":")[0] for topic, flows in live.items() if flows)


def _is_book(topic: str) -> bool:
    return topic.partition(":")[0] in BOOKS


def _flat(parts: Iterable[list[Outgoing]]) -> list[Outgoing]:
    return [item for part in parts for item in part]
