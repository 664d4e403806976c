"""A registry of invented parts, so that these tests depend on no plugin."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest

from mm.api import (
    ConnectorOffer,
    FeeModelOffer,
    FillModelOffer,
    LatencyModelOffer,
    NoConfig,
    SinkOffer,
    StrategyOffer,
    TransformerOffer,
    option,
)
from mm.config import LoadedConfig, load_config
from mm.registry import Plugin, Registry, build_registry


@attrs.frozen(kw_only=True)
class Vol:
    window_len: int = option(500, help="Length.", unit="samples", ge=1)
    sigma_min: float | None = option(None, help="Floor.", gt=0)


@attrs.frozen(kw_only=True)
class Quoter:
    gamma: float = option(help="Aversion.", unit="1/price", gt=0)
    style: str = option("calm", help="Manner.", choices=("calm", "Keen"))
    mode: Literal["a", "b"] = option("a", help="Mode.")
    step: Decimal = option(Decimal("0.10"), help="Step.", gt=0)
    levels: tuple[float, ...] = option((1.0, 2.5), help="Levels.")
    vol: Vol = option(help="Volatility.", factory=Vol)


@attrs.frozen(kw_only=True)
class Files:
    tardis_root: str = option(".", flag="data", help="Folder.")
    book_csv: str | None = option(None, help="Book file.")
    strict: bool = option(False, flag="strict", help="Refuse.")


@attrs.frozen(kw_only=True)
class Socket:
    address: str | None = option(None, flag="url", help="Address.")
    port: int = option(443, help="Port.", gt=0)


@attrs.frozen(kw_only=True)
class Pair:
    low: float = option(1.0, help="Low.")
    high: float = option(2.0, help="High.")

    def __attrs_post_init__(self) -> None:
        if not self.high > self.low:
            raise ValueError(f"high must be above low, was {self.high} with low {self.low}")


def build(*_: Any) -> Any:
    raise AssertionError("configuration builds nothing")


@pytest.fixture
def registry() -> Registry:
    offers = (
        ("strategy", StrategyOffer(name="Avellaneda", config=Quoter, build=build)),
        ("strategy", StrategyOffer(name="Other", config=Pair, build=build)),
        ("transformer", TransformerOffer(name="Avellaneda", config=Quoter, build=build)),
        ("transformer", TransformerOffer(name="Plain", config=NoConfig, build=build)),
        ("connector", ConnectorOffer(name="tardis", config=Files, build=build)),
        ("connector", ConnectorOffer(name="socket", config=Socket, build=build, live=True)),
        ("fill model", FillModelOffer(name="queue", config=NoConfig, build=build)),
        ("latency model", LatencyModelOffer(name="constant", config=NoConfig, build=build)),
        ("fee model", FeeModelOffer(name="share", config=NoConfig, build=build)),
        ("fill model", FillModelOffer(name="pair", config=Pair, build=build)),
        ("sink", SinkOffer(name="csv", config=NoConfig, build=build)),
        ("sink", SinkOffer(name="pair", config=Pair, build=build)),
    )
    broken = Plugin("broken", "broken-dist", "1.0", error=ImportError("no such thing"))
    return build_registry([Plugin("fakes", "fakes-dist", "1.0", offers), broken])


@pytest.fixture
def load(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Write a text to run.toml and load it."""
    monkeypatch.chdir(tmp_path)

    def write_and_load(text: str, *overrides: str, **shortcuts: Any) -> LoadedConfig:
        Path("run.toml").write_text(text, encoding="utf-8")
        return load_config("run.toml", registry, overrides, **shortcuts)

    return write_and_load
