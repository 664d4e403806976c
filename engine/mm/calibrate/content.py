"""A calibration as JSON: everything that was estimated, under names that stay.

Keys, in this order; ``null`` is what cannot be told. Prices are in the instrument's price unit.

    symbol, tick_size, first_ts, last_ts [µs], intervals, interval_s, gaps
    trades {ask, bid}: by buyers and by sellers;  orders: taker orders counted
    sigma_interval_s: of the run file;  sigma [{interval_s, sigma, sigma_se, changes, kurtosis}]
    intensity [{method, side, dispersion, depths, reached, rates, log_rates_se,
                fits {curve: {A, A_se, k, k_se, r2, deviance, aic, residuals}},
                empirical {deviance, aic, aic_behind}}]
    windows [{start_us, sigma, A, k, reached}]
    calibrated {sigma, sigma_se, A, A_se, k, k_se}: what the TOML says
    own {A, A_se, k, k_se}: as the run file's transformer estimates them; null if it does not tell
    health: as in a run's summary.json, of what the survey found (put there by ``mm calibrate``)

What each is, is said where it is estimated: ``volatility``, ``intensity``, ``estimate``.
"""

import math
from typing import Any

import attrs
import numpy as np

from mm.calibrate.estimate import Calibration
from mm.calibrate.intensity import Intensity
from mm.calibrate.sample import SIDES


def as_content(found: Calibration) -> dict[str, Any]:
    """Give what ``mm calibrate --json`` prints."""
    sample = found.sample
    content = {
        "symbol": found.instrument.symbol,
        "tick_size": str(found.instrument.tick_size),
        "first_ts": int(sample.starts[0]),
        "last_ts": int(sample.starts[-1]) + sample.interval_us,
        "intervals": len(sample.starts),
        "interval_s": sample.interval_us / 1e6,
        "gaps": sample.gaps,
        "trades": dict(zip(SIDES, sample.trades, strict=True)),
        "orders": len(sample.order_depth),
        "sigma_interval_s": found.sigma_interval_s,
        "sigma": [attrs.asdict(row) for row in found.volatilities],
        "intensity": [_intensity(one) for one in found.intensities],
        "windows": [attrs.asdict(window) for window in found.windows],
        "calibrated": _calibrated(found),
        "own": None if found.own is None else attrs.asdict(found.own),
    }
    plain: dict[str, Any] = _plain(content)
    return plain


def _calibrated(found: Calibration) -> dict[str, float]:
    chosen = attrs.asdict(found.chosen)
    return {
        "sigma": found.sigma.sigma,
        "sigma_se": found.sigma.sigma_se,
        **{key: chosen[key] for key in ("A", "A_se", "k", "k_se")},
    }


def _intensity(one: Intensity) -> dict[str, Any]:
    fits = {fit.curve: attrs.asdict(fit) for fit in one.fits}
    for fit in fits.values():
        del fit["curve"]
    parameters = len(one.depths)
    empirical = {"deviance": 0.0, "aic": 2.0 * parameters, "aic_behind": 2.0 * (parameters - 1)}
    return {
        "method": one.method,
        "side": one.side,
        "dispersion": one.dispersion,
        "depths": one.depths,
        "reached": one.reached.astype(np.int64),
        "rates": one.rates,
        "log_rates_se": one.log_rates_se,
        "fits": fits,
        "empirical": empirical if one.enough else None,
    }


def _plain(value: Any) -> Any:
    """Turn arrays into lists, and what is no number into None."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
