"""The recordings of a live run of several markets: a folder for each, and one file to replay them.

Each market is written down as it would be alone, when the merge takes its batches, before anybody
acts on them. The markets' last words may lie apart; the run ends with the market that ended first,
and so does its replay.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mm.config import LoadedConfig, RunConfig
from mm.record.files import writing_recording
from mm.record.recorder import Recorder
from mm.record.replay import ReplayOfOne, replay_of_several
from mm.run.markets import MergedConnector, OneMarket
from mm.run.recording import go_on_recording, log_frames, start_recording

if TYPE_CHECKING:
    from mm.run.network import Parts
    from mm.run.resume import Earlier

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")


@contextmanager
def recording(
    parts: "Parts",
    loaded: LoadedConfig,
    earlier: "Earlier | None",
    *,
    record: Path | None,
    raw: bool,
) -> Iterator["Recorder | Recordings | None"]:
    """Start the recording that was asked for, or go on with it; finish it, also after a failure.

    Args:
        parts: of the run.
        loaded: its run file.
        earlier: the run that is taken up, if one is.
        record: where to; None = nowhere.
        raw: keep the connectors' frames, too.
    """
    instruments, connector = parts.instruments, parts.connector
    exchange, has_quotes = loaded.config.output.exchange, parts.quotes is None
    if earlier is not None:
        recorder = go_on_recording(
            earlier.recording, instruments[0], earlier.mended, exchange=exchange,
            has_quotes=has_quotes,
        )  # fmt: skip
    elif record is None:
        yield None
        return
    elif isinstance(connector, MergedConnector):
        several = start_recordings(record, loaded.text, loaded.config.markets, connector, raw=raw)
        with closing(several):
            yield several
        return
    else:
        recorder = start_recording(
            record, loaded.text, instruments, exchange=exchange, has_quotes=has_quotes, raw=raw
        )
    with closing(recorder):
        log_frames(connector, parts.names["connector"], recorder)
        yield recorder


class Recordings:
    """Several recorders as one. ``close`` it, also after a failure."""

    def __init__(self, directory: Path, markets: Mapping[str, Recorder]) -> None:
        """Take the recorder of each market, by the name of its instrument."""
        self.directory = directory
        """Where ``replay.toml`` is, and the folders."""
        self.folders = [directory, *(recorder.directory for recorder in markets.values())]
        self.markets = markets

    def flush_all(self) -> None:
        """Write out what waits."""
        for recorder in self.markets.values():
            recorder.flush_all()

    def close(self) -> None:
        """Write out everything, of the other markets too if one fails."""
        with ExitStack() as ends:
            for recorder in self.markets.values():
                ends.callback(recorder.close)


def start_recordings(
    directory: Path,
    config_text: str,
    configs: Sequence[RunConfig],
    connector: MergedConnector,
    *,
    raw: bool,
) -> Recordings:
    """Make the folders, write ``replay.toml``, and have every market taken down.

    Args:
        directory: made if need be; it must hold no recording.
        config_text: the run's effective configuration.
        configs: of each market.
        connector: of all of them.
        raw: keep their frames, too.

    Raises:
        UsageError: it cannot be written, or a connector has no frames to hand over.
    """
    markets = connector.markets
    folders = [f"{number}_{_UNSAFE.sub('-', one.name)}" for number, one in enumerate(markets)]
    with writing_recording(directory):
        for folder in folders:
            (directory / folder).mkdir(parents=True, exist_ok=True)
    file = replay_of_several(
        directory, config_text, folders, [one.instrument for one in markets],
        [not one.needs_quotes for one in markets],
    )  # fmt: skip
    made = {
        one.name: _recorder(directory / folder, one, config, ReplayOfOne(file, number), raw=raw)
        for number, (one, config, folder) in enumerate(zip(markets, configs, folders, strict=True))
    }
    recordings = Recordings(directory, made)
    try:
        for one in markets:
            log_frames(one.connector, one.owner, made[one.name])
        file.write()
    except BaseException:
        recordings.close()
        raise
    connector.record([recorder.write for recorder in made.values()])
    return recordings


def _recorder(
    folder: Path, market: OneMarket, config: RunConfig, replay: ReplayOfOne, *, raw: bool
) -> Recorder:
    return Recorder(
        folder,
        market.instrument,
        exchange=config.output.exchange,
        has_quotes=not market.needs_quotes,
        replay=replay,
        raw=raw,
    )
