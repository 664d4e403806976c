"""A model of a connection for tests: frames under way, in order, with faults on the line.

Each frame travels with the exchange's levels as they were when it was sent.
"""

import json
import random
from typing import Any

import attrs
from tests.plugins.bitmex_exchange import TOPICS, Client, Exchange, Levels, ack, image, table

from mm_bitmex.frames import classify
from mm_bitmex.session import State
from mm_bitmex.step import Step

BOOK = TOPICS[0]

WRONG: dict[str, list[Any]] = {
    "id": ["x", None, True, [], 1.5],
    "side": ["x", None, 1, {}],
    "size": ["x", None, True, [], -100, 0, 0.5, 150, 1e300],
    "price": ["x", True, [], -1, 0, 0.55, 1e300],
    "symbol": [None, 1, []],
    "pool": [1, []],
    "timestamp": ["x", 1, "2026-13-45T99:99:99Z", []],
}
"""Values that cannot be taken for good ones."""


@attrs.define
class Link:
    """A client, an exchange, and what is under way between them."""

    client: Client
    exchange: Exchange
    random: random.Random
    queue: list[tuple[str, Levels]] = attrs.field(factory=list)
    subscribed: set[str] = attrs.field(factory=set)
    owed: list[str] = attrs.field(factory=list)
    """Topics whose images are yet to be sent."""
    lazy: bool = False
    """True: images wait for ``send_images``."""

    delivered: Levels = ([], [])
    """As of the last frame that the client got."""

    def put(self, text: str) -> None:
        """Send a frame."""
        self.queue.append((text, self.exchange.levels()))

    def slip_in(self, text: str) -> None:
        """Put a frame that the exchange did not send before all that are under way."""
        self.queue.insert(0, (text, self.delivered))

    def tick(self, seconds: float) -> None:
        """Let time pass, and the client wake if it wants to."""
        self.client.now += seconds
        self.exchange.now_us += round(seconds * 1e6)
        if self.client.now >= self.client.protocol.wake_at:
            self.react(self.client.wait())

    def wait(self) -> None:
        """Let time pass until the client wakes; connect if it wants to."""
        before = self.client.now
        self.react(self.client.wait())
        self.exchange.now_us += round((self.client.now - before) * 1e6)
        if self.client.protocol.state is State.CONNECTING:
            self.put('{"info":"Welcome"}')
            self.react(self.client.do("opened"))

    def react(self, step: Step) -> Step:
        """Take what the client sends; the end of the connection loses what is under way."""
        assert step.fatal is None, step.fatal
        if step.close:
            self.queue.clear()
            self.subscribed.clear()
            self.owed.clear()
        for text in step.send:
            self._serve(text)
        return step

    def _serve(self, text: str) -> None:
        if text == "ping":
            self.put("pong")
            return
        message = json.loads(text)
        for topic in message["args"]:
            self.put(ack(topic, message["op"]))
            if message["op"] == "unsubscribe":
                self.subscribed.discard(topic)
                self.owed = [t for t in self.owed if t != topic]
            else:
                self.subscribed.add(topic)
                self.owed.append(topic)
        if not self.lazy:
            self.send_images()

    def send_images(self) -> None:
        """Send the images that are owed."""
        for topic in self.owed:
            book = topic == BOOK
            self.put(self.exchange.image() if book else image(topic.partition(":")[0], []))
        self.owed.clear()

    def change(self) -> None:
        """Change the book; tell of it if the client subscribed (also before its image)."""
        text = self.exchange.change()
        if BOOK in self.subscribed:
            self.put(text)

    def deliver(self) -> bool:
        """Give the client the next frame; say whether there was one."""
        if not self.queue:
            return False
        text, levels = self.queue.pop(0)
        self.tick(0.001)
        self.react(self.client.frame(text))
        self.delivered = levels
        if self.client.protocol.book_is_live:
            assert self.client.protocol.levels() == levels
        return True

    def heal(self) -> None:
        """Let everything go well until the client is live and has everything."""
        self.lazy = False
        self.send_images()
        # A day: the hourly budget of connections may have to refill.
        end = self.client.now + 86_400
        while self.queue or self.client.protocol.state is not State.LIVE:
            if not self.deliver():
                self.wait()
            assert self.client.now < end
        assert self.client.protocol.levels() == self.exchange.levels()

    def unsubscribe(self) -> None:
        """End the subscription of the book, though nobody asked: no change follows."""
        self.subscribed.discard(BOOK)
        self.owed = [topic for topic in self.owed if topic != BOOK]
        self.put(ack(BOOK, "unsubscribe"))

    def garble(self) -> None:
        """Put a wrong value into the next frame that has rows."""
        for at, (text, levels) in enumerate(self.queue):
            body = classify(text).body  # empty of what was cut short
            if body.get("table") == "orderBookL2" and body["data"]:
                row = self.random.choice(body["data"])
                column = self.random.choice([c for c in WRONG if c in row])
                row[column] = self.random.choice(WRONG[column])
                self.queue[at] = (json.dumps(body), levels)
                return

    def stranger(self) -> None:
        """Slip in rows that are not ours: another symbol's, another pool's."""
        row = {"symbol": "ETHUSD", "id": 1, "side": "Buy", "size": 1, "price": 1.0}
        if self.exchange.profile == "2026" and self.random.random() < 0.5:
            row |= {"symbol": "XBTUSD", "pool": "Secondary"}
        self.slip_in(table("orderBookL2", self.random.choice(("insert", "delete")), [row]))
