"""The best sets of a study as complete run files, comments of the user's file kept.

Each is what the set was run from, byte for byte what a run writes as its ``config.toml``, below
lines that say where it comes from. A run file that was changed since is noticed.
"""

from pathlib import Path

from mm.api import UsageError
from mm.config import load_config
from mm.record.files import replace_text
from mm.run.rundir import config_digest
from mm.study.report.content import Content, SetResult
from mm.study.report.words import varied


def write_best(content: Content, count: int, folder: Path) -> list[Path]:
    """Write ``best_1.toml`` and so on.

    Of a set that was run over several data sets, the file has the first.

    Raises:
        UsageError: the study's run file is no more what it was, or a file cannot be written.
        ConfigError: it cannot be read.
    """
    texts = [
        (
            folder / f"best_{rank}.toml",
            f"{_head(content, rank, one)}\n{_text(one, content.run_file)}",
        )
        for rank, one in enumerate(content.sets[:count], 1)
    ]
    for path, text in texts:
        try:
            replace_text(path, text)
        except OSError as error:
            raise UsageError(
                f"{path}: cannot be written: {error.strerror}; choose another place"
            ) from error
    return [path for path, _ in texts]


def _head(content: Content, rank: int, one: SetResult) -> str:
    return (
        f"# Set {rank} of {len(content.sets)} of the study {content.name}, by {content.by}:"
        f" {varied(content, one)}.\n# Equity {one.equity:.6g} there; its page says what that is"
        " worth."
    )


def _text(one: SetResult, kept: str | None) -> str:
    made = one.rows[0]["run_file"]
    if Path(made["path"]).is_file():
        kept = None
    elif kept is None:
        raise UsageError(
            f"{made['path']}: the study's run file is not there, so the best sets cannot be"
            " written from it"
        )
    loaded = load_config(made["path"], None, made["overrides"], text=kept)
    if config_digest(loaded.text) != made["digest"]:
        raise UsageError(
            f"{made['path']}: was changed since the study, so the best sets cannot be written from"
            " it; sweep again, or bring back what it was"
        )
    return loaded.text
