"""Numbers that a program kept as floats: named, or put back on the grid that is given."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from tests.plugins.tardis_directory import Collector, file

from mm.api import DataError, Instrument, Rows, Survey
from mm_tardis import TardisConfig
from mm_tardis.connector import TardisConnector
from mm_tardis.decimals import OFF_GRID
from mm_tardis.inspect import inspect_files
from mm_tardis.snap import nearest

_START = 1_722_470_400_000_000


def _quotes(*rows: tuple[str, str, str, str]) -> bytes:
    """A quotes file of (ask amount, ask price, bid price, bid amount)."""
    times = (_START + 100_000 * at for at in range(len(rows)))
    return file("quotes", *(f"bitmex,XBTUSD,{t},{t},{','.join(r)}" for t, r in zip(times, rows)))  # noqa: B905


def _touch(*asks: str) -> bytes:
    return _quotes(*(("100", ask, "64000", "100") for ask in asks))


def _run(
    path: Path, data: bytes, tick: str | None = None, lot: str | None = None, grid: str = "0.1 100"
) -> tuple[Survey, Rows]:
    """Survey and stream a quotes file, with what is given of its grid."""
    (path / "quotes.csv").write_bytes(data)
    config = TardisConfig(tardis_root=str(path), quotes_csv="quotes.csv", block_bytes=256)
    connector = TardisConnector(config, "XBTUSD")
    connector.take_grid(tick and Decimal(tick), lot and Decimal(lot))  # type: ignore[arg-type]
    out = Collector()
    found: list[Survey] = []

    async def whole() -> None:
        found.append(await connector.survey())
        steps = [Decimal(step) for step in grid.split()]
        instrument = Instrument(symbol="XBTUSD", tick_size=steps[0], lot_size=steps[1])
        await connector.run((instrument,), out)

    trio.run(whole)
    return found[0], np.concatenate([batch.events for batch in out.batches])


def _health(survey: Survey) -> dict[str, Any]:
    return {defect.kind: defect for defect in survey.health}


NOISY = ["64600.3", "64599.9", *(repr(n * 0.1) for n in range(646_000, 646_020))]
CLEAN = ["64600.3", "64599.9", *(str(Decimal(n) / 10) for n in range(646_000, 646_020))]
FIRST = next(i for i, text in enumerate(NOISY) if len(text) > 15)


def test_noise_is_named_with_the_first_number_and_the_tick_that_cures_it(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        _run(tmp_path, _touch(*NOISY))
    assert str(caught.value) == (
        f"{tmp_path}/quotes.csv:{FIRST + 2}: ask_price is {NOISY[FIRST]}: prices are floats with"
        " rounding noise, expected multiples of 0.1; give [instrument] tick_size = 0.1 and they are"
        " rounded to it"
    )
    inspection = inspect_files([tmp_path / "quotes.csv"])[0]
    assert inspection.fault == str(caught.value)


def test_given_the_tick_noise_is_rounded_and_counted(tmp_path: Path) -> None:
    survey, noisy = _run(tmp_path, _touch(*NOISY), tick="0.1")
    clean_survey, clean = _run(tmp_path, _touch(*CLEAN), tick="0.1")
    assert noisy.tolist() == clean.tolist()
    assert survey.grid == clean_survey.grid == (("0.1", "100"),)
    rounded = _health(survey)["prices_rounded_to_tick"]
    assert rounded.rows == sum(Decimal(a) != Decimal(b) for a, b in zip(NOISY, CLEAN, strict=True))
    assert (rounded.of, rounded.done, rounded.is_sick) == (len(NOISY), "rounded", False)
    assert rounded.first == f"{tmp_path}/quotes.csv:{FIRST + 2}"
    assert _health(clean_survey)["prices_rounded_to_tick"].rows == 0
    assert "sizes_rounded_to_lot" not in _health(survey)


def test_a_number_farther_off_than_a_millionth_of_a_tick_is_refused(tmp_path: Path) -> None:
    """Twelve zeros behind the point are within 1e-6 of a tick of 0.1, seven are not."""
    near, far = _touch("64600.1000000999", "64600.2"), _touch("64600.100000101", "64600.2")
    _, events = _run(tmp_path, near, tick="0.1")
    assert events["ask_price"].tolist() == [646_001, 646_002]
    expected = r"quotes\.csv:2: ask_price is '64600\.100000101', expected a multiple of the tick"
    with pytest.raises(DataError, match=expected):
        _run(tmp_path, far, tick="0.1")


def test_floats_printed_with_all_their_digits_are_the_same_case(tmp_path: Path) -> None:
    printed = [f"{float(text):.30f}" for text in CLEAN]
    with pytest.raises(DataError, match=r"floats with rounding noise.*tick_size = 0\.1 "):
        _run(tmp_path, _touch(*printed))
    _, events = _run(tmp_path, _touch(*printed), tick="0.1")
    assert events["ask_price"].tolist() == [int(Decimal(text) * 10) for text in CLEAN]


def test_sizes_have_noise_as_well(tmp_path: Path) -> None:
    """0.1 + 0.2, what is left of 0.3 - 0.1 - 0.1 - 0.1, and a size that shows no finer grid."""
    rows = [
        (size, "64600.1", "64600", "5000000")
        for size in ("0.1", repr(0.1 + 0.2), "5.551115123125783e-17", "2.2")
    ]
    expected = r"csv:4: ask_amount is 5\.551115123125783e-17: sizes are .* lot_size = 0\.1 and"
    with pytest.raises(DataError, match=expected):
        _run(tmp_path, _quotes(*rows), grid="0.1 0.1")
    survey, events = _run(tmp_path, _quotes(*rows), lot="0.1", grid="0.1 0.1")
    assert events["ask_size"].tolist() == [1, 3, 0, 22]
    assert events["ask_price"].tolist() == [646_001, 646_001, 0, 646_001]
    assert _health(survey)["sizes_rounded_to_lot"].rows == 2


@pytest.mark.parametrize(
    ("rows", "grid"),
    [
        ([("123456789.12345678", "0.00001235", "0.00001234", "98765432.11111111")], "0.00000001"),
        ([("3.5", "64600.12345679", "64600.12345678", "2")], "0.00000001"),
        ([("3.5", "999999.12345679", "99999.12345678", "2")], "0.00000001"),
        (
            [("1", "64600.10000000000000000000", "64600", "2"), ("1", "64600.2", "64600", "2")],
            "0.1",
        ),
    ],
    ids=["an alt", "BTC at 1e-8", "six digits at 1e-8", "zeros at the end"],
)
def test_fine_grids_of_real_markets_are_no_noise(
    tmp_path: Path, rows: list[tuple[str, str, str, str]], grid: str
) -> None:
    survey, _ = _run(tmp_path, _quotes(*rows), grid=f"{grid} 0.00000001")
    assert survey.grid[0][0] == grid


def test_noise_beyond_18_digits_is_named_before_the_number_that_does_not_fit(
    tmp_path: Path,
) -> None:
    """Counted in 1e-17, a size of 100 has 19 digits; it is not the one that is wrong."""
    rows = [(size, "64600.1", "64600", "2") for size in ("0.30000000000000004", "1", "100")]
    with pytest.raises(DataError, match=r"csv:2: ask_amount is 0.30.*lot_size = 0\.1 and"):
        _run(tmp_path, _quotes(*rows))


def test_computed_prices_are_refused_as_such(tmp_path: Path) -> None:
    prices = [repr(64600 + n / 7) for n in range(1, 7)]
    with pytest.raises(DataError, match=r"ask_price is 64600\.1428\d*: prices have 15 digits"):
        _run(tmp_path, _touch(*prices))


@pytest.mark.parametrize(
    ("number", "step", "count"),
    [
        ("64600.100000000006", "0.1", 646_001),
        ("64600.199999999997", "0.1", 646_002),
        ("64600.100000000006", "0.5", OFF_GRID),
        ("99999.999999999985", "0.5", 200_000),
        ("0.000012340000000000001", "0.00000001", 1234),
        ("0.0000000000000000555", "0.001", 0),
        ("100.12345678000001", "0.00000001", 10_012_345_678),  # as near as a float can be
        ("100.12345678001", "0.00000001", OFF_GRID),
        ("999999999999999.9", "100", 10_000_000_000_000),
        ("64600", "7", OFF_GRID),
    ],
)
def test_nearest_multiples(number: str, step: str, count: int) -> None:
    def split(text: str) -> tuple[int, int]:
        _, digits, exponent = Decimal(text).as_tuple()
        assert isinstance(exponent, int)
        mantissa = int("".join(map(str, digits)))
        while exponent < -18:  # as ``read_number`` cuts
            mantissa, exponent = mantissa // 10, exponent + 1
        return mantissa, exponent

    assert nearest(*split(number), *split(step)) == count


def test_nearest_agrees_with_exact_arithmetic() -> None:
    """10 000 floats on grids of any size, some of them pushed off by up to a hundredth of it."""
    draw = random.Random(11)
    seen = {True: 0, False: 0}
    for _ in range(10_000):
        power = draw.randint(-8, 2)
        unit = draw.choice((1, 2, 5, 25))
        step = Decimal(unit).scaleb(power)
        exact = draw.randint(1, 10 ** draw.randint(1, 9)) * step
        number = Decimal(repr(float(exact * (1 + Decimal(draw.choice((0, 1e-16, 1e-9, 1e-4)))))))
        _, digits, exponent = number.as_tuple()
        assert isinstance(exponent, int)
        if exponent < -18:
            continue
        found = nearest(int("".join(map(str, digits))), exponent, unit, power)
        count = int((number / step).to_integral_value())
        off = abs(number - count * step)
        is_near = off <= max(step / 10**6, min(number / 2**50, step / 100))
        edge = abs(off - step / 10**6) < step / 10**10
        if not edge:
            assert found == (count if is_near else OFF_GRID), (number, step)
        seen[is_near] += 1
    assert min(seen.values()) > 500


def _any_number(draw: random.Random, step: Decimal) -> str:
    """A number on a grid, near it, off it, huge, tiny or nothing, in some way of writing."""
    number = draw.randint(0, 10 ** draw.randint(0, 12)) * step
    match draw.randrange(8):
        case 0:
            return repr(float(number))
        case 1:
            return repr(float(number) + draw.choice((-1, 1)) * float(step) * 1e-7)
        case 2:
            return f"{float(number):.25f}"
        case 3 if draw.random() < 0.1:
            return str(number * draw.choice((Decimal("1e-9"), Decimal("1e9"))))
        case 4:
            return f"{number:E}"
        case _:
            return f"{number:f}"


def test_what_the_survey_accepts_the_reader_accepts(tmp_path: Path) -> None:
    """Random files, with none, one or both of the steps given, and the grid that comes of it."""
    draw = random.Random(1109)
    accepted = 0
    for _ in range(400):
        tick, lot = (
            Decimal(draw.choice(["1", "0.1", "0.5", "0.01", "1e-8", "25", "100"])) for _ in range(2)
        )
        rows = [
            (*(_any_number(draw, step) for step in (lot, tick, tick, lot)),)
            for _ in range(draw.randint(1, 6))
        ]
        given = draw.choice((tick, None)), draw.choice((lot, None))
        (tmp_path / "quotes.csv").write_bytes(_quotes(*rows))  # type: ignore[arg-type]
        config = TardisConfig(tardis_root=str(tmp_path), quotes_csv="quotes.csv")
        connector = TardisConnector(config, "XBTUSD")
        connector.take_grid(*given)
        try:
            survey = trio.run(connector.survey)
        except DataError:
            continue
        steps = [
            step if step is not None else Decimal(found or 1)
            for step, found in zip(given, survey.grid[0], strict=True)
        ]
        if survey.grid[0][0] is None and given[0] is None:
            continue  # a run would ask for the tick
        accepted += 1
        instrument = Instrument(symbol="XBTUSD", tick_size=steps[0], lot_size=steps[1])
        trio.run(connector.run, (instrument,), Collector())
    assert accepted > 100


def test_a_number_too_large_for_a_finer_one_is_refused_before_the_run(tmp_path: Path) -> None:
    """It used to be found by the reader, since only the grid so far was held to 18 digits."""
    rows = [("9720730719900", "64600.1", "64600", "1"), ("0.0000025", "64600.1", "64600", "1")]
    expected = r"csv:3: ask_amount is '0\.0000025', .*; it is too fine for .* that of line 2"
    with pytest.raises(DataError, match=expected):
        _run(tmp_path, _quotes(*rows))


def test_a_number_too_large_for_the_grid_of_another_file_is_refused(tmp_path: Path) -> None:
    trade = f"bitmex,XBTUSD,{_START},{_START},1,buy,64600.1,"
    (tmp_path / "trades.csv").write_bytes(file("trades", f"{trade}0.001"))
    (tmp_path / "quotes.csv").write_bytes(_quotes(("9" * 16, "64600.1", "64600", "100")))
    config = TardisConfig(
        tardis_root=str(tmp_path), quotes_csv="quotes.csv", trades_csv="trades.csv"
    )
    connector = TardisConnector(config, "XBTUSD")
    expected = r"quotes\.csv:2: .* is 1\.00e\+19 lots of 0\.001, .* or \S+/trades\.csv:2, which"
    with pytest.raises(DataError, match=expected):
        trio.run(connector.survey)
