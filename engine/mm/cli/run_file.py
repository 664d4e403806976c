"""The run file that a command line names, with the flags that change it."""

import argparse

from mm.api import Survey, UsageError
from mm.config import LoadedConfig, load_config
from mm.config.overrides import CONNECTOR_FLAGS, SHORTCUTS


def load_run_file(args: argparse.Namespace, *, live: bool = False) -> LoadedConfig:
    """Load ``--config`` with ``--set`` and the short flags applied.

    Args:
        args: of a verb with ``arguments.run_file``.
        live: the verb listens to an exchange; else it replays files.

    Raises:
        ConfigError: with every fault found.
        PluginError: a part that the file asks for cannot be had.
        UsageError: the file is for the other kind of data.
    """
    flags = {flag: getattr(args, flag) for flag in (*SHORTCUTS, *CONNECTOR_FLAGS)}
    for name in ("strict", "insecure"):
        flags[name] = flags[name] or None  # a flag left out leaves the file's word
    loaded = load_config(args.config, None, args.set, **flags)
    if loaded.config.data.from_csv and live:
        raise UsageError(
            f"{args.config}: data.from_csv is true, so this is a run file for a replay, expected"
            " one for live data, such as example/live.toml"
        )
    if not loaded.config.data.from_csv and not live:
        raise UsageError(
            f"{args.config}: data.from_csv is false, so this is a run file for live data, expected"
            " one for a replay; mm record writes one beside what it records"
        )
    return loaded


def check_listens(loaded: LoadedConfig, survey: Survey) -> None:
    """Refuse a connector that reads files, whose end is known, where one must listen.

    Raises:
        UsageError: it is such a one.
    """
    if survey.total_rows is not None:
        raise UsageError(
            f"{loaded.path}: connector {loaded.config.data.connector!r} reads files, expected one"
            " that listens to an exchange; set data.connector"
        )
