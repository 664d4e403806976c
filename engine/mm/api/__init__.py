"""The public interface of mm: all that a plugin may import.

Everything here, in ``mm.api.jit``, ``mm.api.addresses``, ``mm.api.cache``, ``mm.api.draws`` and
``mm.testing`` follows ``API_VERSION``, (major, minor). A minor step adds: a name, a hook, a field
with a default, a column at the end of a table. What is to go is deprecated first: it keeps
working, its docstring says what to use instead, and its use gives a DeprecationWarning, for two
minor steps and six months at least. Only a major step removes it, and plugins for another major
are refused by name. In major 0 a minor step may break where it must.

    market       events: the columns that every part speaks
    instrument   the grid of prices and sizes, and what a contract is worth
    orders       orders, what becomes of them, and what a strategy wanted
    account      the account as a strategy may see it
    features     what a transformer makes of the market
    tables       what sinks receive: trades, account, candles
    parts, offers, simple    the protocols; how a plugin offers its parts; one row at a time
    quoting      quoting models
    live         what a connector to an exchange may tell beside its stream
    evidence     defects of data, and when they make results doubtful
    inspection   what a connector found in files that it was shown
    compiled     how a strategy may decide inside the venue's kernel
    bounds, draws, jit       numbers within 64 bits; keyed randomness; compiled kernels
    inlined      compiled functions that are only ever part of others
    addresses    functions and arrays by address, for kernels
    row_kernel, row_types, row_function    ``on_row`` compiled
    errors, files            what can go wrong; reading a file that the user named
    kept         a file kept open for long, which may be removed meanwhile
    cache        folders kept between runs
"""

from mm.api.account import WORKING, Account
from mm.api.bounds import MOST_LOTS, MOST_ORDER, MOST_TICKS, MOST_TRADED, MOST_UNITS
from mm.api.compiled import QUESTION, CompiledStrategy, DecisionKernel
from mm.api.errors import ConfigError, DataError, MMError, PluginError, UsageError
from mm.api.evidence import Defect
from mm.api.features import (
    DEPTH_FIELDS,
    NOBODY,
    SIGNAL_FIELDS,
    TOUCH_FIELDS,
    TRADED_FIELDS,
    Features,
    half_ticks,
    mids,
)
from mm.api.files import open_file, read_file
from mm.api.inspection import FileReport, FilesOfRun, Inspected
from mm.api.instrument import MICRO, ContractType, Instrument
from mm.api.kept import stay_at
from mm.api.live import Gap, Health, LiveConnector, News
from mm.api.market import (
    BUY,
    CLEAR,
    EVENT,
    FUNDING_RATE,
    FUNDING_TS,
    LEVEL,
    MARK_PRICE,
    MICRO_TICKS,
    QUOTE,
    RATE_UNIT,
    SELL,
    SETTLED_PRICE,
    SNAPSHOT_JUMP_US,
    TICKER,
    TRADE,
    MarketBatch,
    Rows,
)
from mm.api.offers import (
    API_VERSION,
    ENTRY_POINT_GROUP,
    CommandOffer,
    ConnectorOffer,
    FeeModelOffer,
    FillModelOffer,
    Hooks,
    LatencyModelOffer,
    NoConfig,
    QuoteModelOffer,
    SinkOffer,
    StrategyOffer,
    TransformerOffer,
    hookimpl,
    hookspec,
    option,
)
from mm.api.orders import (
    ACCEPTED,
    ACTION_NAMES,
    BAD_ORDER,
    BELOW_ZERO,
    BOOK_CROSSED,
    CANCEL,
    CANCEL_ALL,
    CANCELLED,
    CLAMP_NAMES,
    CONTRACT_OVER,
    DECISION,
    DUPLICATE_ID,
    EXPIRED,
    FILLED,
    FOK,
    FUNDING,
    GTC,
    IOC,
    LIMIT,
    MARK,
    MARKET,
    MAX_POSITION,
    MODEL_DRAW,
    MODELLED,
    NEW,
    NO_CLAMP,
    NO_LIQUIDITY,
    NO_MODEL,
    NO_REASON,
    NO_RULE,
    OFF_TICK,
    ONE_SIDED,
    ORDER,
    PASSIVE,
    QUEUE_REACHED,
    REASON_NAMES,
    REDUCE_ONLY,
    REJECTED,
    REPLACE,
    REPLACED,
    REPORT,
    REPORT_NAMES,
    REQUESTED,
    RISK_COLLAR,
    RISK_LOSS,
    RISK_ORDER_RATE,
    RISK_ORDER_SIZE,
    RISK_POSITION,
    RISK_STALE,
    RULE_NAMES,
    SETTLED,
    TAKER,
    TIF_NAMES,
    TRADED_THROUGH,
    TYPE_NAMES,
    UNKNOWN_ORDER,
    WOULD_TAKE,
    Decisions,
    ExecutionReport,
    OrderBlock,
)
from mm.api.parts import (
    Connector,
    Context,
    DepthRule,
    FeeModel,
    FillModel,
    FlushingSink,
    FrameLog,
    FrameSource,
    HashingSink,
    LatencyModel,
    NotingStrategy,
    Outlet,
    Output,
    PrintRule,
    RoundingConnector,
    Sink,
    Source,
    Status,
    Strategy,
    Survey,
    Transformer,
)
from mm.api.quoting import Floats, Lots, PriceProcess, QuoteFunction, QuoteInputs, QuotingRule
from mm.api.simple import OrderPad, RowStrategy
from mm.api.tables import CANDLE, EXECUTION, POSITION

