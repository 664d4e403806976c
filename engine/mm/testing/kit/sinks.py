"""What every sink must keep to: the same rows leave the same files, however they are handed over.

The tables come from a real run of a plain strategy, so each has rows.
"""

import hashlib
import io
import tempfile
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

import attrs

from mm.api import Context, Output, Sink, SinkOffer, Status
from mm.testing.kit.findings import Finding, Rules, Verdict, broken, held, judge_all, told
from mm.testing.kit.network import Tables, run_events, trial_context
from mm.testing.kit.parts import (
    building_rule,
    fresh_rule,
    options_rule,
    purity_verdict,
    unchanged_verdict,
)
from mm.testing.kit.purity import watching
from mm.testing.kit.stand_ins import AnyColumns, Joiner
from mm.testing.markets import random_market


@cache
def sample_tables() -> Tables:
    """Give rows of every table, from a run."""
    context = trial_context()
    events = random_market(0, events=600, wild=False)
    return run_events(events, AnyColumns((), context), Joiner(), context)


@attrs.define(kw_only=True, slots=False)
class SinkCase:
    """A sink, and what it is tried on."""

    offer: SinkOffer
    config: Any
    context: Context = attrs.field(factory=trial_context)
    gate: tuple[str, ...] = ("building", "writing")
    judged: dict[str, Finding] = attrs.field(factory=dict, init=False)

    def build(self, config: Any = None, directory: Path | None = None) -> Sink:
        """Build a fresh one; without a directory, it is closed at once."""
        if directory is not None:
            made: Sink = self.offer.build(
                config or self.config, self.context, Output(directory=directory)
            )
            return made
        with tempfile.TemporaryDirectory() as folder:
            sink = self.build(config, Path(folder))
            with suppress(Exception):  # the rule of ends says so
                sink.close("failed")
            return sink

    def files(self, rows: int | None = None, status: Status = "complete") -> dict[str, str]:
        """Write all tables, ``rows`` at a time; give each file's hash by its relative path.

        What it prints counts as two more files, so that nothing is printed here.
        """
        printed = {"(stdout)": io.StringIO(), "(stderr)": io.StringIO()}
        with (
            tempfile.TemporaryDirectory() as folder,
            redirect_stdout(printed["(stdout)"]),
            redirect_stderr(printed["(stderr)"]),
        ):
            sink = self.build(directory=Path(folder))
            write_all(sink, rows)
            sink.close(status)
            left = {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in sorted(Path(folder).rglob("*"))
                if path.is_file()
            }
        left |= {name: text.getvalue().encode() for name, text in printed.items()}
        return {
            name: hashlib.sha256(content).hexdigest() for name, content in left.items() if content
        }

    def digest(self) -> str:
        """Say in one hash what it writes."""
        return hashlib.sha256(repr(self.files()).encode()).hexdigest()


def write_all(sink: Sink, rows: int | None = None) -> list[str]:
    """Hand every table over: first no rows, then ``rows`` at a time; None = whole.

    Returns:
        The tables whose rows the sink changed.
    """
    changed = []
    for table, sample in sample_tables().items():
        whole = sample.copy()
        before = whole.tobytes()
        sink.write(table, whole[:0])
        for start in range(0, len(whole), rows or len(whole) or 1):
            sink.write(table, whole[start : start + (rows or len(whole))])
        changed += [table] if whole.tobytes() != before else []
    return changed


def _writing(case: SinkCase) -> Verdict:
    return held(f"takes rows of every table, and none; {_left(case.files())}")


def _left(files: dict[str, str]) -> str:
    return f"leaves {', '.join(files)}" if files else "leaves nothing"


def _ends(case: SinkCase) -> Verdict:
    statuses: tuple[Status, ...] = get_args(Status)
    for status in statuses:
        try:
            with tempfile.TemporaryDirectory() as folder:
                case.build(directory=Path(folder)).close(status)
        except Exception as error:
            return broken(
                f"close({status!r}) before any row: {told(error)}",
                "let close() work at any time: a run may fail before it has rows",
            )
    return held("closes whole, doubtful, interrupted and failed runs, also before any row")


def _cuts(case: SinkCase) -> Verdict:
    whole = case.files()
    for rows in (1, 7):
        cut = case.files(rows)
        if cut != whole:
            names = [name for name in whole | cut if whole.get(name) != cut.get(name)]
            return broken(
                f"handed over {rows} rows at a time, it leaves another {', '.join(names)}",
                "write rows as rows: how they are cut into calls means nothing",
            )
    return held("any cut into calls leaves the same files")


def _repeatable(case: SinkCase) -> Verdict:
    first, second = case.files(), case.files()
    if first != second:
        names = [name for name in first | second if first.get(name) != second.get(name)]
        return broken(
            f"the same rows in another directory give another {', '.join(names)}",
            "write nothing but what follows from the rows: no clock, no path, no chance",
        )
    return held("the same rows give the same files")


def _inputs(case: SinkCase) -> Verdict:
    silent = io.StringIO()
    with (
        tempfile.TemporaryDirectory() as folder,
        redirect_stdout(silent),
        redirect_stderr(silent),
    ):
        sink = case.build(directory=Path(folder))
        changed = write_all(sink, 7)
        sink.close("complete")
    return unchanged_verdict(
        [f"write() changed the rows of {table}" for table in changed],
        "copy what you change: other sinks get the same arrays",
    )


def _purity(case: SinkCase) -> Verdict:
    case.files(50)  # imports what it will
    silent = io.StringIO()
    with (
        tempfile.TemporaryDirectory() as folder,
        redirect_stdout(silent),
        redirect_stderr(silent),
        watching(Path(folder)) as found,
    ):
        sink = case.build(directory=Path(folder))
        write_all(sink, 50)
        sink.close("complete")
    return purity_verdict(
        [("the sink", one) for one in found], "writes below its own directory only;"
    )


SINK_RULES: Final[Rules] = {
    "options": options_rule,
    "building": building_rule("write", "close"),
    "writing": _writing,
    "ends": _ends,
    "cuts": _cuts,
    "repeatable": _repeatable,
    "fresh processes": fresh_rule,
    "inputs": _inputs,
    "purity": _purity,
}
"""Name of the rule -> how it is tried on a SinkCase."""


def check_sink(offer: SinkOffer, config: Any, **settings: Any) -> list[Finding]:
    """Try every rule on a sink; ``settings`` are other fields of ``SinkCase``."""
    return judge_all(SinkCase(offer=offer, config=config, **settings), SINK_RULES)
