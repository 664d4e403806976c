"""One connection's faults: a message in, what really goes out.

The answer is messages and acts, in order; the server carries them out. Pure, and blind to topics:
``session`` decides what a client gets, this decides what becomes of it.
"""

from typing import Final, Literal, TypeAlias

import attrs

from mm_bitmex.mock.feed import Message
from mm_bitmex.mock.plan import Plan

Kind: TypeAlias = Literal["pause", "binary", "split", "tear", "cut", "close", "silence", "dribble"]


@attrs.frozen
class Act:
    """Something other than a text frame."""

    kind: Kind
    """pause: wait ``amount`` s. binary: ``text`` as a binary frame. split: ``text`` in three
    fragments, ``amount`` s between them. tear: half of ``text``'s frame, then TCP ends. cut: TCP
    ends. close: a close frame of code ``amount``. silence: nothing more is sent or heard.
    dribble: bytes go out one by one from here on."""
    text: str = ""
    amount: float = 0.0


Outgoing: TypeAlias = Message | Act

JUNK: Final[tuple[Outgoing, ...]] = (
    Message('{"table":"orderBookL2","action":"upda'),
    Message(""),
    Message("null"),
    Message("[]"),
    Message('"pong"'),
    Message("\x00 no JSON at all"),
    Message('{"table":"orderBookL2","action":"merge","data":[]}'),
    Message('{"table":"orderBookL2","action":"update","data":{"id":1}}'),
    Message('{"table":"orderBookL2","action":"update","data":[{"symbol":7,"id":"x"}]}'),
    Message('{"table":"trade","action":"insert","data":[{"price":NaN,"size":1e999}]}'),
    Message('{"table":["trade"],"action":"insert"}'),
    Message("[" * 5000),
    Act("binary", '{"table":"trade","action":"insert","data":[]}'),
)
"""No JSON, the wrong JSON, and JSON that no decoder should follow."""

HUGE_BYTES: Final = 17 << 20  # just above 16 MiB, a usual limit of those who raise theirs
BOOKS: Final = ("orderBookL2", "orderBookL2_25")
_STRANGE: Final = '"id":9'  # a digit before the id makes it ten times what any id is


class Link:
    """The way from the exchange to one client."""

    def __init__(self, plan: Plan, connection: int) -> None:
        self.plan = plan
        self.connection = connection
        self.dirty = False
        """A fault struck that the client may not be able to see."""
        self._healthy = not plan.faults.shares
        self._held: Message | None = None

    def hits(self, name: str, number: int, now_s: float) -> bool:
        """Decide whether a fault strikes this connection's message ``number``."""
        return self.plan.hits(name, self.connection, number, now_s)

    def deliver(self, message: Message, now_s: float) -> list[Outgoing]:
        """What goes out for one message of the market."""
        if self._healthy:
            return [message]
        number = message.number
        if self._lost(message, now_s):
            return []
        if message.table in BOOKS and self.hits("unknown_id", number, now_s):
            message = attrs.evolve(message, text=message.text.replace('"id":', _STRANGE, 1))
        if self._held is None and self.hits("reorder", number, now_s):
            self.dirty = True
            self._held = message
            return []
        before, body = self._before(number, now_s), self._body(message, now_s)
        return [*before, *body, *self.release(), *self._after(number, now_s)]

    def release(self) -> list[Outgoing]:
        """What was held back to come out of order."""
        held, self._held = self._held, None
        return [held] if held is not None else []

    def _lost(self, message: Message, now_s: float) -> bool:
        is_delete = message.action == "delete" and message.table in BOOKS
        lost = self.hits("drop", message.number, now_s) or (
            is_delete and self.hits("missing_delete", message.number, now_s)
        )
        self.dirty = self.dirty or lost
        return lost

    def _before(self, number: int, now_s: float) -> list[Outgoing]:
        found: list[Outgoing] = []
        if self.hits("delay", number, now_s):
            found.append(Act("pause", amount=self.plan.faults.delay_s))
        if self.hits("junk", number, now_s):
            found.append(JUNK[number % len(JUNK)])
        if self.hits("huge", number, now_s):
            found.append(Message('{"info":"' + "x" * HUGE_BYTES + '"}'))
        return found

    def _body(self, message: Message, now_s: float) -> list[Outgoing]:
        body: Outgoing = message
        if self.hits("split", message.number, now_s):
            body = Act("split", message.text, self.plan.faults.delay_s)
        return [body, body] if self.hits("duplicate", message.number, now_s) else [body]

    def _after(self, number: int, now_s: float) -> list[Outgoing]:
        for name, act in _ENDS:
            if self.hits(name, number, now_s):
                return [act]
        return []


_ENDS: Final = (
    ("disconnect", Act("cut")),
    ("close_1011", Act("close", amount=1011)),
    ("close_1012", Act("close", amount=1012)),
    ("half_open", Act("silence")),
    ("slow_loris", Act("dribble")),
)
