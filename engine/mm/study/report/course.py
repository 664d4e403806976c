"""The charts of a study by time: equity block by block, walk-forward, overfitting.

Figures are plain dicts in the style of ``mm.results.report.theme``; a colour is written ``@name``.
"""

from html import escape
from typing import Any, Final

import numpy as np

from mm.judge import Judgement, Step
from mm.metrics import Times
from mm.results.report.theme import LEGEND, Figure, base, legend, numbers, stamps
from mm.study.report.content import Content
from mm.study.report.figures import panel
from mm.study.report.words import varied

_NEXT: Final = 3
"""Sets drawn beside the best."""
_TONES: Final = ("amber", "blue", "green", "purple")
_HEAD: Final = 34 + LEGEND


def edges(content: Content) -> Times:
    """Give the end of each block [µs UTC], shape (T,), one data set after the other."""
    each = len(content.blocks) // max(len(content.spans), 1)
    found = [
        start + (end - start) * np.arange(1, each + 1, dtype=np.int64) // each
        for start, end in content.spans
    ]
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def ascending(content: Content) -> bool:
    """Whether data sets follow each other in time, so that a chart can have an axis of it."""
    return bool((np.diff(edges(content)) > 0).all())


def course(content: Content) -> Figure:
    """Draw what the best sets had earned by the end of each block, and where most sets were."""
    level = np.cumsum(content.blocks, axis=0)
    low, middle, high = np.quantile(level, (0.1, 0.5, 0.9), axis=1)
    timed = ascending(content)
    x: list[Any] = stamps(edges(content)) if timed else list(range(1, len(level) + 1))
    layout = base(340, _HEAD, 44)
    panel(layout, 1, (0.0, 1.0), (0.0, 1.0), "Equity by the end of each block",
          "with paired luck: what sets share is seen in all of them")  # fmt: skip
    layout["annotations"][-1]["yshift"] = LEGEND + 4
    layout["xaxis"] |= {"type": "date"} if timed else {"title": {"text": "block"}}
    layout["legend"] = legend(1.0)
    data: list[Any] = [
        {"type": "scatter", "mode": "lines", "x": [*x, *reversed(x)], "name": "eight of ten sets",
         "y": [*numbers(high), *reversed(numbers(low))], "fill": "toself",
         "fillcolor": "@ink_band", "line": {"width": 0}, "hoverinfo": "skip"},
        {"type": "scatter", "mode": "lines", "x": x, "y": numbers(middle), "name": "middle of all",
         "line": {"color": "@grey", "width": 1.4, "dash": "dot"}},
    ]  # fmt: skip
    for place in range(min(_NEXT + 1, len(content.sets))):
        data.append({
            "type": "scatter", "mode": "lines", "x": x, "y": numbers(level[:, place]),
            "name": f"set {place + 1}",
            "hovertemplate": f"{escape(varied(content, content.sets[place]))}<br>%{{y:.6g}}"
            "<extra></extra>",
            "line": {"color": f"@{_TONES[place]}", "width": 2.4 if place == 0 else 1.3},
        })  # fmt: skip
    return {"data": data, "layout": layout}


def judged_later(content: Content, found: Judgement) -> Figure:
    """Draw the walk-forward to the left, and how choices fared on other halves to the right."""
    layout = base(320, _HEAD, 48)
    left = panel(layout, 1, (0.0, 0.46), (0.0, 1.0), "Chosen before, earned after", "equity")
    right = panel(layout, 2, (0.54, 1.0), (0.0, 1.0), "Rank on the other half",
                  "of the best set of each half of the time")  # fmt: skip
    for note in layout["annotations"]:
        note["yshift"] = LEGEND + 4
    layout["legend"] = legend(1.0)
    layout |= {"barmode": "group", "bargap": 0.25}
    layout["xaxis"] |= {"type": "category"}
    layout["xaxis2"] |= {"tickformat": ".0%", "range": [0, 1],
                         "title": {"text": "better than this share of sets"}}  # fmt: skip
    layout["yaxis2"] |= {"tickformat": ".0%"}
    steps = found.forward
    x = [step_name(step) for step in steps]
    groups = (
        ("chosen before", [step.earned for step in steps], "amber"),
        ("all sets, average", [step.average for step in steps], "grey"),
        ("best in hindsight", [step.most for step in steps], "blue"),
    )
    data: list[Any] = [
        {"type": "bar", "x": x, "y": y, "name": name, "marker": {"color": f"@{tone}"}, **left,
         "hovertemplate": f"{name}<br>%{{y:.6g}}<extra></extra>"}
        for name, y, tone in groups
    ]  # fmt: skip
    rank = 1 / (1 + np.exp(-found.overfitting.logits))
    counts, sides = np.histogram(rank, 20, (0.0, 1.0))
    middle = (sides[1:] + sides[:-1]) / 2
    data.append({
        "type": "bar", "x": numbers(middle), "y": numbers(counts / max(counts.sum(), 1)),
        "width": 0.045, "showlegend": False, "name": "halves", **right,
        "marker": {"color": ["@red" if one < 0.5 else "@blue" for one in middle.tolist()]},
        "hovertemplate": "%{y:.1%} of the halves<extra></extra>",
    })  # fmt: skip
    return {"data": data, "layout": layout}


def step_name(step: Step) -> str:
    """Name the blocks that a choice is judged by, counted from 1."""
    return f"blocks {step.test[0] + 1} – {step.test[1]}"
