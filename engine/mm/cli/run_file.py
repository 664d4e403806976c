"""The run file that a command line names, with the flags that change it."""

import argparse

from mm.config import LoadedConfig, load_config
from mm.config.overrides import SHORTCUTS


def load_run_file(args: argparse.Namespace) -> LoadedConfig:
    """Load ``--config`` with ``--set`` and the short flags applied.

    Raises:
        ConfigError: with every fault found.
        PluginError: a part that the file asks for cannot be had.
    """
    flags = {flag: getattr(args, flag) for flag in SHORTCUTS}
    for name in ("strict", "insecure"):
        flags[name] = flags[name] or None  # a flag left out leaves the file's word
    return load_config(args.config, None, args.set, **flags)
