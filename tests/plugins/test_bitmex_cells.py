"""Every input in every state: where it leads, what it emits, what it sends."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from tests.plugins.bitmex_exchange import (
    TOPICS,
    WELCOME,
    Client,
    Exchange,
    ack,
    image,
    stamp,
    table,
)

from mm.api import CLEAR, LEVEL, QUOTE, TICKER, TRADE
from mm_bitmex.session import State
from mm_bitmex.step import Step

LETTERS = dict(zip(State, "WCSILRFE", strict=True))
KINDS = {TRADE: "T", QUOTE: "Q", LEVEL: "L", CLEAR: "C", TICKER: "K"}
BOOK = TOPICS[0]
OVER = (State.FAILED, State.STOPPED)


def reach(state: State) -> tuple[Client, Exchange]:
    """Bring a client to a state by the shortest way."""
    exchange = Exchange(random.Random(1))
    exchange.fill()
    client = Client.make()
    ways: list[tuple[State, Callable[[], object]]] = [
        (State.WAITING, lambda: client.do("opening")),
        (State.CONNECTING, lambda: client.do("opened")),
        (State.SUBSCRIBING, lambda: [client.frame(ack(topic)) for topic in TOPICS]),
        (State.IMAGES, lambda: [client.frame(text) for text in images(exchange)]),
        (State.LIVE, lambda: client.frame("garbage")),
        (State.RESUBSCRIBING, lambda: client.frame(error(403, "This key is disabled."))),
    ]
    if state is State.STOPPED:
        ways = [(State.WAITING, lambda: client.do("stop"))]
    for before, go in ways:
        if client.protocol.state is state:
            break
        assert client.protocol.state is before
        go()
    assert client.protocol.state is state
    return client, exchange


def images(exchange: Exchange) -> list[str]:
    return [exchange.image(), *(image(topic.partition(":")[0], []) for topic in TOPICS[1:])]


def error(status: int | str, text: str, **more: Any) -> str:
    asked = {"op": "subscribe", "args": list(TOPICS)}
    return json.dumps({"status": status, "error": text, "meta": {}, "request": asked, **more})


def row(**columns: Any) -> list[dict[str, Any]]:
    return [{"symbol": "XBTUSD", **columns}]


def seen(client: Client, step: Step) -> str:
    """State, ``!`` if it is fatal; kinds of events in order; requests with their topics."""
    kinds = "".join(KINDS[event["kind"]] for event in step.events)
    requests = [json.loads(text) for text in step.send]
    sent = [f"{request['op'][:3]}{len(request['args'])}" for request in requests]
    letter = LETTERS[client.protocol.state] + ("!" if step.fatal else "")
    # A snapshot's levels are many.
    shown = kinds if len(kinds) <= 4 else f"{kinds[:3]}+"
    return "/".join([letter, shown, ",".join(sent)]).rstrip("/")


INPUTS: dict[str, Callable[[Client, Exchange], Step]] = {
    "opening": lambda c, e: c.do("opening"),
    "opened": lambda c, e: c.do("opened"),
    "refused 401": lambda c, e: c.do("refused", 401, None),
    "refused 429": lambda c, e: c.do("refused", 429, "29"),
    "refused 503": lambda c, e: c.do("refused", 503, None),
    "closed": lambda c, e: c.closed(),
    "stop": lambda c, e: c.do("stop"),
    "wake early": lambda c, e: c.do("wake"),
    "welcome": lambda c, e: c.frame(WELCOME),
    "pong": lambda c, e: c.frame("pong"),
    "ack": lambda c, e: c.frame(ack(BOOK)),
    "ack of another": lambda c, e: c.frame(ack("chat")),
    "ack of no success": lambda c, e: c.frame(ack(BOOK, success=False)),
    "unsubscribed": lambda c, e: c.frame(ack(BOOK, "unsubscribe")),
    "book image": lambda c, e: c.frame(e.image()),
    "empty image": lambda c, e: c.frame(image("orderBookL2", [])),
    "garbled image": lambda c, e: c.frame(image("orderBookL2", row(id="x"))),
    "other's image": lambda c, e: c.frame(
        table("orderBookL2", "partial", [], filter={"symbol": "ETHUSD"})
    ),
    "book change": lambda c, e: c.frame(e.change()),
    "unknown id": lambda c, e: c.frame(table("orderBookL2", "delete", row(id=7, side="Buy"))),
    "trade image": lambda c, e: c.frame(image("trade", row(size=100, price=64600.0))),
    "trade": lambda c, e: c.frame(e.trade()),
    "instrument image": lambda c, e: c.frame(image("instrument", row(markPrice=64600.05))),
    "instrument": lambda c, e: c.frame(table("instrument", "update", row(markPrice=64600.05))),
    "tick changed": lambda c, e: c.frame(table("instrument", "update", row(tickSize=0.01))),
    "funding": lambda c, e: c.frame(
        table("funding", "insert", row(fundingRate=1e-4, timestamp=stamp(0)))
    ),
    "quote": lambda c, e: c.frame(table("quote", "insert", row())),
    "400 subscribed": lambda c, e: c.frame(
        error(400, f"You are already subscribed to this topic: {BOOK}.")
    ),
    "400 symbol": lambda c, e: c.frame(error(400, "Unknown or expired symbol.")),
    "400 table": lambda c, e: c.frame(error(400, "Unknown table: funding")),
    "400 request": lambda c, e: c.frame(error(400, "Unrecognized request.", request={})),
    "401": lambda c, e: c.frame(error(401, "no authorization was provided.")),
    "403": lambda c, e: c.frame(error(403, "This key is disabled.")),
    "419": lambda c, e: c.frame(error("419", "Access Token expired for subscription: order:*")),
    "429": lambda c, e: c.frame(error(429, "Rate limit exceeded, retry in 1 seconds.")),
    "503": lambda c, e: c.frame(error(503, "Max Pending subscription limit reached")),
    "reply": lambda c, e: c.frame('{"request":{"op":"authKeyExpires"},"success":true}'),
    "unknown form": lambda c, e: c.frame('{"hello":1}'),
    "no JSON": lambda c, e: c.frame('{"table":"orde'),
    "garbled table": lambda c, e: c.frame('{"table":"orderBookL2","data":[]}'),
    "binary": lambda c, e: c.frame(b"\x00"),
}

# One column a state, in the order of ``State``; cells as ``seen`` writes them: where it leads, what
# it emits, what it sends.
CELLS = """
opening          | C C S I L R F E
opened           | W S//sub5 S I L R F E
refused 401      | W F! S I L R F E
refused 429      | W W S I L R F E
refused 503      | W W S I L R F E
closed           | W W W W W/QLCL W F E
stop             | E E E E E/QLCL E F E
wake early       | W C S I L R F E
welcome          | W C S I L R F E
pong             | W C S I L R F E
ack              | W C S I L R F E
ack of another   | W C S I L R F E
ack of no success| W C S I L R F E
unsubscribed     | W C S I R/QLCL/uns1,sub1 R F E
book image       | W C S/QCL+ I/QCL+ L/LCL+ R F E
empty image      | W C S/CL I/CL L/QLCL R F E
garbled image    | W C R//uns1,sub1 R//uns1,sub1 R/QLCL/uns1,sub1 R F E
other's image    | W C S I L R F E
book change      | W C S I L/L R F E
unknown id       | W C S I R/QLCL/uns1,sub1 R F E
trade image      | W C S I L R F E
trade            | W C S I L/T R/T F E
instrument image | W C S/K I/K L/K R/K F E
instrument       | W C S I L/K R/K F E
tick changed     | W C S I F!/QLCL F! F E
funding          | W C S I L/K R/K F E
quote            | W C S I L R F E
400 subscribed   | W C S I L R F E
400 symbol       | W C F! I L F! F E
400 table        | W C S I L R F E
400 request      | W C S I L R F E
401              | W C F! F! F!/QLCL F! F E
403              | W C F! F! F!/QLCL F! F E
419              | W C W W W/QLCL W F E
429              | W C R I L R F E
503              | W C R I L R F E
reply            | W C S I L R F E
unknown form     | W C S I L R F E
no JSON          | W C S I R/QLCL/uns1,sub1 R F E
garbled table    | W C S I R/QLCL/uns1,sub1 R F E
binary           | W C S I R/QLCL/uns1,sub1 R F E
"""


def cells() -> dict[str, list[str]]:
    lines = [line.split("|") for line in CELLS.strip().splitlines()]
    return {line[0].strip(): line[1].split() for line in lines}


@pytest.mark.parametrize("kind", INPUTS)
def test_every_input_has_its_effect_in_every_state(kind: str) -> None:
    found = []
    for state in State:
        client, exchange = reach(state)
        found.append(seen(client, INPUTS[kind](client, exchange)))
    assert found == cells()[kind]


@pytest.mark.parametrize("state", [s for s in State if s not in OVER], ids=str)
def test_a_state_that_waits_in_vain_moves_on(state: State) -> None:
    client, _ = reach(state)
    assert client.protocol.wake_at < float("inf")
    for _ in range(12):
        if client.protocol.state is not state:
            break
        client.wait()
    assert client.protocol.state is not state


@pytest.mark.parametrize("state", OVER, ids=str)
def test_a_session_that_is_over_never_wants_to_wake(state: State) -> None:
    client, _ = reach(state)
    assert client.protocol.wake_at == float("inf")
    assert client.do("wake").close is False
