"""The page of a study: what it shows in words, then charts and tables to look at.

The same rows give the same bytes.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np

from mm.judge import Judgement, sharpes
from mm.results.report import tables
from mm.results.report.frame import framed, place, write
from mm.results.report.tables import number, share
from mm.study.report import course, figures
from mm.study.report.content import Content, SetResult
from mm.study.report.words import fold_words, short, value_text, varied, verdict
from mm.times import clock

_MOST_ROWS: Final = 300
"""Sets in the table."""
_STRETCHES: Final = 8


def write_study(content: Content, found: Judgement | None, path: Path) -> None:
    """Write the page; an older one stays as it is until the new one is whole.

    Raises:
        UsageError: it cannot be written there, or the library is not installed.
    """
    write(path, lambda: make_study(content, found))


def make_study(content: Content, found: Judgement | None) -> str:
    """Give the page as HTML."""
    charts: dict[str, Any] = {}
    words = list(_head(content, found))
    if found is not None:
        charts, sections = _charts(content, found)
        words += sections
    words += _tables(content, found)
    return framed(f"Study {content.name}", charts, words)


def _head(content: Content, found: Judgement | None) -> Iterator[str]:
    count = len(content.sets) + len(content.others)
    spans = [f"{clock(start)} – {clock(end)[-8:]} UTC" for start, end in content.spans[:3]]
    more = f" and {len(content.spans) - 3} more" if len(content.spans) > 3 else ""
    sets = "1 set" if count == 1 else f"{count:,} sets"
    yield f"<header><h1>Study {escape(content.name)}: {sets}</h1>"
    yield f'<p class="soft">{escape("; ".join(spans) + more)} · ranked by {escape(content.by)}</p>'
    for mood, text in verdict(content, found):
        yield f'<p class="notice {mood}">{escape(text)}</p>'
    yield "</header>"
    if found is not None:
        yield f"<section>{_key(content, found)}</section>"


def _key(content: Content, found: Judgement) -> str:
    """Show the handful that one looks at first."""
    near, apart = len(found.neighbours), len(found.apart)
    deflated = _probability(found.sharpe.probability)
    if (by_luck := _probability(found.sharpe.by_luck)) != deflated:
        deflated += f" to {by_luck}"
    shown = (
        ("sets judged", number(len(content.sets))),
        ("equity of the best", number(content.sets[0].equity, 4)),
        ("neighbours it is told from", f"{apart} of {near}"),
        ("others within one error", number(found.alike)),
        ("deflated Sharpe ratio", deflated),
        ("probability of overfitting", _probability(found.overfitting.probability)),
    )
    cells = "".join(f"<div><b>{escape(text)}</b>{escape(name)}</div>" for name, text in shown)
    return f'<div class="key">{cells}</div>'


def _probability(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"


def _charts(content: Content, found: Judgement) -> tuple[dict[str, Any], list[str]]:
    """Give the figures by the id of their place, and the places as HTML."""
    charts: dict[str, Any] = {}
    words: list[str] = []

    def put(head: str, name: str, figure: Any, below: str = "") -> None:
        if figure is not None:
            charts[name] = figure
            words.append(tables.section(head, place(name, charts) + below))

    put("What each parameter matters", "effects", figures.effects(content, found),
        _soft("Mean of the sets at each value, all others averaged over; the dotted line is the"
              " mean of all. Errors are those of the difference from it, of paired runs. Beside a"
              " name: what is between its best and its worst value.")
        + _effects_table(content, found))  # fmt: skip
    put("Two parameters at a time", "heat", figures.heat_maps(content, found),
        _soft("The frame holds the best set; a cell is the mean over all other parameters."),
    )  # fmt: skip
    put("Equity and risk", "front", figures.front(content, content.front))
    put("Over time", "course", course.course(content), _stretches(content))
    put("Judged by what it did not know", "later", course.judged_later(content, found),
        _soft("Right: red are the halves whose best set was below the middle on the other half.")
        + _steps(content, found))  # fmt: skip
    if content.folds:
        words.append(tables.section("Chosen in sample, judged out of sample", _folds(content)))
    put("Sets", "parallel", figures.parallel(content))
    return charts, words


def _soft(text: str) -> str:
    return f'<p class="soft">{escape(text)}</p>'


def _effects_table(content: Content, found: Judgement) -> str:
    names = short(content.keys)
    rows = [
        (names[one.key], str(len(one.levels)), one.levels[int(np.argmax(one.mean))],
         one.levels[int(np.argmin(one.mean))], number(one.spread, 4), number(one.spread_error, 2),
         share(one.share))
        for one in found.effects
    ]  # fmt: skip
    head = ("parameter", "values" if not any(one.binned for one in found.effects) else "ranges",
            "most at", "least at", "between them", "± error", "of the variance")  # fmt: skip
    return tables.grid(head, rows)


def _steps(content: Content, found: Judgement) -> str:
    rows = [
        (f"{a.train[0] + 1} – {a.train[1]}", f"{a.test[0] + 1} – {a.test[1]}",
         varied(content, content.sets[a.chosen]), number(a.trained, 4), number(a.earned, 4),
         number(a.average, 4), number(a.most, 4), share(a.better))
        for a in (found.split, *found.forward)
    ]  # fmt: skip
    head = ("chosen on blocks", "judged on", "set", "earned before", "earned after", "all, average",
            "best in hindsight", "better than")  # fmt: skip
    return tables.grid(head, rows, text=3)


def _folds(content: Content) -> str:
    names = content.data if len(content.data) > 1 else ()

    def stretch(part: tuple[int, int]) -> str:
        first, last = part[0], part[1] - 1
        if not names:
            return f"{first + 1} – {last + 1}"
        return names[first] if first == last else f"{names[first]} – {names[last]}"

    rows = [
        (stretch(a.train), stretch(a.test), varied(content, content.sets[a.chosen]), fold_words(a),
         number(a.inside, 4), number(a.outside, 4), "–" if a.ratio != a.ratio else f"{a.ratio:.2f}",
         number(a.average, 4), share(a.better))
        for a in content.folds
    ]  # fmt: skip
    head = ("chosen on", "judged on", "set", "out of sample it", f"{content.cut_by} in sample",
            "out of sample", "ratio", "all, average", "better than")  # fmt: skip
    return _soft(
        f"Figures are means over {content.cut}; the choice sees nothing of what it is judged by."
    ) + tables.grid(head, rows, text=4)


def _stretches(content: Content) -> str:
    """Show how the best set stood in each data set, or in each eighth of the time."""
    many = len(content.spans) > 1
    cuts = len(content.spans) if many else _STRETCHES
    rows = []
    ends = course.edges(content)
    for stretch, piece in enumerate(np.array_split(np.arange(len(ends)), cuts)):
        earned = content.blocks[piece].sum(axis=0)
        worse = (earned[1:] < earned[0]).sum() + (earned[1:] == earned[0]).sum() / 2
        name = content.data[stretch] if many else f"until {clock(int(ends[piece[-1]]))}"
        rows.append((name, number(float(earned[0]), 4), number(float(earned.mean()), 4),
                     number(float(earned.max()), 4), share(float(worse) / (len(earned) - 1)),
                     varied(content, content.sets[int(np.argmax(earned))])))  # fmt: skip
    head = ("data set" if many else "stretch", "best set", "all, average", "best in hindsight",
            "better than", "which was")  # fmt: skip
    return tables.grid(head, rows)


def _tables(content: Content, found: Judgement | None) -> Iterator[str]:
    if content.sets:
        shown = content.sets[:_MOST_ROWS]
        said = ""
        if len(shown) < len(content.sets):
            said = _soft(f"The best {len(shown):,} of {len(content.sets):,}.")
        yield tables.section("The sets, ranked", said + _sets(content, found, shown), "long")
    if content.others:
        some = content.others[:_MOST_ROWS]
        rows = [(*(_value(one, key) for key in one.values), one.trouble[:300]) for one in some]
        head = (*short(list(some[0].values)).values(), "why it is not judged")
        more = f" ({len(some)} of {len(content.others)})" if len(some) < len(content.others) else ""
        body = tables.grid(head, rows, text=len(head))
        yield tables.section(f"Sets that are not judged{more}", body, "long")
    yield (
        "<footer>Definitions and sources of all figures: mm.judge. Money is in the settlement"
        " currency. Sharpe ratios are those of a block, not annualised.</footer>"
    )


def _sets(content: Content, found: Judgement | None, shown: tuple[SetResult, ...]) -> str:
    names = short(content.keys or tuple(content.sets[0].values))
    ranked = content.by not in ("equity", "metrics.profit.equity")
    head = ("", *names.values(), *((content.by,) if ranked else ()), "equity", "behind the best",
            "± error", "Sharpe", "drawdown", "fills", "digest")  # fmt: skip
    front, ratios = content.front, sharpes(content.blocks)
    rows = []
    for rank, one in enumerate(shown):
        lead = found.lead if found is not None else None
        rows.append((
            f"{rank + 1}{' front' if front[rank] else ''}",
            *(_value(one, key) for key in names), *((number(one.by, 4),) if ranked else ()),
            number(one.equity, 4), number(float(lead.total[rank]), 3) if lead else "–",
            number(float(lead.error[rank]), 2) if lead else "–",
            number(float(ratios[rank]), 3),
            number(one.drawdown, 4), number(one.fills), str(one.rows[0]["digest"] or "")[:12],
        ))  # fmt: skip
    return tables.grid(head, rows)


def _value(one: SetResult, key: str) -> str:
    return value_text(one.values[key])
