"""The picture of a calibration: intensity against depth, by both methods, and sigma by interval."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from mm.api import Lots
from mm.calibrate.depths import METHODS
from mm.calibrate.estimate import Calibration
from mm.calibrate.intensity import Intensity, curve_at
from mm.picture import BLUE, RED, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Final = {"ask": RED, "bid": BLUE}
_MOST_POINTS: Final = 30  # with error bars, of each side; more would hide the curves
_TITLES: Final = {
    "penetration": "penetration: deepest trade of each {:g} s",
    "counting": "counting: taker orders, from the mid they met",
}


def draw(found: Calibration, path: Path) -> None:
    """Draw to ``path``; the suffix says how.

    Raises:
        UsageError: the file cannot be written.
    """
    with picture(path, 13.0, 4.6) as figure:
        panels = figure.subplots(1, 3, width_ratios=(3, 3, 2))
        for axes, method in zip(panels, METHODS, strict=False):
            _draw_intensity(axes, found, method)
        panels[1].sharey(panels[0])
        panels[1].set_ylabel("")
        _draw_sigma(panels[2], found)
        figure.suptitle(f"{found.instrument.symbol}: arrivals and volatility")


def _draw_intensity(axes: "Axes", found: Calibration, method: str) -> None:
    for one in found.intensities:
        if one.method == method and one.side in _COLOURS:
            _draw_side(axes, one)
    axes.set_yscale("log")
    axes.set_ylim(top=axes.get_ylim()[1] * 5)  # room for the legend
    axes.set_xlim(left=0)
    axes.set_xlabel("distance from the mid [price]")
    axes.set_ylabel("arrivals [1/s per side]")
    axes.set_title(_TITLES[method].format(found.sample.interval_us / 1e6), fontsize=9)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=7.5, loc="upper right")


def _draw_side(axes: "Axes", one: Intensity) -> None:
    """Draw points with one standard error either way, and the curves through them."""
    if not one.enough:
        return
    colour, name = _COLOURS[one.side], {"ask": "our asks", "bid": "our bids"}[one.side]
    shown = _spread(np.flatnonzero(one.reached > 0))
    rates, errors = one.rates[shown], np.nan_to_num(one.log_rates_se[shown])
    bars = rates * np.abs(np.exp(np.array([-errors, errors])) - 1)
    axes.errorbar(
        one.depths[shown], rates, yerr=bars, fmt="o", ms=3, lw=0.8, color=colour, label=name
    )
    fine = np.linspace(one.depths[0], one.depths[-1], 200)
    line, power = one.fit("line"), one.fit("power_behind")
    if line.k > 0:
        label = f"A {line.A:.3g} /s, k {line.k:.3g} /price"
        axes.plot(fine, curve_at(line, fine), color=colour, lw=1.4, label=label)
    if power.k > 0:
        behind = fine[fine >= one.depths[1]]
        label = f"power law behind the touch, exponent {power.k:.2g}"
        axes.plot(behind, curve_at(power, behind), color=colour, lw=1.0, ls=":", label=label)


def _spread(places: Lots) -> Lots:
    """Keep at most _MOST_POINTS, evenly."""
    wanted = np.linspace(0, len(places) - 1, min(len(places), _MOST_POINTS))
    return places[np.unique(np.round(wanted).astype(np.int64))]


def _draw_sigma(axes: "Axes", found: Calibration) -> None:
    known = [row for row in found.volatilities if row.sigma >= 0]
    axes.errorbar(
        [row.interval_s for row in known],
        [row.sigma for row in known],
        yerr=[np.nan_to_num(row.sigma_se) for row in known],
        fmt="o-", ms=4, lw=0.9, capsize=2, color="#444444",
    )  # fmt: skip
    chosen = found.sigma
    axes.plot([chosen.interval_s], [chosen.sigma], "o", ms=9, mfc="none", color="black")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("sampling interval [s]; circled: the run file's")
    axes.set_ylabel("sigma [price/√s]")
    axes.set_title("volatility", fontsize=9)
