"""Rows of every era to levels, and the faults that show in them."""

from typing import Any

import pytest
from tests.plugins.bitmex_exchange import XBTUSD

from mm_bitmex.book import BookError, L2Book, pool_of
from mm_bitmex.units import Grid, micros, rate_units


def book(*rows: dict[str, Any], pool: str = "") -> tuple[L2Book, dict[str, int]]:
    """A book after an image, and its counts."""
    counts: dict[str, int] = {}
    made = L2Book("XBTUSD", Grid(XBTUSD), counts)
    made.load(rows, pool)
    return made, counts


def row(
    id_: int, side: str, size: float | None = None, price: float | None = None, **more: Any
) -> Any:
    numbers = {"size": size, "price": price}
    given = {name: value for name, value in numbers.items() if value is not None}
    return {"symbol": "XBTUSD", "id": id_, "side": side, **given, **more}


OLD = (row(8793540000, "Buy", 100, 64600.0), row(8793539990, "Sell", 300, 64600.1))


def test_rows_of_2021_find_their_price_by_the_id() -> None:
    made, _ = book(*OLD)
    changes = made.apply("update", [row(8793540000, "Buy", 700)])
    assert [tuple(c) for c in changes] == [(None, 646_000, 7, 1)]
    made.apply("delete", [row(8793539990, "Sell")])
    assert made.touch() == (646_000, 7, 0, 0)


def test_rows_of_2026_carry_java_doubles_and_ids_in_no_order() -> None:
    stamped = {"timestamp": "2026-09-02T10:00:00.000Z", "pool": "Primary"}
    image = [
        row(234027002072, "Sell", 8000.0, 3.20101e4, **stamped),
        row(62400580205, "Buy", 100, 32000.0, **stamped),
    ]
    made, _ = book(*image, pool="Primary")
    assert made.touch() == (320_000, 1, 320_101, 80)
    made.apply("insert", [row(7, "Sell", 200, 32000.1, **stamped)])
    assert made.touch() == (320_000, 1, 320_001, 2)


def test_the_next_best_level_is_found_when_the_best_goes() -> None:
    made, _ = book(*(row(i, "Buy", 100, 64000 + i) for i in range(1, 4)))
    for left in (2, 1):
        made.apply("delete", [row(left + 1, "Buy")])
        assert made.touch()[:2] == (640_000 + 10 * left, 1)


def test_memory_does_not_grow_with_levels_that_come_and_go() -> None:
    made, _ = book(row(1, "Buy", 100, 64000.0))
    for id_ in range(2, 10_000):
        made.apply("insert", [row(id_, "Buy", 100, 60000.0)])
        made.apply("delete", [row(id_, "Buy")])
    assert len(made.bids._heap) < 2_000


def test_an_update_with_another_price_moves_the_level() -> None:
    made, counts = book(*OLD)
    changes = made.apply("update", [row(8793540000, "Buy", 200, 64599.5)])
    assert [(c.price, c.size) for c in changes] == [(646_000, 0), (645_995, 2)]
    assert counts == {"moved_level": 1}


def test_of_two_rows_at_one_price_the_newer_counts_and_outlives_the_older() -> None:
    made, counts = book(*OLD)
    made.apply("insert", [row(5, "Buy", 900, 64600.0)])
    assert made.apply("delete", [row(8793540000, "Buy")]) == []
    assert made.touch()[:2] == (646_000, 9)
    assert counts == {"shared_price": 1}


def test_one_id_may_name_a_row_on_each_side() -> None:
    made, _ = book(row(1, "Sell", 100, 64600.0))
    made.apply("insert", [row(1, "Buy", 200, 64599.0)])
    made.apply("delete", [row(1, "Sell")])
    assert made.touch() == (645_990, 2, 0, 0)


