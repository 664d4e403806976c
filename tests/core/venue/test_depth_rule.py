"""What the venue tells a fill model's depth rule."""

from mm.api import BUY, SELL, FillModel
from mm_queue_models.rules import first_in_first_out

from .replay import replay
from .tapes import Session, at, level, limit, snapshot, trade


def all_cancels_stood_ahead(
    ahead: float, before: float, after: float, printed: float, p0: float, p1: float
) -> float:
    """Whatever of a decrease no print has explained stood before us."""
    return ahead - max(before - after - printed, 0.0)


def test_a_depth_rule_hears_how_much_of_a_decrease_was_printed() -> None:
    """Ten ahead, then ten more behind. A print of 3 leaves 7. The level falls by 5, of which the
    print explains 3: 2 cancels leave 5. A rise forgets the print; a fall by 1 leaves 4.
    """
    tape = (
        *snapshot(1, {100: 10}, {101: 10}),
        level(3, BUY, 100, 20),
        trade(4, 100, 3, SELL, 1),
        level(5, BUY, 100, 15),
        trade(6, 100, 0, SELL, 2),
        level(7, BUY, 100, 16),
        level(8, BUY, 100, 15),
        trade(9, 100, 5, SELL, 3),
    )
    model = FillModel(on_print=first_in_first_out, on_depth=all_cancels_stood_ahead)
    session = Session(tape, (at(2, limit(1, BUY, 100, 5)),))
    reports = replay(session, model=model)[0].reports
    assert [(r["size"], r["ahead"]) for r in reports[1:]] == [(1, 4)]


def test_a_depth_rule_is_cut_to_what_is_displayed() -> None:
    """A rule that leaves ten ahead of a level of four means four: a print of 5 fills one."""
    tape = (
        *snapshot(1, {100: 10}, {101: 10}),
        level(3, BUY, 100, 4),
        trade(4, 100, 5, SELL, 1),
    )
    model = FillModel(on_print=first_in_first_out, on_depth=nothing_helps)
    session = Session(tape, (at(2, limit(1, BUY, 100, 5)),))
    reports = replay(session, model=model)[0].reports
    assert [(r["size"], r["ahead"]) for r in reports[1:]] == [(1, 4)]


def nothing_helps(
    ahead: float, before: float, after: float, printed: float, p0: float, p1: float
) -> float:
    return ahead
