"""The panels over time as one figure, whose panels share the axis of time.

Titles stand above their panel, and where it has several lines their names between the two.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from mm.results.report.content import Line, Panel
from mm.results.report.fills import Marks
from mm.results.report.theme import (
    LEGEND,
    RULES,
    SERIES,
    TONES,
    Figure,
    axis,
    base,
    legend,
    numbers,
    stamps,
    title,
)  # fmt: skip

_FILLED: Final = ("position", "drawdown")
_HEIGHTS: Final = {"price": 340, "equity": 220, "half_spread": 130}  # px; others _HEIGHT
_HEIGHT: Final = 110
_GAP: Final = 46
_LABELS: Final = 34
"""Of the times below the first panel."""
_BOTTOM: Final = 44
_NEAR: Final = 6  # px
"""Size of a fill's mark but for its edge. To plotly a point of a line is nearer than a larger one,
and then the line would be told, not the fill on it."""
_NAME, _LETTER, _WIDTH = 48, 7, 1080  # px
"""Of a line's name: its mark, a letter; and of a panel."""
_UP, _DOWN = 5, 6  # plotly's numbers of the triangles


def timeline(
    panels: list[Panel], fills: list[Marks], span: list[str] | None = None
) -> Figure:  # fmt: skip
    """Stack panels over one axis of time, which all of them share, from ``span[0]`` to the other.

    Left out, from the first point of all to the last.
    """
    named = [_rows_of_names(panel) for panel in panels]
    places, height = _places(panels, named)
    layout = base(height, top=0, bottom=_BOTTOM)
    span = span or span_of(panels)
    layout["xaxis"] = {
        **axis(), "type": "date", "anchor": "y", "range": span, "showspikes": True,
        "spikemode": "across", "spikesnap": "cursor", "spikethickness": 1, "spikedash": "dot",
        "spikecolor": "@soft", "hoverformat": "%Y-%m-%d %H:%M:%S.%3f",
    }  # fmt: skip
    data: list[Any] = []
    for place, (panel, domain) in enumerate(zip(panels, places, strict=True)):
        number = str(place + 1) if place else ""
        layout[f"yaxis{number}"] = {
            **axis(), "domain": domain, "anchor": "x", "fixedrange": True,
            "nticks": max(5, _height(panel) // 40), "exponentformat": "power",
        }  # fmt: skip
        if panel.unit in ("price", "contracts"):
            layout[f"yaxis{number}"] |= {"exponentformat": "none", "separatethousands": True}
        layout[f"legend{number}"] = legend(domain[1])
        shift = LEGEND * named[place] + 4
        title(layout, panel.title, panel.unit, domain[1], shift=shift)
        on = {"yaxis": f"y{number}", "legend": f"legend{number}"}
        if panel.name == "price":  # before the lines: of what is equally near, the first is told
            data += [{**_marks(one), **on} for one in fills]
        data += [
            {**_line(line, nth), **on, "showlegend": named[place] > 0}
            for nth, line in enumerate(panel.lines)
        ]
    if len(panels) > 1:
        data.append(_second_scale(layout, span, len(panels)))
    return {"data": data, "layout": layout}


def _rows_of_names(panel: Panel) -> int:
    """How many rows the names of a panel's lines take, on a page as wide as it becomes."""
    if len(panel.lines) < 2:
        return 0
    length = sum(_NAME + _LETTER * len(line.name) for line in panel.lines)
    return -(-length // _WIDTH)


def _places(panels: list[Panel], named: list[int]) -> tuple[list[list[float]], int]:
    """Where each panel lies, as shares from below, and the height of all [px]."""
    tops, top = [], 0
    for place, panel in enumerate(panels):
        top += _GAP + LEGEND * named[place] + (_LABELS if place == 1 else 0)
        tops.append(top)
        top += _height(panel)
    places = [
        [max(1 - (start + _height(panel)) / top, 0.0), 1 - start / top]
        for start, panel in zip(tops, panels, strict=True)
    ]
    return places, top + _BOTTOM


def _height(panel: Panel) -> int:
    return _HEIGHTS.get(panel.name, _HEIGHT)


def _second_scale(layout: dict[str, Any], span: list[str], last: int) -> dict[str, Any]:
    """Show the times below the last panel, too; an axis is drawn only if something is on it."""
    layout["xaxis2"] = {
        **axis(), "type": "date", "anchor": f"y{last}", "range": span, "matches": "x",
        "overlaying": "x", "showgrid": False, "tickmode": "auto",
    }  # fmt: skip
    return {
        "type": "scatter", "mode": "lines", "x": span, "y": [None, None], "xaxis": "x2",
        "yaxis": f"y{last}", "showlegend": False, "hoverinfo": "skip",
    }  # fmt: skip


def span_of(panels: Iterable[Panel]) -> list[str]:
    """From the first point of any panel to the last, as text."""
    ends = [line.ts[[0, -1]] for panel in panels for line in panel.lines if len(line.ts)]
    return stamps(np.array([min(first for first, _ in ends), max(last for _, last in ends)]))


def _line(line: Line, nth: int) -> dict[str, Any]:
    tone = TONES.get(line.name) or SERIES[nth % len(SERIES)]
    filled = line.name in _FILLED
    return {
        "type": "scatter", "mode": "lines", "name": line.name, "x": stamps(line.ts),
        "y": numbers(line.values), "connectgaps": False,
        "line": {"color": f"@{tone}", "width": 2 if line.name == "equity" else 1.2,
                 "shape": "hv" if line.steps else "linear"},
        **({"fill": "tozeroy", "fillcolor": f"@{tone}_band"} if filled else {}),
        "hovertemplate": f"%{{x}}<br>{line.name} %{{y}}<extra></extra>",
    }  # fmt: skip


def _marks(one: Marks) -> dict[str, Any]:
    tone = RULES.get(one.rule, "ink")
    return {
        "type": "scatter", "mode": "markers", "name": one.rule.replace("_", " "),
        "x": stamps(one.ts), "y": numbers(one.price), "text": list(one.stories),
        "marker": {"symbol": [_UP if buy else _DOWN for buy in one.buy.tolist()], "size": _NEAR,
                   "color": f"@{tone}", "line": {"color": f"@{tone}", "width": 1.5}},
        "zorder": 1, "legendrank": 2000,
        "hovertemplate": "%{x}<br>%{text}<extra></extra>",
    }  # fmt: skip
