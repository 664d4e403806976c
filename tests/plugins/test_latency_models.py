"""The built-in latency models: what they make of the run file's latencies."""

from pathlib import Path
from typing import Any

import pytest

from mm.api import ConfigError, Context, LatencyModel
from mm_latency import mm_latency_models

CONTEXT = Context(instruments=(), seed=0, entry_us=1000.0, response_us=300.0)
HEADER = "req_ts,exch_ts,resp_ts\n"


def built(name: str, **options: Any) -> LatencyModel:
    (offer,) = (offer for offer in mm_latency_models() if offer.name == name)
    return offer.build(offer.config(**options), CONTEXT)


def test_every_model_starts_from_the_run_files_latencies() -> None:
    for name in ("constant", "feed", "jitter"):
        model = built(name)
        assert model.entry.tolist() == [[0.0, 1000.0]]
        assert model.response.tolist() == [[0.0, 300.0]]


def test_feed_adds_multiples_of_the_feed_latency_and_jitter_a_spread() -> None:
    model = built("feed", entry_multiple=2.0, response_multiple=0.5)
    assert (model.entry_multiple, model.response_multiple, model.jitter) == (2.0, 0.5, 0.0)
    assert built("jitter", sigma=0.3).jitter == 0.3


def test_a_table_gives_entry_by_sending_and_response_by_the_venues_time(tmp_path: Path) -> None:
    """The second order was at the venue before the first: responses are in the venue's order."""
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + "10,40,45\n20,30,37\n")
    model = built("table", path=str(path))
    assert model.entry.tolist() == [[10.0, 1030.0], [20.0, 1010.0]]
    assert model.response.tolist() == [[30.0, 307.0], [40.0, 305.0]]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("req_ts,exch_ts\n1,2\n", ":1: column 'resp_ts' is missing"),
        (HEADER, ": the latency table has no rows, expected at least one"),
        (HEADER + "1,2,3\n1,x,3\n", ":3: expected three whole numbers of µs"),
        (HEADER + "1,2,3\n4,5\n", ":3: expected three whole numbers of µs"),
        (
            HEADER + "5,4,6\n",
            ":2: expected 0 <= req_ts <= exch_ts <= resp_ts <= 9999999999999999 µs",
        ),
        (
            HEADER + f"1,2,{10**400}\n",
            f":2: expected 0 <= req_ts <= exch_ts <= resp_ts <= {10**16 - 1} µs",
        ),
        (HEADER + "5,6,7\n6,7,8\n4,5,6\n", ":4: req_ts goes back, expected ascending times"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_its_line(
    tmp_path: Path, text: str, fault: str
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        built("table", path=str(path))
    assert str(caught.value) == f"{path}{fault}"


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    with pytest.raises(ConfigError, match=r"orders\.csv: there is no such file"):
        built("table", path=str(path))
