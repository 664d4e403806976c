"""What all charts of a page share: colours, axes, legends, titles, and numbers as JSON has them.

Figures are plain dicts, as plotly's schema has them, for they need no import of the library: its
classes take longer to load than all the rest. A test holds the figures against those classes. A
colour is written ``@name``, and becomes one of ``LIGHT`` or ``DARK`` where the page is shown.
"""

from html import escape
from typing import Any, Final

import numpy as np

from mm.metrics import Times

Figure = dict[str, Any]
"""``data`` and ``layout``."""

LIGHT: Final = {
    "ink": "#1f2328", "soft": "#6a737d", "grid": "#e8eaed", "paper": "#ffffff",
    "blue": "#2d6fc2", "red": "#c2452d", "green": "#2b8a57", "amber": "#c98a0c",
    "purple": "#7a4fb0", "teal": "#178a94", "grey": "#a3abb3", "blue_band": "rgba(45,111,194,.14)",
    "red_band": "rgba(194,69,45,.14)", "green_band": "rgba(43,138,87,.14)",
    "amber_band": "rgba(201,138,12,.14)", "purple_band": "rgba(122,79,176,.14)",
    "teal_band": "rgba(23,138,148,.14)", "ink_band": "rgba(31,35,40,.10)",
}  # fmt: skip
DARK: Final = {
    "ink": "#e3e6ea", "soft": "#98a2ad", "grid": "#2b3138", "paper": "#15181c",
    "blue": "#6ba6ee", "red": "#ef8069", "green": "#62c08d", "amber": "#e3b04b",
    "purple": "#b596e6", "teal": "#5ec4cd", "grey": "#6b747e", "blue_band": "rgba(107,166,238,.16)",
    "red_band": "rgba(239,128,105,.16)", "green_band": "rgba(98,192,141,.16)",
    "amber_band": "rgba(227,176,75,.16)", "purple_band": "rgba(181,150,230,.16)",
    "teal_band": "rgba(94,196,205,.16)", "ink_band": "rgba(227,230,234,.12)",
}  # fmt: skip
"""Name of a colour -> what it is, on white and on black."""

RULES: Final = {
    "queue_reached": "amber", "traded_through": "green", "book_crossed": "purple",
    "model_draw": "teal", "taker": "red",
}  # fmt: skip
"""Rule that filled -> colour; another rule is ``ink``."""

TONES: Final = {
    "best bid": "grey", "best ask": "grey", "our bid": "blue", "our ask": "red",
    "equity": "ink", "spread": "green", "inventory": "amber", "fees": "red", "funding": "purple",
    "position": "blue", "drawdown": "red", "market": "grey", "model": "purple", "ours": "blue",
    "sigma": "teal", "A": "teal", "k": "teal", "all": "ink", "buy": "blue", "sell": "red",
}  # fmt: skip

SERIES: Final = ("ink", "blue", "red", "green", "amber", "purple", "teal")
"""Colours of lines that have no name of their own, in turn."""

LEGEND: Final = 22  # px
"""Of a row of names between a title and its panel."""
_FONT: Final = "system-ui, sans-serif"
_LEFT: Final = 78
_RIGHT: Final = 24


def base(height: int, top: int, bottom: int) -> dict[str, Any]:
    """Give a layout without axes; lengths in px."""
    return {
        "height": height, "autosize": True, "hovermode": "closest", "dragmode": "zoom",
        "margin": {"l": _LEFT, "r": _RIGHT, "t": top, "b": bottom}, "hoverdistance": 12,
        "spikedistance": -1, "paper_bgcolor": "@paper", "plot_bgcolor": "@paper",
        "font": {"family": _FONT, "size": 12, "color": "@soft"},
        "hoverlabel": {"align": "left", "bgcolor": "@paper", "bordercolor": "@grey",
                       "font": {"color": "@ink", "size": 12, "family": _FONT}},
        "annotations": [],
    }  # fmt: skip


def axis() -> dict[str, Any]:
    """Give what axes have in common."""
    return {
        "gridcolor": "@grid", "zerolinecolor": "@grey", "zerolinewidth": 1, "linecolor": "@grid",
        "tickcolor": "@grid", "ticks": "outside", "ticklen": 4, "showgrid": True,
        "exponentformat": "power",
    }  # fmt: skip


def legend(top: float, left: float = 0.0) -> dict[str, Any]:
    """Give a row of names just above a panel, whose upper left corner is given as shares."""
    return {
        "orientation": "h", "x": left, "xanchor": "left", "y": top, "yanchor": "bottom",
        "bgcolor": "rgba(0,0,0,0)", "font": {"size": 11, "color": "@soft"}, "itemwidth": 30,
    }  # fmt: skip


def title(
    layout: dict[str, Any], text: str, unit: str, top: float, left: float = 0.0, shift: int = 4
) -> None:  # fmt: skip
    """Write a title above a panel, ``shift`` px above it."""
    layout["annotations"].append({
        "text": f"<b>{escape(text)}</b>  <span style='font-size:11px'>{escape(unit)}</span>",
        "x": left, "y": top, "xref": "paper", "yref": "paper", "xanchor": "left",
        "yanchor": "bottom", "yshift": shift, "showarrow": False, "align": "left",
        "font": {"size": 13, "color": "@ink"},
    })  # fmt: skip


def stamps(ts: Times) -> list[str]:
    """Times as text: a number would be shown in the reader's own time zone."""
    texts: list[str] = np.datetime_as_string(ts.astype("datetime64[us]"), unit="us").tolist()
    return texts


def numbers(values: Any) -> list[float | None]:
    """Numbers as JSON has them: a gap is null."""
    return [None if value != value else value for value in values.tolist()]
