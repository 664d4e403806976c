"""The charts of a study by its parameters: heat maps, parallel coordinates, effects.

Figures are plain dicts in the style of ``mm.results.report.theme``; a colour is written ``@name``.
"""

import itertools
from html import escape
from typing import Any, Final

import numpy as np

from mm.judge import Effect, Judgement, levels
from mm.metrics import Floats
from mm.results.report.theme import Figure, axis, base, numbers, title
from mm.study.report.content import Content
from mm.study.report.words import short, value_text, varied

MOST_LINES: Final = 400
"""Sets drawn in parallel coordinates."""
_TOP: Final = 40
_PAIRS: Final = 3
_EFFECTS: Final = 9
_A_ROW: Final = 3
_ROW: Final = 270  # px
_BETWEEN: Final = 70
_HEAD: Final = 34
_FOOT: Final = 64


def panel(
    layout: dict[str, Any], number: int, x: tuple[float, float], y: tuple[float, float],
    text: str, unit: str,
) -> dict[str, str]:  # fmt: skip
    """Lay a panel out between shares of a figure's width and height; give its axes' names."""
    name = "" if number == 1 else str(number)
    layout[f"xaxis{name}"] = {**axis(), "domain": list(x), "anchor": f"y{name}", "showgrid": False}
    layout[f"yaxis{name}"] = {**axis(), "domain": list(y), "anchor": f"x{name}"}
    title(layout, text, unit, y[1], x[0])
    return {"xaxis": f"x{name}", "yaxis": f"y{name}"}


def heat_maps(content: Content, found: Judgement) -> Figure | None:
    """Draw what sets earned by each two of the parameters that matter most; None = there is one."""
    keys = [effect.key for effect in found.effects][:_PAIRS]
    pairs = list(itertools.combinations(keys, 2))
    if not pairs:
        return None
    names, columns = short(content.keys), content.columns
    layout = base(380, _HEAD, _FOOT)
    earned = content.blocks.sum(axis=0)
    data: list[Any] = []
    cells = [_cells(columns[across], columns[down], earned) for across, down in pairs]
    colours = _colours(np.concatenate([one.ravel() for one in cells]))
    gap, count = 0.09, len(pairs)
    width = (1 + gap) / count - gap
    for place, ((across, down), means) in enumerate(zip(pairs, cells, strict=True)):
        left = place * (width + gap)
        text = f"{names[down]} up, {names[across]} across"
        axes = panel(layout, place + 1, (left, left + width), (0.0, 1.0), text, "mean equity")
        x, y = levels(columns[across]), levels(columns[down])
        for key, one in (("xaxis", x), ("yaxis", y)):
            layout[axes[key].replace(key[0], key)] |= _categories(one.names, one.binned) | {
                "showgrid": False, "ticks": "",
            }  # fmt: skip
        texts = [[f"{one:.3g}" if one == one else "" for one in row.tolist()] for row in means]
        few = means.size <= 100 // count
        data.append({
            "type": "heatmap", "x": list(x.names), "y": list(y.names),
            "z": [numbers(row) for row in means], "xgap": 2, "ygap": 2, "showscale": False,
            "hovertemplate": f"{names[across]} %{{x}}<br>{names[down]} %{{y}}<br>%{{z:.6g}}"
            "<extra></extra>", **colours, **axes,
            **({"texttemplate": "%{text}", "textfont": {"size": 11}, "text": texts} if few else {}),
        })  # fmt: skip
        at = (int(x.codes[0]), int(y.codes[0]))
        layout.setdefault("shapes", []).append({
            "type": "rect", "xref": axes["xaxis"], "yref": axes["yaxis"], "x0": at[0] - 0.5,
            "x1": at[0] + 0.5, "y0": at[1] - 0.5, "y1": at[1] + 0.5,
            "line": {"color": "@amber", "width": 3},
        })  # fmt: skip
    return {"data": data, "layout": layout}


def _categories(names: tuple[str, ...], binned: bool) -> dict[str, Any]:
    """Give the ticks of an axis of levels; a range is written by where it starts."""
    texts = [name.partition(" – ")[0] if binned else name for name in names]
    return {"type": "category", "tickmode": "array", "tickvals": list(names), "ticktext": texts}


