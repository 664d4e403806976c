"""A fill's story in plain words: a headline, then a line for each thing that happened.

Times are UTC with microseconds; prices and sizes as the run wrote them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from mm.explain.story import Story

_INDENT: Final = 10
CURRENCY: Final = {
    "Linear": "quote currency",
    "Inverse": "base currency",
    "Quanto": "settlement currency",
}
"""Kind of contract -> what its money is in."""
_UNFINISHED: Final = {
    "killed": "the run was killed before its end: this is told from what it had written until then",
    "running": "the run still goes on: this is told from what it has written so far",
}
_BASIS_POINTS: Final = 10_000


def in_words(story: Story) -> str:
    """Tell the story."""
    lines = [] if story.verdict is None else [story.verdict]
    lines += [_UNFINISHED[story.unfinished]] if story.unfinished else []
    lines += [_headline(story), ""]
    for label, texts in (
        ("decided", _decided(story)),
        ("arrived", _arrived(story)),
        ("queue", _queue(story)),
        ("waited", _waited(story)),
        ("level", _level(story)),
        ("filled", _why(story)),
        ("left", _left(story)),
        ("fee", _fee(story)),
        ("spread", _spread(story)),
        ("after", _after(story)),
        ("data", _data(story)),
    ):
        for at, text in enumerate(texts):
            lines.append(f"{label if at == 0 else '':<{_INDENT}}{text}")
    return "\n".join(lines)


def _headline(story: Story) -> str:
    trade, found = story.trade, story.found
    verb = "bought" if story.buy else "sold"
    which, of = found.of_order
    part = f", its fill {which} of {of}" if of > 1 else ""
    return (
        f"Fill {found.number} of {found.fills}: {verb} {trade['size']} {trade['symbol']} at"
        f" {trade['price']} as {trade['liquidity']} (order {trade['order_id']}{part},"
        f" client id {trade['client_id']})"
    )


def _decided(story: Story) -> Iterator[str]:
    found = story.found
    decided = int((found.entry or found.trade)["ts_decided"])
    yield f"{_moment(decided)} UTC"
    seen = found.decision
    if seen is None:
        yield "what the strategy saw then was not written down"
        return
    touch = f"{seen['best_bid'] or 'no bid'} | {seen['best_ask'] or 'no ask'}"
    yield f"it saw {touch} with position {seen['position']}"
    model = [f"{name} {seen[name]}" for name in ("sigma", "A", "k", "reservation") if seen[name]]
    if model:
        yield f"its model said {', '.join(model)}"
    wanted = [f"{side} at {seen[side]}" for side in ("bid", "ask") if seen[side]]
    clamps = [seen[f"{side}_clamp"] for side in ("bid", "ask") if seen[f"{side}_clamp"]]
    held = f" (held back: {', '.join(clamps)})" if clamps else ""
    yield f"it wanted {' and '.join(wanted) or 'no quote'}{held}"


def _arrived(story: Story) -> Iterator[str]:
    entry = story.found.entry
    if entry is None:
        yield "the order's arrival was not written down"
        return
    at, decided = int(entry["ts_arrived"]), int(entry["ts_decided"])
    verb = "accepted" if entry["event"] == "accepted" else "moved"
    command = story.found.command
    kind = "order"
    if command is not None:
        post_only = "post-only " if command["post_only"] == "1" else ""
        kind = f"{post_only}{command['type']} order, {command['tif']}"
    price = f" at {entry['price']}" if entry["price"] else ""
    yield f"{_moment(at)}, {_ms(at - decided)} later"
    yield f"{verb}: to {entry['side']} {entry['size']}{price} ({kind})"
    waited = int(entry["ts_venue"]) - at
    yield f"{_latency(story)}; it took effect {_ms(waited)} on, with the venue's next message"


def _latency(story: Story) -> str:
    table = story.execution
    name = table.get("latency_model", "constant")
    if name != "constant":
        return f"latency by the model {name!r}"
    return f"latency {table['latency_ms']:g} ms there and {table['response_latency_ms']:g} ms back"


def _queue(story: Story) -> Iterator[str]:
    ahead = story.trade["ahead_at_entry"]
    if story.trade["rule"] == "taker":
        yield "it crossed the spread, so it never queued"
    elif ahead == "":
        yield "its price was beyond what the data show, so its place is not known"
    elif Decimal(ahead) == 0:
        yield f"nobody stood ahead at {story.price}: it was first"
    else:
        yield f"{ahead} stood ahead at {story.price} on arrival"


def _waited(story: Story) -> Iterator[str]:
    prints = story.prints
    if story.waited_us is None or story.trade["rule"] == "taker":
        return
    yield f"{story.waited_us / 1e6:.6f} s from there to the fill"
    if prints is None:
        return
    yield f"{_prints(prints.at_price, prints.size_at_price)} at {story.price} took from our side"
    if prints.beyond:
        side = "below" if story.buy else "above"
        yield f"{_prints(prints.beyond, prints.size_beyond)} {side} it passed our price"


def _level(story: Story) -> Iterator[str]:
    level = story.level
    if level is None or story.trade["rule"] == "taker":
        return
    shown = "nothing" if not level.at_fill else f"{level.at_fill}"
    if not level.changes:
        yield f"did not change in the {level.source}: {shown} was shown just before the fill"
        return
    yield (
        f"changed {_count(level.changes, 'time')} in the {level.source}: {level.removed} taken off,"
        f" {level.added} added, {shown} shown just before the fill"
    )
    if story.prints is not None and level.removed:
        printed = min(story.prints.size_before, level.removed)
        swept = " and the sweep beyond" if story.prints.beyond else ""
        rest = level.removed - printed
        yield f"of the {level.removed}, prints took {printed}, cancels{swept} {rest}"


def _why(story: Story) -> Iterator[str]:
    trade = story.trade
    at, known = int(trade["ts_venue"]), int(trade["ts_known"])
    yield f"{_moment(at)}, known to us {_ms(known - at)} later"
    trigger = story.prints.trigger if story.prints else None
    row = f"print {trade['print_row']}" if trade["print_row"] else "no print"
    if trigger is not None:
        row += f" ({trigger['side']} {trigger['amount']} at {trigger['price']})"
    yield by_rule(trade["rule"], trade["price"], row, trade["ahead_at_fill"])
    if trade["rule"] in ("traded_through", "book_crossed"):
        yield f"{_ahead(trade['ahead_at_fill'])} no longer counted"
    if trade["rule"] == "model_draw":
        model = story.execution["fill_model"]
        yield f"the model {model!r} drew {_rounded(trade['draw'])}{_threshold(story)}"


def by_rule(rule: str, price: str, row: str, ahead: str) -> str:
    """Say in a sentence why the simulation filled an order.

    Args:
        rule: as in ``trades.csv``; one that is not known here is given back.
        price: of the fill.
        row: the print that did it, in words.
        ahead: size that still stood ahead; empty = not known.
    """
    reached = "reached us, with nobody ahead"
    if ahead and Decimal(ahead):
        reached = f"used up {_ahead(ahead)} and reached us"
    return {
        "taker": f"taker: on arrival it took what was displayed at {price}",
        "queue_reached": f"queue reached: {row} {reached}",
        "traded_through": f"traded through: {row} went past our price",
        "book_crossed": "book crossed: the other side's best price reached ours",
        "model_draw": f"model draw: {row} reached us past {_ahead(ahead)}",
    }.get(rule, rule)


def _ahead(size: str) -> str:
    return f"the {size or 'unknown size'} still ahead"


def _threshold(story: Story) -> str:
    if story.threshold is None:
        return ""
    return f", below its threshold 1 - ahead/level = {story.threshold:.4f}"


def _left(story: Story) -> Iterator[str]:
    leaves = story.trade["leaves"]
    if Decimal(leaves) == 0:
        yield "nothing: the order was done"
    else:
        yield f"{leaves} of the order stayed open"


def _fee(story: Story) -> Iterator[str]:
    fee = Decimal(story.trade["fee"])
    currency = CURRENCY[story.contract_type]
    if fee == 0:
        yield "none"
    elif fee < 0:
        yield f"{-fee} earned as {story.trade['liquidity']}'s rebate [{currency}]"
    else:
        yield f"{fee} paid as {story.trade['liquidity']} [{currency}]"


def _spread(story: Story) -> Iterator[str]:
    mids = story.mids
    if mids.at_fill is None or mids.captured is None:
        yield "no mid was known at the fill"
        return
    better = "better" if mids.captured >= 0 else "worse"
    yield (
        f"mid {mids.at_fill} at the fill: {_distance(story, abs(mids.captured))} {better}"
        f" than the mid"
    )


def _after(story: Story) -> Iterator[str]:
    for seconds, mid in story.mids.later.items():
        if mid is None or story.mids.at_fill is None:
            yield f"{seconds:>2} s  not known: the data end before"
            continue
        move = mid - story.mids.at_fill
        result = mid - story.price if story.buy else story.price - mid
        way = "for" if (move > 0) == story.buy else "against"
        moved = f"{_distance(story, abs(move))} {way} us" if move else "as at the fill"
        worth = f"{result / story.tick:+.1f} ticks"
        yield f"{seconds:>2} s  mid {mid}, {moved}; the fill is worth {worth}"


def _data(story: Story) -> Iterator[str]:
    checked = [name for name in story.inputs if name not in story.unchecked]
    if checked:
        yield f"{', '.join(checked)}: the same files as in the run (sha256)"
    if story.unchecked:
        yield f"{', '.join(story.unchecked)}: as the recording has them; the run left no sha256"
    yield from story.problems


def _moment(ts: int) -> str:
    """Date and time of µs since 1970, UTC, exact."""
    second = datetime.fromtimestamp(ts // 1_000_000, UTC)
    return f"{second:%Y-%m-%d %H:%M:%S}.{ts % 1_000_000:06}"


def _ms(us: int) -> str:
    return f"{us / 1000:.3f} ms"


def _distance(story: Story, distance: Decimal) -> str:
    points = distance / story.price * _BASIS_POINTS
    return f"{distance} ({distance / story.tick:.1f} ticks, {points:.2f} bp)"


def _prints(count: int, size: Decimal) -> str:
    return "no print" if not count else f"{_count(count, 'print')} of {size} in all"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _rounded(text: str) -> str:
    return f"{float(text):.4f}" if text else "nothing"
