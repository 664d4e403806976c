"""Signals: how far the fair price is from the mid, as the order book and the trades tell.

micro_price     where the mid is expected to settle, by imbalance and spread (Stoikov)
book_imbalance  the weighted mid: nearer to the side with less size
order_flow      what the size that came and went at the touch does to the mid (Cont et al.)
trade_sign      which side has been taking lately
host            their rows, the touch that they follow, the walk over a batch
markov          the arithmetic of the micro-price
config          what can be set of each

All are in price, so that their weights compare. Each is a transformer for ``strategy.signals``,
and needs nothing but quotes and trades: without quotes, the host makes them from the book. This
module knows none of them: it imports one when a run asks for it.
"""

from typing import TYPE_CHECKING

from mm.api import Context, TransformerOffer, hookimpl
from mm_signals.config import (
    BookImbalanceConfig,
    MicroPriceConfig,
    OrderFlowConfig,
    TradeSignConfig,
)

if TYPE_CHECKING:
    from mm_signals.host import SignalTransformer

MM_API = (0, 1)


def build_micro_price(config: MicroPriceConfig, context: Context) -> "SignalTransformer":
    """Build the micro-price of a run."""
    from mm_signals.micro_price import micro_price

    return micro_price(config, context)


def build_book_imbalance(_config: BookImbalanceConfig, context: Context) -> "SignalTransformer":
    """Build the book imbalance of a run."""
    from mm_signals.book_imbalance import book_imbalance

    return book_imbalance(context)


def build_order_flow(config: OrderFlowConfig, context: Context) -> "SignalTransformer":
    """Build the order-flow imbalance of a run."""
    from mm_signals.order_flow import order_flow

    return order_flow(config, context)


def build_trade_sign(config: TradeSignConfig, context: Context) -> "SignalTransformer":
    """Build the trade-sign average of a run."""
    from mm_signals.trade_sign import trade_sign

    return trade_sign(config, context)


@hookimpl
def mm_transformers() -> list[TransformerOffer]:
    """Offer the four."""
    return [
        TransformerOffer(
            name="micro_price",
            config=MicroPriceConfig,
            build=build_micro_price,
            help="Signal: the micro-price less the mid, learnt from the run so far.",
        ),
        TransformerOffer(
            name="book_imbalance",
            config=BookImbalanceConfig,
            build=build_book_imbalance,
            help="Signal: the mid weighted by the sizes at the touch, less the mid.",
        ),
        TransformerOffer(
            name="order_flow",
            config=OrderFlowConfig,
            build=build_order_flow,
            help="Signal: the move of the mid that goes with the window's order flow;"
            " contemporaneous, so any edge comes from reacting inside the window.",
        ),
        TransformerOffer(
            name="trade_sign",
            config=TradeSignConfig,
            build=build_trade_sign,
            help="Signal: the average sign of recent trades, times half the spread.",
        ),
    ]
