"""Run files: what may stand in them, whether one is right, and what it amounts to.

scan, edit            where things stand in a TOML text, and changing them in place
reading               a run file as it lies on the disk
overrides, document   a file with --set and the like in it, and its faults with their places
validation            from parsed TOML to attrs classes, strictly
tables, account       the tables, one class each; those about money
money                 in which currency each market settles, and what that is worth
layout                which of them, and of the parts', there are
choice, connector     the parts that were chosen; which connector, and its flags
loader, markets       a document -> RunConfig; of each of its markets
load, loaded          all of that: file -> LoadedConfig
template              the same for many sets of keys
when                  at which times a strategy decides
alert                 what is watched in a live run, and who is told
ticks                 tick sizes that hold from a moment on, as a run file says them
reference             the same knowledge as JSON Schema and as a Markdown table
"""

from mm.config.account import AccountTable, FundingTable, PositionTable
from mm.config.alert import AlertTable
from mm.config.choice import Choice, Parts
from mm.config.load import load_config
from mm.config.loaded import LoadedConfig
from mm.config.reference import Option, json_schema, options, reference_markdown
from mm.config.tables import (
    DataTable,
    EngineTable,
    ExecutionTable,
    InstrumentTable,
    OutputTable,
    PluginsTable,
    RiskTable,
    RunConfig,
    StrategyTable,
)

__all__ = [
    "AccountTable",
    "AlertTable",
    "Choice",
    "DataTable",
    "EngineTable",
    "ExecutionTable",
    "FundingTable",
    "InstrumentTable",
    "LoadedConfig",
    "Option",
    "OutputTable",
    "Parts",
    "PluginsTable",
    "PositionTable",
    "RiskTable",
    "RunConfig",
    "StrategyTable",
    "json_schema",
    "load_config",
    "options",
    "reference_markdown",
]