def _cells(across: list[Any], down: list[Any], earned: Floats) -> Floats:
    """Give the mean of the sets in each cell, shape (down, across); NaN where there is none."""
    x, y = levels(across), levels(down)
    shape = (len(y.names), len(x.names))
    place = y.codes * shape[1] + x.codes
    size = shape[0] * shape[1]
    sums, counts = np.bincount(place, earned, size), np.bincount(place, minlength=size)
    found: Floats = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).reshape(shape)
    return found


def _colours(values: Floats) -> dict[str, Any]:
    """Blue is earned, red is lost; between the least and the most if all have one sign."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < 0 < high:
        most = max(-low, high)
        scale = [[0, "@red"], [0.5, "@paper"], [1, "@blue"]]
        return {"zmin": -most, "zmax": most, "colorscale": scale}
    scale = [[0, "@paper"], [1, "@blue"]] if low >= 0 else [[0, "@red"], [1, "@paper"]]
    return {"zmin": low, "zmax": high, "colorscale": scale}


def effects(content: Content, found: Judgement) -> Figure | None:
    """Draw the mean of the sets at each level of each parameter, with errors; None = none."""
    shown = found.effects[:_EFFECTS]
    if not shown:
        return None
    names = short(content.keys)
    rows = -(-len(shown) // _A_ROW)
    inner = rows * _ROW - _BETWEEN
    layout = base(inner + _HEAD + _FOOT, _HEAD, _FOOT)
    across = min(len(shown), _A_ROW)
    gap = 0.09
    width = (1 + gap) / across - gap
    data: list[Any] = []
    for place, effect in enumerate(shown):
        left = place % _A_ROW * (width + gap)
        top = 1 - place // _A_ROW * _ROW / inner
        low = top - (_ROW - _BETWEEN) / inner
        unit = f"{effect.spread:.3g} ± {effect.spread_error:.2g}"
        axes = panel(layout, place + 1, (left, left + width), (max(low, 0.0), top),
                     names[effect.key], unit)  # fmt: skip
        layout[axes["xaxis"].replace("x", "xaxis")] |= _categories(effect.levels, effect.binned)
        if place:
            layout[axes["yaxis"].replace("y", "yaxis")] |= {"matches": "y"}
        data.append(_effect(effect, axes))
    average = float(content.blocks.sum(axis=0).mean())
    layout["shapes"] = [
        {"type": "line", "xref": f"x{n or ''} domain", "yref": f"y{n or ''}", "x0": 0, "x1": 1,
         "y0": average, "y1": average, "layer": "below",
         "line": {"color": "@grey", "width": 1, "dash": "dot"}}
        for n in (0, *range(2, len(shown) + 1))
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def _effect(effect: Effect, axes: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines+markers" if _ordered(effect) else "markers",
        "x": list(effect.levels),
        "y": numbers(effect.mean), "name": effect.key, "showlegend": False,
        "customdata": list(zip(numbers(effect.error), effect.sets, strict=True)),
        "line": {"color": "@blue", "width": 1.4}, "marker": {"color": "@blue", "size": 6},
        "error_y": {"type": "data", "array": numbers(effect.error), "color": "@blue",
                    "thickness": 1.2, "width": 4},
        "hovertemplate": f"{effect.key} = %{{x}}<br>%{{y:.6g}} ± %{{customdata[0]:.3g}},"
        " mean of %{customdata[1]} sets<extra></extra>", **axes,
    }  # fmt: skip


def _ordered(effect: Effect) -> bool:
    """Whether the levels are numbers, not words."""
    return effect.binned or all(one.lstrip("-")[:1].isdigit() for one in effect.levels)


def parallel(content: Content) -> Figure:
    """Draw each set as a line through its parameters to its equity; of very many, some of each
    tenth."""
    names, earned = short(content.keys), content.blocks.sum(axis=0)
    heights: list[Floats] = []
    layout = base(380, _HEAD, 40)
    panel(layout, 1, (0.0, 1.0), (0.0, 1.0), "All parameters of a set", "a line is a set")
    for place, key in enumerate(content.keys):
        at, marks = _scale(content.columns[key])
        heights.append(at)
        layout["annotations"] += [_mark(place, height, text) for height, text in marks]
    span = float(np.ptp(earned)) or 1.0
    heights.append((earned - earned.min()) / span)
    last = len(content.keys)
    ends = ((0.0, float(earned.min())), (1.0, float(earned.max())))
    layout["annotations"] += [_mark(last, height, f"{value:.4g}") for height, value in ends]
    layout["xaxis"] |= {
        "tickvals": list(range(last + 1)), "ticks": "", "zeroline": False,
        "ticktext": [*(names[key] for key in content.keys), "equity"],
        "range": [-0.12, last + 0.12 * last], "tickfont": {"color": "@ink"},
    }  # fmt: skip
    layout["yaxis"] |= {"visible": False, "range": [-0.05, 1.05]}
    layout["shapes"] = [
        {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": {"color": "@grey", "width": 1}}
        for x in range(last + 1)
    ]
    layout["legend"] = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom",
                        "bgcolor": "rgba(0,0,0,0)"}  # fmt: skip
    count = len(content.sets)
    top = min(_TOP, max(1, count // 10))
    rest = np.unique(np.linspace(top, count - 1, min(MOST_LINES - top, count - top)).astype(int))
    groups = (
        (f"{len(rest)} of the others", rest, "grey", 0.7),
        (f"best {top}", np.arange(1, top), "blue", 1.2),
        ("best", np.arange(1), "amber", 2.6),
    )
    data = [_lines(name, heights, chosen, tone, width) for name, chosen, tone, width in groups
            if len(chosen)]  # fmt: skip
    return {"data": data, "layout": layout}


def _scale(values: list[Any]) -> tuple[Floats, list[tuple[float, str]]]:
    """Give a height from 0 to 1 for each value of a parameter, and the marks of its scale."""
    found = levels(values)
    if found.binned:
        drawn = np.array(values, np.float64)
        low, high = float(drawn.min()), float(drawn.max())
        marks = [(0.0, value_text(low)), (1.0, value_text(high))]
        return (drawn - low) / (high - low), marks
    most = max(len(found.names) - 1, 1)
    return found.codes / most, [(place / most, name) for place, name in enumerate(found.names)]


def _mark(x: float, y: float, text: str) -> dict[str, Any]:
    return {
        "x": x, "y": y, "text": text, "showarrow": False, "xanchor": "left", "xshift": 5,
        "font": {"size": 11, "color": "@ink"}, "bgcolor": "@paper", "opacity": 0.85,
    }  # fmt: skip


def _lines(
    name: str, heights: list[Floats], chosen: Any, tone: str, width: float
) -> dict[str, Any]:
    """Draw several sets in one trace, with gaps between them."""
    x: list[float | None] = []
    y: list[float | None] = []
    for place in chosen.tolist():
        x += [*range(len(heights)), None]
        y += [*(round(float(height[place]), 4) for height in heights), None]
    return {"type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "hoverinfo": "skip",
            "line": {"color": f"@{tone}", "width": width}}  # fmt: skip


def front(content: Content, chosen: Any) -> Figure:
    """Draw equity against drawdown; ``chosen`` says of each set whether no other beats it."""
    fall = np.array([one.drawdown for one in content.sets])
    equity = content.blocks.sum(axis=0)
    layout = base(360, _HEAD, 48)
    panel(layout, 1, (0.0, 1.0), (0.0, 1.0), "Equity against drawdown",
          "on the line: no other set has both more equity and less drawdown")  # fmt: skip
    layout["xaxis"] |= {"title": {"text": "deepest drawdown", "font": {"size": 11}},
                        "showgrid": True}  # fmt: skip
    layout["yaxis"] |= {"title": {"text": "equity", "font": {"size": 11}}}
    names = [escape(varied(content, one)) for one in content.sets]
    hover = "%{text}<br>equity %{y:.6g}<br>drawdown %{x:.6g}<extra></extra>"
    order = sorted(np.flatnonzero(chosen).tolist(), key=lambda n: (fall[n], equity[n]))
    groups = (
        ("sets", np.flatnonzero(~chosen).tolist(), "markers", "grey", 5),
        ("front", order, "lines+markers", "blue", 7),
        ("best", [0], "markers", "amber", 13),
    )
    data = [
        {"type": "scatter", "mode": mode, "name": name, "x": [float(fall[n]) for n in places],
         "y": [float(equity[n]) for n in places], "text": [names[n] for n in places],
         "hovertemplate": hover, "showlegend": False,
         "line": {"color": f"@{tone}", "width": 1.2, "shape": "hv"},
         "marker": {"color": f"@{tone}", "size": size,
                    "symbol": "star" if name == "best" else "circle"}}
        for name, places, mode, tone, size in groups
    ]  # fmt: skip
    return {"data": data, "layout": layout}
