"""What hosts a strategy with its venue hands on what was done, also when that ends badly."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import trio

from mm.api import TOUCH_FIELDS, Features, MarketBatch, PluginError
from mm.run.channels import open_channel
from mm.run.closed_loop import host
from mm.run.sinks import Records


class FailsAtTheSecond:
    """A maker of one block, whose strategy raises when it is asked again."""

    def __init__(self) -> None:
        self.asked = 0

    def take(self, message: Features) -> None:
        pass

    def next_block(self) -> str:
        self.asked += 1
        if self.asked == 2:
            raise PluginError("strategy 'X' raised")
        return "block"

    def hear(self, account: Any) -> None:
        pass


async def test_what_was_done_before_a_strategy_failed_is_written() -> None:
    taken: list[Any] = []
    report = SimpleNamespace(committed=1, woken=())
    books: Any = SimpleNamespace(
        take=taken.append,
        account=lambda committed, woken: None,
        write=lambda: Records(tables=(("reports", taken[:]),), watermark=7),  # type: ignore[arg-type]
    )
    venue: Any = SimpleNamespace(submit=lambda block: None, advance=lambda: report)
    maker: Any = FailsAtTheSecond()
    to_host, features = open_channel(1, Features)
    _, batches = open_channel(1, MarketBatch)
    out, written = open_channel(1, Records)
    await to_host.send(Features(np.zeros(0, TOUCH_FIELDS), 7))
    with trio.fail_after(5), pytest.raises(PluginError):
        await host(
            features, batches, out,
            maker=maker, venue=venue, bracket=None, books=books, progress=SimpleNamespace(),  # type: ignore[arg-type]
        )  # fmt: skip
    (table,) = written.receive_nowait().tables
    assert list(table[1]) == [report]
