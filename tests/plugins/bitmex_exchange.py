"""A model of the exchange for tests of its protocol: a book, and the frames that tell of it.

Speaks two row profiles: ``2021`` (derived ids, no price on changes, no timestamps) and ``2026``
(arbitrary ids, everything on every row, Java doubles, pools). Every frame comes with the levels
as they were when it was made, so that a client can be held to them.
"""

import json
import random
from decimal import Decimal
from typing import Any

import attrs

from mm.api import Instrument
from mm_bitmex.config import BitmexConfig
from mm_bitmex.protocol import Protocol
from mm_bitmex.session import State
from mm_bitmex.step import Step

T0 = 1_788_343_200_000_000  # µs: 2026-09-02 10:00 UTC
XBTUSD = Instrument(symbol="XBTUSD", tick_size=Decimal("0.1"), lot_size=Decimal(100))
TOPICS = tuple(
    f"{name}:XBTUSD" for name in ("orderBookL2", "trade", "instrument", "funding", "quote")
)
WELCOME = '{"info":"Welcome to the BitMEX Realtime API.","version":"2.0.0"}'

Levels = tuple[list[tuple[int, int]], list[tuple[int, int]]]
"""Bids and asks as (ticks, lots), best first."""


def stamp(us: int) -> str:
    """Write the time ``us`` after 10:00 UTC on the model's day, to the millisecond."""
    ms = us // 1000
    return f"2026-09-02T{10 + ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:" + (
        f"{ms // 1000 % 60:02d}.{ms % 1000:03d}Z"
    )


def table(name: str, action: str, rows: list[dict[str, Any]], **more: Any) -> str:
    """Write a table message."""
    return json.dumps({"table": name, "action": action, "data": rows, **more})


def image(name: str, rows: list[dict[str, Any]], **more: Any) -> str:
    """Write a partial for XBTUSD."""
    filters = {"filter": {"symbol": "XBTUSD", **more}}
    return table(name, "partial", rows, keys=[], types={}, **filters)


def ack(topic: str, op: str = "subscribe", **more: Any) -> str:
    """Write the acknowledgement of a topic."""
    return json.dumps(
        {"success": True, op: topic, "request": {"op": op, "args": list(TOPICS)}, **more}
    )


@attrs.define
class Exchange:
    """The book of XBTUSD and the messages about it."""

    random: random.Random
    profile: str = "2026"
    now_us: int = 0
    """µs after 10:00, as its clock says."""
    rows: dict[tuple[str, int], tuple[int, int]] = attrs.field(factory=dict)
    """(side, id) to (ticks, lots)."""
    last_id: int = 234_027_000_000

    def levels(self) -> Levels:
        """What a client should have."""
        bids = sorted((v for (side, _), v in self.rows.items() if side == "Buy"), reverse=True)
        return bids, sorted(v for (side, _), v in self.rows.items() if side == "Sell")

    def fill(self, count: int = 6) -> None:
        """Put some levels on both sides."""
        for side in ("Buy", "Sell"):
            for _ in range(count):
                self._insert(side)

    def image(self) -> str:
        """Make the partial of the book."""
        rows = [self._row(side, id_, "partial") for side, id_ in self.rows]
        more = {"pool": "Primary"} if self.profile == "2026" else {}
        return image("orderBookL2", rows, **more)

    def change(self) -> str:
        """Change the book at random; make the message that says so."""
        action = self.random.choice(("insert", "update", "update", "delete"))
        count = self.random.choice((1, 1, 1, 2, 4))
        if action == "insert" or len(self.rows) < count:
            new = [self._insert(self.random.choice(("Buy", "Sell"))) for _ in range(count)]
            rows = [self._row(*key, "insert") for key in dict.fromkeys(new) if key is not None]
            return table("orderBookL2", "insert", rows)
        keys = self.random.sample(sorted(self.rows), count)
        if action == "update":
            for key in keys:
                self.rows[key] = (self.rows[key][0], self.random.randint(1, 500))
        rows = [self._row(*key, action) for key in keys]
        if action == "delete":
            for key in keys:
                del self.rows[key]
        return table("orderBookL2", action, rows)

    def quote(self) -> str:
        """Make the quote of the book as it is."""
        row: dict[str, Any] = {"symbol": "XBTUSD", "timestamp": stamp(self.now_us)}
        for name, levels in zip(("bid", "ask"), self.levels(), strict=True):
            if levels:
                row |= {f"{name}Price": levels[0][0] / 10, f"{name}Size": 100 * levels[0][1]}
        if self.profile == "2026":
            row["pool"] = "Primary"
        return table("quote", "insert", [row])

    def trade(self) -> str:
        """Make a trade of 300 contracts at 64600."""
        row = {"timestamp": stamp(self.now_us), "symbol": "XBTUSD", "side": "Buy"}
        return table("trade", "insert", [{**row, "size": 300, "price": 64600.0}])

    def instrument(self) -> str:
        """Make an update of the mark price, and now and then of the funding."""
        row: dict[str, Any] = {"symbol": "XBTUSD", "timestamp": stamp(self.now_us)}
        row["markPrice"] = self.random.randint(6_460_000, 6_460_009) / 100
        if self.random.random() < 0.3:
            row |= {"fundingRate": self.random.choice((1e-4, -3.0000000000000003e-4, None))}
            row |= {"fundingTimestamp": stamp(7_200_000_000)}
        return table("instrument", "update", [row])

    def _insert(self, side: str) -> tuple[str, int] | None:
        taken = {ticks for (_, _), (ticks, _) in self.rows.items()}
        distance = self.random.randint(1, 40)
        ticks = 646_000 - distance if side == "Buy" else 646_000 + distance
        if ticks in taken:
            return None
        if self.profile == "2021":
            id_ = 8_800_000_000 - 10 * ticks
        else:
            self.last_id += self.random.randint(1, 9)
            id_ = self.last_id
        self.rows[side, id_] = (ticks, self.random.randint(1, 500))
        return side, id_

    def _row(self, side: str, id_: int, action: str) -> dict[str, Any]:
        ticks, lots = self.rows[side, id_]
        row: dict[str, Any] = {"symbol": "XBTUSD", "id": id_, "side": side}
        if action != "delete":
            row["size"] = 100 * lots
        if self.profile == "2026":
            at = stamp(self.now_us)
            return {**row, "price": ticks / 10, "timestamp": at, "transactTime": at,
                    "pool": "Primary"}  # fmt: skip
        return {**row, "price": ticks / 10} if action in ("partial", "insert") else row


