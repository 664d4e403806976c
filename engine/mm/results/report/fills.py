"""Our fills as the chart of prices shows them, and the short story of each.

The story is what the run's own files tell at once, in the words of ``mm explain``, which also looks
the market up. Every fill is kept, however many there are.
"""

from collections.abc import Iterator
from html import escape
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt

from mm.explain import by_rule
from mm.metrics import Floats, Times, markout
from mm.results.measures import fills_of, floats, times
from mm.results.run import Run

_LATER_S: Final = (1.0, 10.0)
"""How much later the mid is looked at."""


@attrs.frozen(kw_only=True)
class Marks:
    """Fills of one rule."""

    rule: str
    ts: Times
    """shape (n,), µs, at the venue."""
    price: Floats
    buy: npt.NDArray[np.bool_]
    stories: tuple[str, ...]
    """Of each, lines of HTML text joined by ``<br>``."""


def marks(run: Run) -> list[Marks]:
    """Give the fills by rule; ``run`` is of one market, or one of several."""
    fills, rules = fills_of(run)
    stories = np.array(list(_stories(run)), object)
    found = []
    for rule in sorted(set(rules.tolist())):
        chosen = rules == rule
        found.append(
            Marks(
                rule=str(rule),
                ts=fills.ts[chosen],
                price=fills.price[chosen],
                buy=fills.side[chosen] > 0,
                stories=tuple(stories[chosen]),
            )
        )
    return found


def _stories(run: Run) -> Iterator[str]:
    """Tell every fill's story, in order of time at the venue."""
    trades = run.trades
    order = np.argsort(times(trades, "ts_venue"), kind="stable")
    columns = {name: trades[name][order].tolist() for name in trades.columns}
    fills, _ = fills_of(run)
    mid_ts, mids = times(run.quotes, "ts_decided"), floats(run.quotes, "mid")
    later = [markout(fills, seconds, mid_ts, mids).tolist() for seconds in _LATER_S]
    for place, number in enumerate(run.fill_numbers[order].tolist()):
        row = {name: values[place] for name, values in columns.items()}
        story = "\n".join(_lines(number, row, [worth[place] for worth in later]))
        yield escape(story).replace("\n", "<br>")


def _lines(number: int, row: dict[str, Any], later: list[float]) -> Iterator[str]:
    """One fill's story; ``row`` is of ``trades.csv``, ``later`` what it was worth [price]."""
    verb = "bought" if row["side"] == "buy" else "sold"
    price, ahead = _text(row["price"]), _text(row["ahead_at_fill"])
    yield f"Fill {number}: {verb} {_text(row['size'])} at {price} as {row['liquidity']}"
    left = f"{_text(row['leaves'])} left" if row["leaves"] else "nothing left"
    yield f"order {row['order_id']} (client id {row['client_id']}), {left}"
    waited_s = (row["ts_venue"] - row["ts_decided"]).total_seconds()
    yield f"filled {waited_s:.3f} s after it was decided"
    if not np.isnan(row["ahead_at_entry"]):
        yield f"{_text(row['ahead_at_entry'])} stood ahead on arrival"
    print_row = row["print_row"]
    by = "no print" if print_row is None or np.isnan(print_row) else f"print {print_row:.0f}"
    yield by_rule(row["rule"], price, by, ahead)
    side = 1 if row["side"] == "buy" else -1
    edge = side * (row["mid"] - row["price"])
    yield f"mid {_text(row['mid']) or 'not known'}, edge {_signed(edge)}"
    worth = (f"{_signed(one)} after {s:g} s" for one, s in zip(later, _LATER_S, strict=True))
    yield f"worth {', '.join(worth)}"


def _text(value: float | None) -> str:
    """Write a size or price plainly; nothing if it is not known."""
    if value is None or value != value:
        return ""
    text = repr(value)  # the shortest that tells it from its neighbours
    if "e" in text:
        return str(np.format_float_positional(value, trim="-"))
    return text.removesuffix(".0")


def _signed(value: float) -> str:
    return "not known" if value != value else f"{value:+.6g}"
