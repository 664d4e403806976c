"""Sets given out to worker processes, one at a time each; outcomes are written down as they come.

A worker that dies costs the run it had in hand, which another worker makes; a set that loses two
is a failed row. Which worker makes which run does not show in the rows.
"""

import json
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs
import trio

from mm.api.jit import is_cold
from mm.config import LoadedConfig
from mm.run.survey import survey_market
from mm.study.axes import Set
from mm.study.rows import Rows, key_of

_COMMAND: Final = (sys.executable, "-m", "mm.study.worker")
_TRIES: Final = 2


@attrs.frozen(kw_only=True)
class Study:
    """What is to be run."""

    config: Path
    text: str | None = None
    """What the run file holds, if it is not to be read."""
    overrides: tuple[str, ...]
    """Of every set."""
    sets: tuple[Set, ...]
    loaded: tuple[LoadedConfig, ...]
    """Each set's run file."""
    processes: int


@attrs.define
class _Todo:
    number: int
    key: str
    tries: int = 0


async def carry_out(
    study: Study, rows: Rows, report: Callable[[int, dict[str, Any]], None]
) -> list[dict[str, Any]]:
    """Run every set that has no row yet, or one that failed.

    Args:
        study: what to run.
        rows: of the study's folder.
        report: given the number and the row of each set, as it becomes known.

    Returns:
        Each set's row, in order.

    Raises:
        DataError: the data cannot be used.
    """
    keys = await _keys(study)
    todo: deque[_Todo] = deque()
    for number, key in enumerate(keys):
        if rows.found.get(key, {}).get("status", "failed") != "failed":
            report(number, rows.found[key])
        else:
            todo.append(_Todo(number, key))

    def note(one: _Todo, outcome: dict[str, Any]) -> None:
        rows.add({"key": one.key, "set": study.sets[one.number].plain, **outcome})
        report(one.number, rows.found[one.key])

    if todo and is_cold("mm"):
        first = deque([todo.popleft()])
        await _work(study, first, note)  # one process compiles, the others read what it left
    async with trio.open_nursery() as nursery:
        for _ in range(min(study.processes, len(todo))):
            nursery.start_soon(_work, study, todo, note)
    return [rows.found[key] for key in keys]


async def _keys(study: Study) -> list[str]:
    """Name each set's run; data are surveyed once for all sets that read the same."""
    surveyed: dict[str, list[str]] = {}
    keys = []
    for loaded in study.loaded:
        config = loaded.config
        asked = repr((config.data, config.parts.connector.config, config.strategy.symbol,
                      config.instrument))  # fmt: skip
        if asked not in surveyed:
            survey = (await survey_market(loaded)).survey
            surveyed[asked] = [str(source.sha256) for source in survey.sources]
        keys.append(key_of(loaded, surveyed[asked]))
    return keys


async def _work(
    study: Study, todo: "deque[_Todo]", note: Callable[[_Todo, dict[str, Any]], None]
) -> None:
    """Start workers, one after the other if they die, and give them runs until none is left."""
    while todo:
        process = await trio.lowlevel.open_process(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a terminal's Ctrl-C is for us; they end with our pipe
        )
        try:
            await _employ(process, study, todo, note)
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()


async def _employ(
    process: trio.Process,
    study: Study,
    todo: "deque[_Todo]",
    note: Callable[[_Todo, dict[str, Any]], None],
) -> None:
    """Give one worker runs until none is left, or it dies."""
    assert process.stdin is not None
    assert process.stdout is not None
    pending = b""
    while todo:
        one = todo.popleft()
        one.tries += 1
        overrides = [*study.overrides, *study.sets[one.number].texts]
        job = json.dumps({"config": str(study.config), "text": study.text, "overrides": overrides})
        try:
            await process.stdin.send_all(job.encode() + b"\n")
            while b"\n" not in pending:
                piece = await process.stdout.receive_some()
                if not piece:
                    raise trio.BrokenResourceError
                pending += piece
        except trio.BrokenResourceError:
            if one.tries < _TRIES:
                todo.append(one)
            else:
                text = "the process that ran it died, twice"
                note(one, {"status": "failed", "digest": None, "error": text, "summary": {},
                           "metrics": {}})  # fmt: skip
            return
        line, _, pending = pending.partition(b"\n")
        note(one, json.loads(line))
