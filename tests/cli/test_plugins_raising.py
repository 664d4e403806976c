"""A plugin that raises in mid-run: exit code 5, one line with whose it is and when, valid outputs.

Each part is a built-in one, but for the call that raises when the data is half over.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_backtest_errors import check_sealed

PARTS = """
import attrs
import mm_momentum, mm_tardis
import mm_sinks as built_in  # mm_sinks is the hook below
from mm.api import (
    ConnectorOffer, NoConfig, SinkOffer, StrategyOffer, TransformerOffer, hookimpl,
)

MM_API = (0, 1)
RAISES = "{raises}"
HALF = {half}

class Raising:
    def __init__(self, part):
        self._part = part
        self.requires = getattr(part, "requires", None)
        self.dtype = getattr(part, "dtype", None)

    def __getattr__(self, name):
        return getattr(self._part, name)

    def _check(self, name, ts):
        if name == RAISES and ts > HALF:
            raise ZeroDivisionError("the model broke")

    def push(self, batch):
        self._check("push", batch.watermark)
        return self._part.push(batch)

    def observe(self, rows):
        self._check("observe", rows["ts"][-1] if len(rows) else 0)
        return self._part.observe(rows)

    def decide(self, rows, account):
        self._check("decide", rows["ts"][0])
        return self._part.decide(rows, account)

    def write(self, table, rows):
        self._check("write", rows[rows.dtype.names[0]][-1] if len(rows) else 0)
        self._part.write(table, rows)

    async def run(self, instruments, out):
        await self._part.run(instruments, Watched(out, self))

class Watched:
    def __init__(self, out, part):
        self._out, self._part, self.close = out, part, out.close

    async def send(self, batch):
        self._part._check("run", batch.watermark)
        await self._out.send(batch)

def raising(build):
    return lambda *args: Raising(build(*args))

@hookimpl
def mm_connectors():
    offer = mm_tardis.mm_connectors()[0]
    return [attrs.evolve(offer, name="raising", build=raising(offer.build))]

@hookimpl
def mm_transformers():
    offer = mm_momentum.mm_transformers()[0]
    return [attrs.evolve(offer, name="Raising", build=raising(offer.build))]

@hookimpl
def mm_strategies():
    offer = mm_momentum.mm_strategies()[0]
    build = lambda config, context: Raising(offer.build(mm_momentum.MomentumConfig(), context))
    return [attrs.evolve(offer, name="Raising", config=NoConfig, build=build)]

@hookimpl
def mm_sinks():
    offer = built_in.mm_sinks()[0]
    return [attrs.evolve(offer, name="raising", build=raising(offer.build))]
"""

STRATEGY = ("strategy.kind=Raising", "strategy.preprocessing=NoDataTransform")


@pytest.mark.parametrize(
    ("raises", "part", "settings"),
    [
        ("decide", "strategy 'Raising'", STRATEGY),
        ("observe", "strategy 'Raising'", STRATEGY),
        ("push", "transformer 'Raising'",
         ("strategy.preprocessing=Raising", "strategy.kind=Momentum")),
        ("run", "connector 'raising'", ("data.connector=raising", "data.max_batch_rows=1000")),
        ("write", "sink 'raising'", ('output.sinks=["raising"]',)),
    ],
)  # fmt: skip
def test_a_part_that_raises_ends_the_run_with_its_name_version_and_time(
    backtest: Any,
    install: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    raises: str,
    part: str,
    settings: tuple[str, ...],
) -> None:
    whole = backtest("--quiet")
    assert whole.code == 0
    (complete,) = backtest.runs()
    first, last = complete.summary["first_ts"], complete.summary["last_ts"]
    half = (first + last) // 2
    monkeypatch.syspath_prepend(install(PARTS.format(raises=raises, half=half)))
    monkeypatch.delitem(sys.modules, "thirdparty", raising=False)

    done = backtest("--quiet", *(word for text in settings for word in ("--set", text)))

    assert done.code == 5
    (fault,) = done.faults
    start, _, rest = fault.partition(" at data time ")
    assert start == f"mm: {part} (thirdparty 1.0) raised ZeroDivisionError"
    ts, _, what = rest.partition(" µs: ")
    what, _, place = what.partition(" (")
    assert what == "the model broke"
    assert re.fullmatch(r".*/site/thirdparty\.py:\d+, in \w+\)", place)
    assert first < int(ts) <= last
    run = backtest.runs()[-1]
    check_sealed(run, "failed")
    assert run.summary["error"] == fault.replace("mm: ", "PluginError: ", 1)