@pytest.mark.parametrize(
    ("action", "bad", "count"),
    [
        ("update", row(9, "Buy", 100), "unknown_id"),
        ("update", row(9, "Buy", 100, 64600.0), "unknown_id"),
        ("delete", row(9, "Buy"), "unknown_id"),
        ("delete", row(8793540000, "Sell"), "unknown_id"),
        ("insert", row(8793540000, "Buy", 100, 64600.0), "duplicate_insert"),
        ("insert", row(9, "Buy", 100), "malformed_row"),
        ("insert", row(9, "Buy", None, 64600.0), "malformed_row"),
        ("update", row(8793540000, "Buy"), "malformed_row"),
        ("update", row(8793540000, "buy", 100), "malformed_row"),
        ("update", {"id": 8793540000, "side": "Buy", "size": 100}, "malformed_row"),
        ("insert", row(9, "Buy", 100, 64600.05), "off_grid"),
        ("insert", row(9, "Buy", 100, 10**400), "off_grid"),
        ("insert", row(9, "Buy", 150, 64599.0), "off_grid"),
        ("update", row(8793540000, "Buy", 0), "off_grid"),
        ("update", row(8793540000, "Buy", float("inf")), "off_grid"),
    ],
)  # fmt: skip
def test_a_row_that_was_lost_or_garbled_shows(action: str, bad: Any, count: str) -> None:
    made, _ = book(*OLD)
    with pytest.raises(BookError) as caught:
        made.apply(action, [bad])
    assert caught.value.count == count


def test_an_id_twice_in_an_image_shows() -> None:
    with pytest.raises(BookError, match="id 1 occurs twice in the image"):
        book(row(1, "Buy", 100, 64600.0), row(1, "Buy", 100, 64599.0))


def test_changes_older_than_the_image_may_be_in_it_already() -> None:
    at = "2026-09-02T10:00:00.150Z"
    before = "2026-09-02T10:00:00.116Z"
    made, counts = book(row(1, "Buy", 500, 64600.0, timestamp=at))
    # In the image: 1 was inserted and grew; 2 came and went.
    made.apply("insert", [row(1, "Buy", 300, 64600.0, timestamp=before)])
    made.apply("update", [row(1, "Buy", 500, 64600.0, timestamp=before)])
    made.apply("delete", [row(2, "Buy", None, 64599.0, timestamp=before)])
    made.apply("update", [row(2, "Buy", 100, 64599.0, timestamp=before)])
    assert made.bids.levels() == [(646_000, 5)]
    assert counts == {"older_than_image": 3}
    with pytest.raises(BookError):
        made.apply("delete", [row(2, "Buy", timestamp=at)])


def test_rows_of_another_symbol_or_pool_are_counted_and_left_out() -> None:
    made, counts = book(*OLD, pool="Primary")
    other = {**row(9, "Buy", 100, 64599.0), "symbol": "ETHUSD"}
    assert made.apply("insert", [other, row(9, "Buy", 1, 1.0, pool="Secondary")]) == []
    assert counts == {"other_symbol": 1, "other_pool": 1}


def test_after_an_empty_image_the_first_pool_named_is_followed() -> None:
    made, _ = book()
    made.apply("insert", [row(1, "Buy", 100, 64600.0, pool="Primary")])
    made.apply("insert", [row(2, "Buy", 100, 64601.0, pool="Secondary")])
    assert made.touch()[0] == 646_000


@pytest.mark.parametrize(
    ("configured", "told", "pools", "followed"),
    [
        ("Secondary", "Primary", ["Primary"], "Secondary"),
        ("", "Primary", ["Secondary", "Primary"], "Primary"),
        ("", "Aggregated", ["Primary"], "Primary"),
        ("", "Primary", [], "Primary"),
        ("", "", ["Primary", "Secondary"], "Primary"),
        ("", "", [], ""),
    ],
)
def test_the_pool_is_the_users_else_the_exchanges_else_the_rows(
    configured: str, told: str, pools: list[str], followed: str
) -> None:
    assert pool_of(configured, told, [{"pool": pool} for pool in pools]) == followed


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("2024-08-01T00:00:00.150Z", 1_722_470_400_150_000),
        ("2024-02-29T12:34:56Z", 1_709_210_096_000_000),
        ("2024-08-01T00:00:00.123456789Z", 1_722_470_400_123_456),
        ("2100-03-01T00:00:00.1Z", 4_107_542_400_100_000),
        ("1970-01-01T00:00:00Z", None),
        ("2024-13-01T00:00:00Z", None),
        ("2024-08-01T24:00:00Z", None),
        ("2024-08-01T00:00:00+00:00", None),
        ("２０２４-08-01T00:00:00Z", None),
        (1722470400, None),
    ],
)
def test_times_are_read_to_the_microsecond_or_not_at_all(text: Any, us: int | None) -> None:
    assert micros(text) == us


def test_mark_prices_and_rates_keep_the_digits_that_were_sent() -> None:
    assert Grid(XBTUSD).micro_ticks(64599.25) == 645_992_500_000
    assert rate_units(3.0000000000000003e-4) == 300_000_000
    assert rate_units(-1.0e-4) == -100_000_000
    assert rate_units(7) is None