__all__ = [
    "ACCEPTED", "ACTION_NAMES", "API_VERSION", "BAD_ORDER", "BELOW_ZERO", "BOOK_CROSSED", "BUY",
    "CANCEL", "CANCELLED", "CANCEL_ALL", "CANDLE", "CLAMP_NAMES", "CLEAR", "CONTRACT_OVER",
    "DECISION", "DEPTH_FIELDS", "DUPLICATE_ID", "ENTRY_POINT_GROUP", "EVENT", "EXECUTION",
    "EXPIRED", "FILLED", "FOK", "FUNDING", "FUNDING_RATE", "FUNDING_TS", "GTC", "IOC", "LEVEL",
    "LIMIT", "MARK", "MARKET", "MARK_PRICE", "MAX_POSITION", "MICRO", "MICRO_TICKS", "MODELLED",
    "MODEL_DRAW", "MOST_LOTS", "MOST_ORDER", "MOST_TICKS", "MOST_TRADED", "MOST_UNITS", "NEW",
    "NOBODY", "NO_CLAMP", "NO_LIQUIDITY", "NO_MODEL", "NO_REASON", "NO_RULE", "OFF_TICK",
    "ONE_SIDED", "ORDER", "PASSIVE", "POSITION", "QUESTION", "QUEUE_REACHED", "QUOTE", "RATE_UNIT",
    "REASON_NAMES", "REDUCE_ONLY", "REJECTED", "REPLACE", "REPLACED", "REPORT", "REPORT_NAMES",
    "REQUESTED", "RISK_COLLAR", "RISK_LOSS", "RISK_ORDER_RATE", "RISK_ORDER_SIZE", "RISK_POSITION",
    "RISK_STALE", "RULE_NAMES", "SELL", "SETTLED", "SETTLED_PRICE", "SIGNAL_FIELDS",
    "SNAPSHOT_JUMP_US", "TAKER", "TICKER", "TIF_NAMES", "TOUCH_FIELDS", "TRADE", "TRADED_FIELDS",
    "TRADED_THROUGH", "TYPE_NAMES", "UNKNOWN_ORDER", "WORKING", "WOULD_TAKE", "Account",
    "CommandOffer", "CompiledStrategy", "ConfigError", "Connector", "ConnectorOffer", "Context",
    "ContractType", "DataError", "DecisionKernel", "Decisions", "Defect", "DepthRule",
    "ExecutionReport", "Features", "FeeModel", "FeeModelOffer", "FileReport", "FilesOfRun",
    "FillModel", "FillModelOffer", "Floats", "FlushingSink", "FrameLog", "FrameSource", "Gap",
    "HashingSink", "Health", "Hooks", "Inspected", "Instrument", "LatencyModel",
    "LatencyModelOffer", "LiveConnector", "Lots", "MMError", "MarketBatch", "News", "NoConfig",
    "NotingStrategy", "OrderBlock", "OrderPad", "Outlet", "Output", "PluginError", "PriceProcess",
    "PrintRule", "QuoteFunction", "QuoteInputs", "QuoteModelOffer", "QuotingRule",
    "RoundingConnector", "RowStrategy", "Rows", "Sink", "SinkOffer", "Source", "Status", "Strategy",
    "StrategyOffer", "Survey", "Transformer", "TransformerOffer", "UsageError", "half_ticks",
    "hookimpl", "hookspec", "mids", "open_file", "option", "read_file", "stay_at",
]  # fmt: skip
