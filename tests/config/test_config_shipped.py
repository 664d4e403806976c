"""The run files that come with mm, against the plugins that come with mm."""

import tomllib
from pathlib import Path

import pytest

from mm.config import load_config, reference_markdown
from mm.registry import load_registry

ROOT = Path(__file__).parents[2]
SHIPPED = sorted([*ROOT.glob("config/*.toml"), *ROOT.glob("example/*.toml")])
SHIPPED.remove(ROOT / "example" / "study.toml")  # a study file

ISSUE = """
[strategy]
kind = "Avellaneda"
preprocessing = "Avellaneda"
symbol = "XBTUSD"

[strategy.avellaneda]
tick_size = 0.01
quote_size = 100
max_position = 1000
gamma = 0.1
delta = 0.2
xi = 0.1

[strategy.avellaneda.vol]
window_len = 500
interval_s = 0.5
ema_half_life = 2.0

[strategy.avellaneda.penetration]
window_len = 120
num_bins = 500
interval_ms = 500

[strategy.avellaneda.sequencer]
interval_ms = 500

[data]
from_csv = true
tardis_root = "example/data_sample/"
trades_csv = "trades.csv.gz"
quotes_csv = "quotes.csv.gz"
book_csv = "book.csv.gz"

[execution]
latency_ms = 0

[output]
csv_path = "example/run/"
exchange = "bitmex"
date = "01_08_2024"
candle_size_min = 1

[position]
contract_type = "Inverse"
fee_rate = 0.0005
"""
"""The file that mm was promised to run as it stands."""


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_shipped_file_passes_and_its_effective_text_is_equal(
    path: Path, tmp_path: Path
) -> None:
    registry = load_registry()
    loaded = load_config(path, registry)
    copy = tmp_path / "effective.toml"
    copy.write_text(loaded.text, encoding="utf-8")
    assert load_config(copy, registry).config == loaded.config


@pytest.mark.parametrize("name", ["config/avellaneda.toml", "example/backtest.toml"])
def test_the_promised_file_is_shipped_word_for_word(name: str) -> None:
    shipped = tomllib.loads((ROOT / name).read_text(encoding="utf-8"))
    assert shipped == tomllib.loads(ISSUE)


def test_the_optional_keys_of_the_promised_file_are_known() -> None:
    keys = reference_markdown(load_registry())
    for key in (
        "strategy.avellaneda.vol.sigma_min", "strategy.avellaneda.vol.sigma_max",
        "data.bitmex_api", "strategy.momentum.lookback", "strategy.momentum.threshold",
    ):  # fmt: skip
        assert f"`{key}`" in keys
