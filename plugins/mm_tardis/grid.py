"""The grid that files lie on: tick and lot size, and what makes them doubtful.

A fold over what surveys found in single files. Reads no file.

A grid is refused where it cannot be an exchange's: prices of 15 digits or more were computed, and
are near a plain grid (the noise of floats, which can be rounded off once the step is given) or
near none. Sizes may have as many (123456789.12345678 coins), so they are refused for noise alone.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from math import gcd, lcm
from typing import Final

import attrs

from mm.api import MICRO_TICKS, MOST_LOTS, MOST_TICKS, MOST_TRADED, DataError
from mm_tardis import tally as ta
from mm_tardis.decimals import LIMIT
from mm_tardis.findings import Findings
from mm_tardis.snap import NO_STEPS, Given

_MOST_MARK: Final = LIMIT // MICRO_TICKS
"""Mark prices are counted in millionths of a tick."""

_FEW: Final = 1000
"""Numbers are few if they are at most one in so many rows."""


def grid_of(files: Sequence[Findings]) -> tuple[str | None, str | None]:
    """Infer (tick size, lot size) as decimal text from all files together; None = cannot tell.

    Each is the largest step of which every value is a multiple. One price by itself says nothing
    about the tick, since every number is a multiple of itself; a size still gives a usable lot.
    """
    tick = common(grids(files, ta.PRICE_GCD))
    if tick is not None and not any(f.count(ta.PRICE_GCD + ta.VARY) for f in files):
        tick = tick if len(set(grids(files, ta.PRICE_GCD))) > 1 else None
    return step_text(tick), step_text(common(grids(files, ta.SIZE_GCD)))


@attrs.frozen
class Doubt:
    """A step that is as fine as it is for a few numbers of one file alone."""

    found: Findings
    numbers: int
    row: int
    """The first of them."""
    step: str
    without: str
    """What the step would be without them."""


def doubtful_step(files: Sequence[Findings], column: int) -> Doubt | None:
    """Say whose few numbers make the grid at ``column`` finer than all others need, if any do."""
    step = common(grids(files, column))
    for found in files:
        numbers = found.count(column + ta.FINER)
        if not 0 < numbers * _FEW <= found.rows:
            continue
        usual = Decimal(found.count(column + ta.USUAL)).scaleb(found.count(column + ta.EXPONENT))
        others = [other for other in files if other is not found]
        without = common([usual, *grids(others, column)])
        if without != step:
            row = found.count(column + ta.FINER_AT)
            return Doubt(found, numbers, row, step_text(step) or "", step_text(without) or "")
    return None


def refuse_floats(files: Sequence[Findings]) -> None:
    """Refuse numbers that are floats, and with them a grid that is none.

    Raises:
        DataError: names the first of them and the step that they are floats of.
    """
    for grid, what, key in (
        (ta.PRICE_GCD, "prices", "tick_size"),
        (ta.SIZE_GCD, "sizes", "lot_size"),
    ):
        having = [found for found in files if grid in found.long]
        step = common(grids(files, grid, shortened=True))
        if not having or step is None:
            continue
        long = having[0].long[grid]
        place = f"{having[0].path}:{long.line}: {long.column} is {long.text}"
        if long.is_noise(step):
            text = step_text(step)
            raise DataError(
                f"{place}: {what} are floats with rounding noise, expected multiples of {text};"
                f" give [instrument] {key} = {text} and they are rounded to it"
            )
        if grid == ta.PRICE_GCD:
            raise DataError(
                f"{place}: prices have 15 digits or more and lie on no grid, expected an"
                " exchange's prices, multiples of a tick; they were computed: use the originals"
            )
    for found in files:
        if found.fault is not None:
            raise found.fault


def refuse_large(files: Sequence[Findings], given: Given = NO_STEPS) -> None:
    """Refuse numbers that cannot be held, or added up, in steps of all files together.

    So what the survey accepts can be read, and nothing overflows after (see ``mm.api.bounds``).

    Args:
        files: what was found in them.
        given: the steps that the run has by its configuration; what is not given is inferred.

    Raises:
        DataError: names the row of the largest number.
    """
    for grid, most, bound, what, known in (
        (ta.PRICE_GCD, ta.MOST_PRICE, MOST_TICKS, "tick", given.tick),
        (ta.SIZE_GCD, ta.MOST_SIZE, MOST_LOTS, "lot", given.lot),
    ):
        step = known or common(grids(files, grid))
        if step is None:
            continue
        for found in files:
            largest = found.count(most) * Decimal(10) ** found.count(grid + ta.EXPONENT)
            if largest > bound * step:
                row = _row_of(found, most)
                raise DataError(
                    f"{row}: the largest number of this row is {largest / step:.3g} {what}s of"
                    f" {step_text(step)}, expected at most {bound:.0e};"
                    f" {_remedy(files, grid, what, known, row)}"
                )
        if grid == ta.SIZE_GCD:
            _refuse_total(files, step, known)
        else:
            _refuse_marks(files, step)


def _refuse_marks(files: Sequence[Findings], tick: Decimal) -> None:
    """Refuse a mark price that is too large in ticks; it lies on no grid, and makes none."""
    exponent = tick.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    bound = min(MOST_TICKS * tick, Decimal(_MOST_MARK).scaleb(exponent))
    for found in files:
        if found.most_mark >= bound:
            raise DataError(
                f"{found.path}:{found.most_mark_row + 1}: mark_price is"
                f" {found.most_mark / tick:.3g} ticks of {step_text(tick)}, expected at most"
                f" {bound / tick:.0e}; correct the row, or the prices that make the tick so fine"
            )


def _refuse_total(files: Sequence[Findings], lot: Decimal, given: Decimal | None) -> None:
    """Refuse more trades than can be added up."""
    trading = [found for found in files if found.traded]
    total = Decimal(sum(found.traded for found in trading)) / lot
    if total > MOST_TRADED:
        largest = max(trading, key=lambda found: found.traded)
        row = _row_of(largest, ta.MOST_SIZE)
        raise DataError(
            f"{row}: this is the largest of trades that come to {total:.3g} lots of"
            f" {step_text(lot)} in all, expected at most {MOST_TRADED:.0e};"
            f" {_remedy(files, ta.SIZE_GCD, 'lot', given, row)}, or use less data at a time"
        )


def _row_of(found: Findings, most: int) -> str:
    return f"{found.path}:{found.count(most + 1) + 1}"


def _remedy(
    files: Sequence[Findings], grid: int, what: str, given: Decimal | None, row: str
) -> str:
    """Say what to do about a number that is too large, and which row makes the step so fine."""
    if given is not None:
        return f"give a larger [instrument] {what}_size, or correct the row"
    finest = min(
        (found for found in files if found.count(grid)),
        key=lambda found: found.count(grid + ta.EXPONENT),
    )
    other = f"{finest.path}:{finest.count(grid + ta.EXPONENT_AT) + 1}"
    return "correct the row" + (f", or {other}, which has the finest" if other != row else "")


def grids(files: Iterable[Findings], column: int, shortened: bool = False) -> list[Decimal]:
    """Of which number all of a file's are multiples, for each file that has any."""
    of = [f.shortened if shortened and f.shortened is not None else f.counts for f in files]
    return [
        Decimal(int(counts[column])).scaleb(int(counts[column + ta.EXPONENT]))
        for counts in of
        if counts[column]
    ]


def common(grids: Sequence[Decimal]) -> Decimal | None:
    """The largest number that divides each grid: gcd of fractions a/b is gcd(a) / lcm(b)."""
    if not grids:
        return None
    ratios = [grid.as_integer_ratio() for grid in grids]
    return Decimal(gcd(*(a for a, _ in ratios))) / Decimal(lcm(*(b for _, b in ratios)))


def step_text(size: Decimal | None) -> str | None:
    """Write a step without exponent and trailing zeros."""
    return None if size is None else format(size.normalize(), "f")
