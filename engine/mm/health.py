"""The health table: what is wrong with the data of a run, in one form wherever it is shown.

Takes defects as they were counted (``mm.api.Defect``) and gives the list that is ``health`` in
``summary.json``. The lines for people are made from that list, so that a run, ``mm data inspect``
and ``mm explain`` of a finished run say the same. Counts nothing and knows no kind by name.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from mm.api import Defect

EXIT_CODE: Final = 6
"""Of a command that did what was asked, on data that are sick."""

Entry = Mapping[str, Any]
"""One kind of defect, as in ``summary.json``."""


def entries(defects: Iterable[Defect]) -> list[dict[str, Any]]:
    """Give the table, JSON-compatible; also kinds that were looked for and not found."""
    return [
        {
            "kind": defect.kind,
            "source": defect.source,
            "rows": defect.rows,
            "of": defect.of,
            "share": defect.share,
            "time_share": defect.time_share,
            "done": defect.done,
            "first": defect.first,
            "limit": defect.limit,
            "sick": defect.is_sick,
        }
        for defect in defects
    ]


def is_sick(defects: Iterable[Defect]) -> bool:
    """Whether there is more of any kind than its limit allows."""
    return any(defect.is_sick for defect in defects)


def verdict(table: Sequence[Entry]) -> str | None:
    """Say in one sentence what is sick, worst first; None = nothing is."""
    sick = sorted((entry for entry in table if entry["sick"]), key=_excess, reverse=True)
    if not sick:
        return None
    worst, more = sick[0], len(sick) - 1
    others = f", and {more} more {'kind' if more == 1 else 'kinds'} of defect" if more else ""
    return (
        f"data are sick, results are doubtful: {_name(worst)}, {_amount(worst)}, more than"
        f" {_percent(worst['limit'])}{_place(worst)}{others}"
    )


def lines(table: Sequence[Entry]) -> list[str]:
    """Show the kinds that were found, for people; a line that there are none, if so."""
    found = [entry for entry in table if entry["rows"]]
    return [_line(entry) for entry in found] or ["no defects found in the data"]


def _line(entry: Entry) -> str:
    sick = f", SICK above {_percent(entry['limit'])}" if entry["sick"] else ""
    return f"{_name(entry)}: {_amount(entry)}{sick}; {entry['done']}{_place(entry)}"


def _name(entry: Entry) -> str:
    kind = str(entry["kind"]).replace("_", " ")
    return f"{entry['source']} {kind}" if entry["source"] else kind


def _amount(entry: Entry) -> str:
    text = f"{entry['rows']:,} of {entry['of']:,} ({_percent(entry['share'])})"
    lasting = entry["time_share"]
    return text if lasting is None else f"{text}, {_percent(lasting)} of the time"


def _place(entry: Entry) -> str:
    return f", first at {entry['first']}" if entry["first"] else ""


def _excess(entry: Entry) -> float:
    """How many times what is allowed."""
    lasting: float | None = entry["time_share"]
    share: float = entry["share"] if lasting is None else max(lasting, entry["share"])
    return share / entry["limit"] if entry["limit"] else float("inf")


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"
