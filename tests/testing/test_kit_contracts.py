"""The contract classes, on parts that keep every rule, and what a failing rule looks like."""

from typing import Any

import attrs
import numpy as np

from mm.api import (
    Account,
    Context,
    NoConfig,
    OrderPad,
    RowStrategy,
    StrategyOffer,
    TransformerOffer,
    option,
)
from mm.registry import load_registry
from mm.testing.contracts import StrategyContract, TransformerContract
from mm.testing.kit.stand_ins import AnyColumns


@attrs.frozen(kw_only=True)
class EdgeConfig:
    """Of a strategy that quotes around the touch."""

    edge: int = option(0, help="How far behind the touch to quote.", unit="ticks", ge=0, le=100)


class Edge(RowStrategy):
    def __init__(self, config: EdgeConfig, context: Context) -> None:
        self._edge = config.edge

    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        for side, price, size in ((1, "bid", "bid_size"), (-1, "ask", "ask_size")):
            wanted = int(row[price]) - side * self._edge
            orders.quote(side, wanted, int(row[size] > 0 and wanted > 0))


def build_columns(config: Any, context: Context) -> AnyColumns:
    return AnyColumns(("mid", "sigma"), context)


class TestARowStrategy(StrategyContract):
    offer = StrategyOffer(name="Edge", config=EdgeConfig, build=Edge)


class TestAVectorisedStrategyOnItsTransformer(StrategyContract):
    offer = load_registry().strategy("Momentum")
    transformer = load_registry().transformer("NoDataTransform")
    transformer_config = NoConfig()


class TestATransformer(TransformerContract):
    offer = TransformerOffer(name="Columns", config=NoConfig, build=build_columns)