@attrs.define
class Client:
    """Drives a protocol by hand, with a clock of its own."""

    protocol: Protocol
    now: float = 100.0
    """s"""
    steps: list[Step] = attrs.field(factory=list)

    @classmethod
    def make(cls, seed: int = 0, **config: Any) -> "Client":
        """Make a client that waits to open its first connection."""
        return cls(Protocol(BitmexConfig(**config), XBTUSD, seed))

    @property
    def ts(self) -> int:
        """µs: larger with every call; 100 s on our clock are 10:00 UTC."""
        return T0 + round((self.now - 100) * 1e6) + 10 * len(self.steps) + 50_000

    def do(self, name: str, *arguments: Any) -> Step:
        """Give the protocol an input."""
        step: Step = getattr(self.protocol, name)(*arguments, self.now, self.ts)
        self.steps.append(step)
        return step

    def closed(self, reason: str = "code 1006") -> Step:
        """End the connection."""
        return self.do("closed", reason)

    def frame(self, text: str | bytes) -> Step:
        """Deliver a frame."""
        return self.do("frame", text)

    def wait(self) -> Step:
        """Let time pass until the protocol wants to be woken, and wake it."""
        self.now = max(self.protocol.wake_at, self.now)
        if self.protocol.state is State.WAITING:
            return self.do("opening")
        return self.do("wake")

    def open(self) -> Step:
        """Open a connection up to the request of topics, which the step holds."""
        self.wait()
        step = self.do("opened")
        self.frame(WELCOME)
        return step

    def live(self, exchange: Exchange) -> None:
        """Open a connection and bring every topic to life."""
        self.open()
        for topic in TOPICS:
            self.frame(ack(topic))
        self.frame(exchange.image())
        for topic in TOPICS[1:]:
            self.frame(image(topic.partition(":")[0], []))

    def rows(self) -> list[tuple[int, ...]]:
        """All events so far."""
        return [row for step in self.steps for row in step.events.tolist()]


def live_client(seed: int = 0, **config: Any) -> tuple[Client, Exchange]:
    """Make a client whose topics are live, and its exchange."""
    exchange = Exchange(random.Random(seed))
    exchange.fill()
    client = Client.make(seed, **config)
    client.live(exchange)
    return client, exchange
