"""``replay.toml``: the run file that gives a recorded live run again.

The live run's effective configuration, with its ``[data]`` replaced by the recording and its grid
written down as it was used. Written at the start, so that a killed run leaves one, and again at
the end with the last watermark. The data are named relative to the file itself (``$HERE``), so a
recording may be moved.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import attrs

from mm.api import Instrument, UsageError
from mm.config.edit import key_text, leaves, set_values, toml_text
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


class Replay(Protocol):
    """What a recorder tells how far it came."""

    @property
    def path(self) -> Path:
        """Of the file."""
        ...

    def write(self, until: int | None) -> None:
        """Write the file anew; ``until``: the last watermark [µs], None = not known yet."""
        ...


@attrs.frozen(kw_only=True)
class ReplayOfSeveral:
    """The file of several markets' recordings, each in a folder of its own below it."""

    path: Path
    content: Mapping[str, Any]
    """But for the markets."""
    markets: Sequence[dict[str, Any]]

    def write(self) -> None:
        """Write it, as ``replace_text`` does.

        Raises:
            UsageError: it cannot be written.
        """
        text = _HEADER + set_values("", dict(leaves(self.content)))
        for market in self.markets:
            lines = (f"{key_text(path)} = {toml_text(one)}\n" for path, one in leaves(market))
            text += f"\n[[market]]\n{''.join(lines)}"
        with writing_recording(self.path):
            replace_text(self.path, text)


@attrs.frozen
class ReplayOfOne:
    """One market of several, for its recorder."""

    file: ReplayOfSeveral
    number: int

    @property
    def path(self) -> Path:
        """Of the file, which is that of all markets."""
        return self.file.path

    def write(self, until: int | None) -> None:
        """Write the file anew, with how far this market came."""
        if until is not None:
            self.file.markets[self.number]["data"]["until"] = until
        self.file.write()


def replay_of_several(
    directory: Path,
    config_text: str,
    folders: Sequence[str],
    instruments: Sequence[Instrument],
    has_quotes: Sequence[bool],
) -> ReplayOfSeveral:
    """Describe the replay of a run of several markets; writes nothing.

    Args:
        directory: of the recording.
        config_text: the run's effective configuration.
        folders: of each market, the name of its folder below.
        instruments: of each market, as it is alone.
        has_quotes: of each market, whether there will be files of quotes.

    Raises:
        UsageError: the directory holds a recording already.
    """
    path = _path_of(directory)
    content = parse_toml(config_text)
    markets = content.pop("market")
    content["data"] = {"from_csv": True}
    for table, folder, instrument, quotes in zip(
        markets, folders, instruments, has_quotes, strict=True
    ):
        table["data"] = _data(f"{HERE}/{folder}", has_quotes=quotes)
        table.setdefault("instrument", {}).update(_grid(instrument))
    return ReplayOfSeveral(path=path, content=content, markets=markets)


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
    path = _path_of(directory)
    content = parse_toml(config_text)
    content["data"] = _data(HERE, has_quotes=has_quotes)
    content.setdefault("instrument", {}).update(_grid(instrument))
    content["strategy"]["symbol"] = instrument.symbol
    return ReplayFile(path=path, content=content)


def _path_of(directory: Path) -> Path:
    path = directory / FILE_NAME
    if path.exists():
        raise UsageError(
            f"{path}: there is a recording in this folder already; record to another folder"
        )
    return path


def _data(root: str, *, has_quotes: bool) -> dict[str, Any]:
    """Give the table ``[data]`` that reads a recording."""
    data: dict[str, Any] = {"connector": FORMAT, "from_csv": True, "tardis_root": root}
    for key, kind in _KEYS:
        if has_quotes or kind != QUOTES:
            data[key] = f"{NAMES[kind]}_*.csv.gz"
    return data


def _grid(instrument: Instrument) -> dict[str, Any]:
    return {"tick_size": instrument.tick_size, "lot_size": instrument.lot_size}


def replay_again(directory: Path) -> ReplayFile:
    """Take the file of a recording that is gone on with; writes nothing."""
    path = directory / FILE_NAME
    with writing_recording(path):
        content = parse_toml(path.read_text(encoding="utf-8"))
    data = {key: value for key, value in content["data"].items() if key != "until"}
    return ReplayFile(path=path, content={**content, "data": {**data, "tardis_root": HERE}})
