"""A template says of any keys what loading the file with them says."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import MMError
from mm.config import load_config
from mm.config.overrides import Override, parse_override
from mm.config.template import Template
from mm.registry import load_registry

RUN = Path(__file__).parents[2] / "example" / "backtest.toml"
REGISTRY = load_registry()
TEMPLATE = Template(RUN, REGISTRY, ["engine.seed=3"])

OVERRIDES = (
    "strategy.avellaneda.gamma=0.3", "strategy.avellaneda.gamma=-1", "strategy.avellaneda.gama=1",
    "strategy.avellaneda.xi=7", "strategy.avellaneda.vol.window_len=7", "execution.latency_ms=1.5",
    "execution.latency_ms=x", "execution.fill_model=optimistic", "execution.fill_model=none",
    "strategy.kind=Momentum", "strategy.kind=Nobody", "strategy=3", "strategy.avellaneda=3",
    "strategy.symbol=ETHUSD", 'strategy.signals=["micro_price"]', "position.maker_fee=0.1",
    "plugins.disable=['avellaneda']", "plugins.require=['none']", "data.connector=bitmex",
    "data.from_csv=false", "data.block_bytes=0", "nothing.at=1", "output.sinks=['csv','csv']",
    "instrument.tick_size=0.5", "instrument.tick_size=\"0.5\"", "engine.seed=4",
)  # fmt: skip


def outcome(load: Any) -> Any:
    try:
        return load()
    except MMError as error:
        return type(error), str(error)


@given(st.lists(st.sampled_from(OVERRIDES), max_size=4, unique_by=lambda text: text.split("=")[0]))
def test_a_template_says_what_loading_says(texts: list[str]) -> None:
    overrides: list[Override] = [one for text in texts for one in parse_override(text)]
    whole = outcome(lambda: load_config(RUN, REGISTRY, ["engine.seed=3", *texts]))
    quick = outcome(lambda: TEMPLATE.load(overrides))
    if isinstance(whole, tuple):
        assert quick == whole
        return
    assert repr(quick.config) == repr(whole.config)
    assert plain(quick.content) == plain(tomllib.loads(whole.text))
    assert quick.files == whole.files


def plain(value: Any) -> Any:
    """Numbers as floats, so that 1, 1.0 and a decimal are alike."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if value is None:
        return ""
    return value if isinstance(value, str | bool) else float(value)


def test_one_set_leaves_nothing_behind_for_the_next() -> None:
    gamma = [*parse_override("strategy.avellaneda.gamma=0.9")]
    before = TEMPLATE.load([])
    assert TEMPLATE.load(gamma).content != before.content
    with pytest.raises(MMError):
        TEMPLATE.load([*parse_override("strategy.avellaneda.gamma=-9")])
    assert TEMPLATE.load([]).content == before.content
