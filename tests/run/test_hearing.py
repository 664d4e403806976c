"""A connector's news, heard by several who ask at different times."""

from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from mm.api import Health, News
from mm.run.health import Hearing


@attrs.define
class Teller:
    """Tells its news once, as connectors do."""

    told: int = 0
    waiting: list[News] = attrs.field(factory=list)

    def happen(self) -> None:
        self.told += 1
        self.waiting.append(News(ts=self.told, level="info", event="e", text=str(self.told)))

    def health(self) -> Health:
        news, self.waiting = tuple(self.waiting), []
        return Health(
            state="live", is_live=True, touch=(0, 0, 0, 0), rows={}, counters={}, gaps=(),
            lags={}, news=news,
        )  # fmt: skip


@given(st.lists(st.sampled_from(["happen", 0, 1, 2]), max_size=60))
def test_each_hears_all_news_once_and_in_order(steps: list[Any]) -> None:
    teller: Any = Teller()
    hearing = Hearing(teller)
    ears = [hearing.listener() for _ in range(3)]
    heard: list[list[int]] = [[], [], []]
    for step in [*steps, 0, 1, 2]:
        if step == "happen":
            teller.happen()
            continue
        health = ears[step]()
        assert health is not None
        heard[step] += [one.ts for one in health.news]
    assert heard == 3 * [list(range(1, teller.told + 1))]


def test_a_connector_that_does_not_say_is_heard_to_say_nothing() -> None:
    silent: Any = object()
    assert Hearing(silent).listener()() is None
