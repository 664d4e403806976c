"""A calibration for people: tables with units, and TOML ready to paste. Estimates nothing."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mm.api import MICRO
from mm.calibrate.estimate import Calibration
from mm.calibrate.intensity import Curve, Fit, Intensity
from mm.calibrate.own import Own
from mm.times import clock

_TOO_FEW: Final = "too few"
_SHOWN: Final[tuple[tuple[Curve, str], ...]] = (
    ("line", "line"),
    ("plain", "plain line"),
    ("exponential", "ML"),
    ("exponential_behind", "ML, behind touch"),
)


def as_text(found: Calibration) -> str:
    """Give what ``mm calibrate`` prints before the TOML."""
    return "\n".join(
        line
        for part in (_head, _sigma, _curves, _comparison, _windows)
        for line in (*part(found), "")
    )


def as_toml(found: Calibration, command: str, table: str) -> str:
    """Give the table to paste into a run file; ``command`` is what made it,
    ``table`` where it belongs."""
    sample, chosen, sigma = found.sample, found.chosen, found.sigma
    rows = (
        ("sigma", sigma.sigma, sigma.sigma_se, f"price/√s, mid every {sigma.interval_s:g} s"),
        ("A", chosen.A, chosen.A_se, "1/s per side"),
        ("k", chosen.k, chosen.k_se, "1/price"),
    )
    settings = [
        f"{key} = {_float(value)}  # ± {_short(error)} {note}" for key, value, error, note in rows
    ]
    seconds = sample.interval_us / MICRO
    own = found.own
    head = [
        f"# {command}",
        f"# {_span(found)}, {len(sample.starts):,} intervals of {seconds:g} s",
        "# A and k by penetration, line through both sides together; ± one standard error",
        *([] if own is None else [f"# as the run estimates them instead: {_own(own)}"]),
        f"[{table}]",
    ]
    return "\n".join([*head, *settings])


def _own(own: Own) -> str:
    return f"A {_short(own.A)} ± {_short(own.A_se)}, k {_short(own.k)} ± {_short(own.k_se)}"


def _head(found: Calibration) -> Iterator[str]:
    sample = found.sample
    seconds = sample.interval_us / MICRO
    yield f"{_span(found)}; tick {found.instrument.tick_size}"
    yield f"{len(sample.starts):,} intervals of {seconds:g} s; gaps left out: {sample.gaps}"
    yield (
        f"{sample.trades[0]:,} trades by buyers, {sample.trades[1]:,} by sellers, together"
        f" {len(sample.order_depth):,} taker orders"
    )


def _sigma(found: Calibration) -> Iterator[str]:
    yield "sigma, volatility of the mid, by how often it is looked at (* as in the run file)"
    rows = [
        (
            f"{row.interval_s:g}{' *' if row.interval_s == found.sigma_interval_s else ''}",
            _short(row.sigma),
            _short(row.sigma_se),
            f"{row.changes:,}",
            _short(row.kurtosis),
        )
        for row in found.volatilities
    ]
    header = ("every [s]", "sigma [price/√s]", "± se", "changes", "kurtosis")
    yield from _table(header, rows)


def _curves(found: Calibration) -> Iterator[str]:
    depths = found.intensities[0].depths
    yield (
        "intensity lambda(d) = A exp(-k d) at the distance d from the mid,"
        f" {len(depths)} depths from {depths[0]:g} to {depths[-1]:g}"
    )
    yield "(ask: buyers, who reach our asks; * what the TOML says)"
    rows = []
    for one in found.intensities:
        for curve, name in _SHOWN:
            fit = one.fit(curve)
            chosen = " *" if fit is found.chosen else ""
            numbers = map(_short, (fit.A, fit.A_se, fit.k, fit.k_se))
            r2 = f"{fit.r2:.3f}" if fit.r2 >= 0 else ""
            reached = f"{int(one.reached[0]):,}"
            rows.append((one.method, one.side, name + chosen, reached, *numbers, r2))
    header = ("method", "side", "fit", "reached", "A [1/s]", "± se", "k [1/price]", "± se", "R²")
    yield from _table(header, rows)
    yield "line: least squares through ln lambda, weighted; plain line: unweighted, of the share of"
    yield "intervals, as in tutorials; ML: maximum likelihood, with and without those who went no"
    yield "further than the touch. Errors: jackknife over blocks of time."
    if found.own is not None:
        yield f"as the run estimates them, by its own settings: {_own(found.own)}; this over its"
        yield "last intervals is what it quotes by until it is given others, such as those marked *"


def _comparison(found: Calibration) -> Iterator[str]:
    yield "which curve: AIC (deviance + 2 per parameter); within a row, the lowest describes best"
    rows = [
        _criteria(one, where, suffix)
        for one in found.intensities
        for where, suffix in (("all", ""), ("behind touch", "_behind"))
    ]
    header = (
        "method", "side", "depths", "exponential", "power law", "exponent", "± se", "empirical",
        "dispersion",
    )  # fmt: skip
    yield from _table(header, rows)
    yield "A difference is worth `dispersion` times less: orders come in bursts (1 = they don't)."


def _criteria(one: Intensity, where: str, suffix: str) -> tuple[str, ...]:
    fits: dict[str, Fit] = {fit.curve: fit for fit in one.fits}
    exponential, power = fits[f"exponential{suffix}"], fits[f"power{suffix}"]
    depths = len(one.depths) - bool(suffix)
    values = (
        exponential.aic,
        power.aic,
        power.k,
        power.k_se,
        2.0 * depths if one.enough else math.nan,
        one.dispersion,
    )
    return (one.method, one.side, where, *map(_short, values))


def _windows(found: Calibration) -> Iterator[str]:
    yield "does it hold: the same in parts of the data (line, both sides, by penetration)"
    rows = [
        (
            clock(window.start_us),
            f"{window.reached:,}",
            *map(_short, (window.sigma, window.A, window.k)),
        )
        for window in found.windows
    ]
    yield from _table(("from", "reached", "sigma", "A", "k"), rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lay out columns: text to the left, numbers to the right."""
    cells = [header, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    left = [all(not row[i][:1].isdigit() for row in cells[1:]) for i in range(len(header))]
    for row in cells:
        padded = (
            cell.ljust(width) if to_left and cell != _TOO_FEW else cell.rjust(width)
            for cell, width, to_left in zip(row, widths, left, strict=True)
        )
        yield "  " + "  ".join(padded).rstrip()


def _short(value: float) -> str:
    """Write four significant digits, or that there was too little to tell."""
    if not math.isfinite(value):
        return _TOO_FEW
    if value >= 1e4:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def _float(value: float) -> str:
    """Write a TOML float, six significant digits."""
    text = f"{value:.6g}"
    return text if "." in text or "e" in text else f"{text}.0"


def _span(found: Calibration) -> str:
    sample = found.sample
    first, last = int(sample.starts[0]), int(sample.starts[-1]) + sample.interval_us
    return f"{found.instrument.symbol}, {clock(first)} – {clock(last)} UTC"
