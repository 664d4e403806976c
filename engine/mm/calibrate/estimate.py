"""Everything that ``mm calibrate`` estimates, from one sample of the market.

The order of things, and what is too little to go on. Says what is missing and what to do about it;
how results look is for others.
"""

import math
from typing import Final

import attrs
import numpy as np

from mm.api import MICRO, DataError, Instrument
from mm.calibrate.blocks import BLOCKS, block_of
from mm.calibrate.depths import METHODS, MIN_REACHED, Reached, choose_depths, count_reached
from mm.calibrate.fits import Line
from mm.calibrate.intensity import Fit, Intensity, estimate_intensity, fit_weighted
from mm.calibrate.own import Definition, Own, estimate_own
from mm.calibrate.sample import SIDES, Sample
from mm.calibrate.volatility import MIN_CHANGES, Volatility, estimate_sigma

STEPS_US: Final = (100_000, 500_000, 1_000_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000)
"""Intervals at which sigma is always shown; the run file's own comes beside them."""

WINDOWS: Final = 6
"""Parts of the data in which the same is estimated anew, to see whether it holds."""

MIN_DEPTHS: Final = 4
"""Fewest depths for a curve of two parameters to show how it fits."""


@attrs.frozen(kw_only=True)
class Window:
    """What a part of the data says; NaN = too few trades or mid changes in it."""

    start_us: int
    sigma: float
    """Price/√s, at the run file's interval."""
    A: float
    """1/s per side, both sides pooled, by penetration and the line."""
    k: float
    """1/price."""
    reached: int
    """Intervals that were reached at all, sides added up."""


@attrs.frozen(kw_only=True)
class Calibration:
    """What was found."""

    instrument: Instrument
    sample: Sample
    sigma_interval_s: float
    volatilities: tuple[Volatility, ...]
    """Ascending in the interval."""
    intensities: tuple[Intensity, ...]
    """By METHODS, and for each the asks, the bids, both."""
    windows: tuple[Window, ...]
    own: Own | None = None
    """A and k as the run file's transformer estimates them; None = it does not tell."""

    @property
    def sigma(self) -> Volatility:
        """Sigma at the run file's interval."""
        return next(v for v in self.volatilities if v.interval_s == self.sigma_interval_s)

    @property
    def chosen(self) -> Fit:
        """The curve to trade on: both sides pooled, by penetration, through all depths."""
        return self.intensities[len(SIDES)].fit("line")


def calibrate(
    sample: Sample,
    instrument: Instrument,
    *,
    sigma_us: int,
    max_depth: float | None = None,
    own: Definition | None = None,
) -> Calibration:
    """Estimate everything.

    Args:
        sample: of the market, with ``sigma_us`` among its steps.
        instrument: for its tick.
        sigma_us: the step at which sigma is chosen [µs].
        max_depth: fit up to here [price]; None = as deep as MIN_REACHED intervals go.
        own: how the run file's transformer estimates A and k, to be shown beside.

    Raises:
        DataError: there is too little for sigma or for A and k, both sides taken together.
    """
    half_tick = instrument.price(1) / 2.0
    volatilities = tuple(estimate_sigma(us, found, half_tick) for us, _, found in sample.changes)
    _check_intervals(sample, instrument.symbol)
    depths = choose_depths(sample, half_tick, max_depth)
    _check_depths(sample, instrument, len(depths), max_depth)
    pooled = tuple(range(len(SIDES)))
    sides = [((side,), name) for side, name in enumerate(SIDES)] + [(pooled, "both")]
    found = Calibration(
        instrument=instrument,
        sample=sample,
        sigma_interval_s=sigma_us / MICRO,
        volatilities=volatilities,
        intensities=tuple(
            estimate_intensity(count_reached(sample, method, which, depths, half_tick), name)
            for method in METHODS
            for which, name in sides
        ),
        windows=_windows(
            sample,
            count_reached(sample, "penetration", pooled, depths, half_tick),
            sigma_us,
            half_tick,
        ),
        own=None if own is None else estimate_own(own, sample, half_tick),
    )
    _check_result(found)
    return found


def _windows(
    sample: Sample, reached: Reached, sigma_us: int, half_tick: float
) -> tuple[Window, ...]:
    blocks = BLOCKS // WINDOWS
    first = np.searchsorted(block_of(len(sample.starts)), np.arange(WINDOWS) * blocks)
    edges = np.append(sample.starts[first], sample.starts[-1] + sample.interval_us)
    _, times, changes = next(found for found in sample.changes if found[0] == sigma_us)
    windows = []
    for number in range(WINDOWS):
        part = reached.only(number * blocks, (number + 1) * blocks)
        line: Line = fit_weighted(part)
        inside = (times > edges[number]) & (times <= edges[number + 1])
        windows.append(
            Window(
                start_us=int(edges[number]),
                sigma=estimate_sigma(sigma_us, changes[inside], half_tick).sigma,
                A=math.exp(line.level),
                k=line.slope,
                reached=int(part.counts[:, 0].sum()),
            )
        )
    return tuple(windows)


def _check_intervals(sample: Sample, symbol: str) -> None:
    if len(sample.starts) < BLOCKS:
        raise DataError(
            f"{symbol}: whole intervals of {sample.interval_us / MICRO:g} s with a bid and an ask:"
            f" {len(sample.starts)}, expected at least {BLOCKS}; use longer data, or a shorter"
            " penetration interval"
        )


def _check_depths(
    sample: Sample, instrument: Instrument, depths: int, max_depth: float | None
) -> None:
    if depths >= MIN_DEPTHS:
        return
    hits = int(np.count_nonzero(sample.deepest))
    if max_depth is not None:
        raise DataError(
            f"--max-depth {max_depth:g} leaves {depths} depths of {instrument.symbol}, one a tick"
            f" of {instrument.tick_size}, expected at least {MIN_DEPTHS}; give a larger one"
        )
    raise DataError(
        f"{instrument.symbol}: too few trades go deep enough: {hits} intervals were reached by any,"
        f" expected {MIN_REACHED} to be reached {MIN_DEPTHS} ticks from the mid; use longer data,"
        " or a longer penetration interval"
    )


def _check_result(found: Calibration) -> None:
    symbol = found.instrument.symbol
    if not found.sigma.sigma > 0:
        fault = "the mid never moved"
        if found.sigma.changes < MIN_CHANGES:
            fault = f"{found.sigma.changes} samples, expected at least {MIN_CHANGES}"
        raise DataError(
            f"{symbol}: no sigma from the mid every {found.sigma_interval_s:g} s: {fault};"
            " use longer or livelier data, or a shorter vol.interval_s"
        )
    if not found.chosen.k > 0:
        raise DataError(
            f"{symbol}: what reached {len(found.intensities[0].depths)} depths does not fall with"
            " the depth, or is too little, so there is no A and k; use longer data"
        )
