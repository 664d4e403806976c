"""What can go wrong, one class per thing a user can do about it.

``exit_code`` is what ``mm`` exits with. An exception that is none of these is our own bug.
"""


class MMError(Exception):
    """Base of every error that mm raises on purpose; its text is one sentence for the user."""

    exit_code = 1


class UsageError(MMError):
    """The command line asks for something that does not go together."""

    exit_code = 2


class ConfigError(MMError):
    """The configuration is wrong; ``faults`` lists every fault found, each with its place."""

    exit_code = 3

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class DataError(MMError):
    """The market data cannot be used; the text names file and line."""

    exit_code = 4


class PluginError(MMError):
    """A plugin is missing, broken, or raised; the text names it."""

    exit_code = 5
