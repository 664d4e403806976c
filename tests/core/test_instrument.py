"""Prices and sizes as text: exact, and as short as they can be."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import ConfigError, Instrument

STEPS = st.builds(
    lambda n, places: Decimal(n).scaleb(-places), st.integers(1, 999), st.integers(-3, 9)
)


@given(STEPS, st.integers(-(10**12), 10**12))
def test_text_is_the_exact_decimal_without_trailing_zeros(step: Decimal, count: int) -> None:
    instrument = Instrument(symbol="X", tick_size=step, lot_size=step)
    expected = format((step * count).normalize(), "f") if count else "0"
    assert instrument.price_text(count) == instrument.size_text(count) == expected


@pytest.mark.parametrize(("step", "lots"), [("0.001", 100), ("0.1", 1), ("100", None)])
def test_contracts_become_lots_only_if_they_are_whole(step: str, lots: int | None) -> None:
    instrument = Instrument(symbol="X", tick_size=Decimal(1), lot_size=Decimal(step))
    if lots is None:
        with pytest.raises(ConfigError, match=r"^k is 0\.1 contracts, which is not a whole number"):
            instrument.whole_lots(0.1, "k")
    else:
        assert instrument.whole_lots(0.1, "k") == lots


@pytest.mark.parametrize("name", ["whole_lots", "whole_ticks"])
def test_more_lots_or_ticks_than_can_be_counted_are_refused(name: str) -> None:
    instrument = Instrument(symbol="X", tick_size=Decimal("0.1"), lot_size=Decimal("0.1"))
    assert getattr(instrument, name)(1e14, "k") == 10**15
    with pytest.raises(ConfigError, match=rf"^k is 2e\+14.*more than 1e\+15 {name[6:]} of X"):
        getattr(instrument, name)(2e14, "k")
