"""``replay.toml``: the run file that gives a recorded live run again.

The live run's effective configuration, with its ``[data]`` replaced by the recording and its grid
written down as it was used. Written at the start, so that a killed run leaves one, and again at
the end with the last watermark. The data are named relative to the file itself (``$HERE``), so a
recording may be moved.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from mm.api import Instrument, UsageError
from mm.config.edit import leaves, set_values
from mm.config.overrides import parse_toml
from mm.config.reading import HERE
from mm.record.files import replace_text, writing_recording
from mm.record.text import BOOK, FORMAT, NAMES, QUOTES, TICKERS, TRADES

FILE_NAME: Final = "replay.toml"

_HEADER: Final = """\
# Replays this recording as the run that made it: the same digest.
#
#     mm backtest --config replay.toml
"""

_KEYS: Final = (
    ("trades_csv", TRADES),
    ("quotes_csv", QUOTES),
    ("book_csv", BOOK),
    ("derivative_ticker_csv", TICKERS),
)


@attrs.frozen(kw_only=True)
class ReplayFile:
    """The file, and what it says but for ``data.until``."""

    path: Path
    content: Mapping[str, Any]

    def write(self, until: int | None) -> None:
        """Write it, or write it anew, as ``replace_text`` does.

        Args:
            until: the last watermark [µs]; None = not known yet.

        Raises:
            UsageError: it cannot be written.
        """
        values = dict(leaves(self.content))
        if until is not None:
            values["data", "until"] = until
        with writing_recording(self.path):
            replace_text(self.path, _HEADER + set_values("", values))


def replay_file(
    directory: Path, config_text: str, instrument: Instrument, *, has_quotes: bool
) -> ReplayFile:
    """Describe the replay of a run; writes nothing.

    Args:
        directory: of the recording.
        config_text: the run's effective configuration.
        instrument: as the run used it.
        has_quotes: False if there will be no files of quotes.

    Raises:
        UsageError: the directory holds a recording already.
    """
    path = directory / FILE_NAME
    if path.exists():
        raise UsageError(
            f"{path}: there is a recording in this folder already; record to another folder"
        )
    content = parse_toml(config_text)
    data: dict[str, Any] = {"connector": FORMAT, "from_csv": True, "tardis_root": HERE}
    for key, kind in _KEYS:
        if has_quotes or kind != QUOTES:
            data[key] = f"{NAMES[kind]}_*.csv.gz"
    content["data"] = data
    content.setdefault("instrument", {}).update(
        tick_size=instrument.tick_size, lot_size=instrument.lot_size
    )
    content["strategy"]["symbol"] = instrument.symbol
    return ReplayFile(path=path, content=content)


def replay_again(directory: Path) -> ReplayFile:
    """Take the file of a recording that is gone on with; writes nothing."""
    path = directory / FILE_NAME
    with writing_recording(path):
        content = parse_toml(path.read_text(encoding="utf-8"))
    data = {key: value for key, value in content["data"].items() if key != "until"}
    return ReplayFile(path=path, content={**content, "data": {**data, "tardis_root": HERE}})
