"""The charts by other axes than time, as figures: markouts, profit and fills by hour, inventory."""

from typing import Any, Final

import numpy as np

from mm.results.report.judged import Curve, Held, Periods
from mm.results.report.theme import (
    LEGEND,
    RULES,
    TONES,
    Figure,
    axis,
    base,
    legend,
    numbers,
    stamps,
    title,
)  # fmt: skip

_HEAD: Final = 66  # px
"""Above a chart, for its title and the names of its lines."""
_BOTTOM: Final = 44


def markouts(curves: list[Curve]) -> Figure:
    """Draw markouts by horizon: by side to the left, by rule to the right."""
    sides = [curve for curve in curves if curve.name in ("all", "buy", "sell")]
    rules = [curve for curve in curves if curve not in sides]
    layout = base(330, _HEAD, _BOTTOM)
    data: list[Any] = []
    for number, text, group in (
        ("", "Markout by side", sides), ("2", "Markout by the rule that filled", rules),
    ):  # fmt: skip
        _half(layout, number, text, "price, ± standard error")
        layout[f"xaxis{number}"] |= {
            "type": "log", "tickvals": [0.1, 1, 5, 10, 60],
            "ticktext": ["0.1 s", "1 s", "5 s", "10 s", "60 s"], "showgrid": True,
        }  # fmt: skip
        for curve in group:
            data += _curve(curve, number)
    layout["yaxis2"]["matches"] = "y"
    return {"data": data, "layout": layout}


def _curve(curve: Curve, number: str) -> list[dict[str, Any]]:
    tone = TONES.get(curve.name) or RULES.get(curve.name, "ink")
    x = numbers(curve.horizon_s)
    axes = {"xaxis": f"x{number}", "yaxis": f"y{number}", "legend": f"legend{number}"}
    low, high = curve.value - curve.error, curve.value + curve.error
    name = curve.name.replace("_", " ")
    band = {
        "type": "scatter", "mode": "lines", "x": [*x, *reversed(x)],
        "y": [*numbers(high), *reversed(numbers(low))], "fill": "toself",
        "fillcolor": f"@{tone}_band", "line": {"width": 0}, "hoverinfo": "skip",
        "showlegend": False, "legendgroup": curve.name, **axes,
    }  # fmt: skip
    line = {
        "type": "scatter", "mode": "lines+markers", "name": f"{name} ({curve.fills})", "x": x,
        "y": numbers(curve.value), "customdata": numbers(curve.error),
        "line": {"color": f"@{tone}", "width": 1.6}, "marker": {"color": f"@{tone}", "size": 5},
        "legendgroup": curve.name, **axes,
        "hovertemplate": f"{name} after %{{x}} s<br>%{{y:+.6g}} ± %{{customdata:.3g}}"
        "<extra></extra>",
    }  # fmt: skip
    return [band, line]


def by_period(cut: Periods, unit: str) -> Figure:
    """Draw what was earned to the left, and fills to the right."""
    layout = base(270, _HEAD, _BOTTOM)
    _half(layout, "", f"Profit by {cut.name}", unit)
    _half(layout, "2", f"Fills by {cut.name}", "buys up, sells down")
    layout["barmode"] = "relative"
    layout["bargap"] = 0.15
    start = stamps(cut.start)
    data: list[Any] = [
        {"type": "bar", "x": start, "y": numbers(cut.profit), "showlegend": False,
         "name": "profit", "hovertemplate": "%{x}<br>%{y:+.6g}<extra></extra>",
         "marker": {"color": ["@blue" if one >= 0 else "@red" for one in cut.profit.tolist()]}},
    ]  # fmt: skip
    for name, counts, tone in (("buy", cut.buys, "blue"), ("sell", -cut.sells, "red")):
        data.append({
            "type": "bar", "x": start, "y": counts.tolist(), "name": name, "xaxis": "x2",
            "yaxis": "y2", "legend": "legend2", "marker": {"color": f"@{tone}"},
            "customdata": np.abs(counts).tolist(),
            "hovertemplate": f"%{{x}}<br>%{{customdata}} {name}<extra></extra>",
        })  # fmt: skip
    for number in ("", "2"):
        layout[f"xaxis{number}"] |= {"type": "date", "nticks": 6}
    return {"data": data, "layout": layout}


def inventory(held: Held) -> Figure:
    """Draw the share of time by position."""
    layout = base(250, _HEAD, _BOTTOM)
    _half(layout, "", "Time by position", "share; contracts")
    layout["xaxis"]["domain"] = [0.0, 1.0]
    layout["yaxis"]["tickformat"] = ".0%"
    bars = {
        "type": "bar", "x": numbers(held.position), "y": numbers(held.share), "name": "inventory",
        "width": held.width * 0.9, "marker": {"color": "@blue"}, "showlegend": False,
        "hovertemplate": "%{x:.6g} contracts<br>%{y:.2%} of the time<extra></extra>",
    }  # fmt: skip
    return {"data": [bars], "layout": layout}


def _half(layout: dict[str, Any], number: str, text: str, unit: str) -> None:
    """Lay out the left half of a figure, or with ``2`` the right one."""
    domain = [0.54, 1.0] if number else [0.0, 0.46]
    layout[f"xaxis{number}"] = {**axis(), "domain": domain, "anchor": f"y{number}"}
    layout[f"yaxis{number}"] = {**axis(), "anchor": f"x{number}", "showgrid": True}
    layout[f"legend{number}"] = legend(1.0, domain[0])
    title(layout, text, unit, 1.0, domain[0], shift=LEGEND + 4)
