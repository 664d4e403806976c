"""The page as a file: whole, the same each time, and true to the run's own figures."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from tests.report.reading import Reader, charts, painted, read
from tests.results.test_unfinished import as_killed

import mm
from mm.api import DataError, UsageError
from mm.cli import main
from mm.results import open_run
from mm.results.report.content import drawn, history, panels
from mm.results.report.fills import marks
from mm.results.report.judged import inventory_shares, periods
from mm.results.report.tables import number
from mm.results.report.theme import DARK, LIGHT


def test_nothing_is_loaded_and_all_is_small(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = Reader(text)
    assert found.loads == []
    assert "default-src 'none'" in text
    assert not re.search(r"@import|url\(", text)
    assert page.stat().st_size < 3_000_000


def test_the_same_run_gives_the_same_bytes(run: mm.Run, page: Path, tmp_path: Path) -> None:
    assert run.path is not None
    again = open_run(run.path).report(tmp_path / "again.html")
    assert again.read_bytes() == page.read_bytes()


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_library_takes_every_figure(page: Path, palette: dict[str, str]) -> None:
    """Its classes refuse a property or a value that its charts do not know."""
    for figure in charts(page).values():
        go.Figure(painted(figure, palette))


def test_main_figures_are_those_of_the_summary(page: Path, run: mm.Run) -> None:
    cells = {row[0]: row[1] for row in read(page).rows if len(row) == 2}
    for name, key in (
        ("equity", "equity"), ("realised", "realized_pnl"), ("fees paid", "fees_paid"),
        ("rebates", "rebates_earned"), ("earned by the spread", "spread_capture"),
        ("earned by inventory", "inventory_pnl"), ("deepest drawdown", "max_drawdown"),
        ("turnover", "turnover"), ("position at the end", "position"),
    ):  # fmt: skip
        assert float(cells[name].replace(",", "")) == pytest.approx(run.summary[key], rel=1e-5)
    for name, key in (("fills", "fills"), ("decisions", "decisions"), ("commands", "orders")):
        assert int(cells[name].replace(",", "")) == run.summary[key]
    assert cells["digest of the results"] == run.digest


def test_markouts_are_those_of_the_metrics(page: Path, run: mm.Run) -> None:
    rows = {row[0]: row for row in read(page).rows if row}
    lines = {
        line["name"].rpartition(" (")[0]: line
        for line in charts(page)["markouts"]["data"]
        if "name" in line
    }
    for name, means in run.metrics["markouts"].items():
        known = {float(h): mean for h, mean in means.items() if mean["count"]}
        words = name.replace("_", " ")
        assert lines[words]["x"] == list(known)
        assert lines[words]["y"] == [mean["value"] for mean in known.values()]
        for cell, mean in zip(rows[words][2:], means.values(), strict=True):
            if mean["count"]:
                assert cell.split(" ± ")[0] == number(mean["value"], 4)


def test_every_fill_is_drawn_with_its_story(page: Path, run: mm.Run) -> None:
    shown = [one for one in charts(page)["timeline"]["data"] if one["mode"] == "markers"]
    assert sorted(stamp for one in shown for stamp in one["x"]) == sorted(
        np.datetime_as_string(run.trades["ts_venue"], unit="us").tolist()
    )
    stories = [story for one in shown for story in one["text"]]
    assert {story.partition(":")[0] for story in stories} == {
        f"Fill {place + 1}" for place in range(len(run.trades))
    }
    assert [one.rule for one in marks(run)] == sorted(set(run.trades["rule"].tolist()))


def test_sources_add_up_to_equity_at_every_point_and_to_the_ledgers(run: mm.Run) -> None:
    past = history(run)
    added = sum(past.sources.values())
    assert added == pytest.approx(np.nan_to_num(past.account.equity), abs=1e-15)
    s = run.summary
    last = {name: values[-1] for name, values in past.sources.items()}
    assert last == pytest.approx(
        {"spread": s["spread_capture"], "inventory": s["inventory_pnl"],
         "fees": s["rebates_earned"] - s["fees_paid"], "funding": s["funding"]}, abs=1e-15,
    )  # fmt: skip
    assert -past.drawdown.min() == pytest.approx(s["max_drawdown"], rel=1e-6)


def test_hours_and_positions_add_up(run: mm.Run) -> None:
    held = history(run).account
    cut, shares = periods(run, held), inventory_shares(held.ts, held.position)
    assert cut is not None
    assert shares is not None
    assert cut.profit.sum() == pytest.approx(run.summary["equity"])
    assert int(cut.buys.sum() + cut.sells.sum()) == run.summary["fills"]
    assert shares.share.sum() == pytest.approx(1.0)
    mean = float((shares.share * shares.position).sum())
    assert mean == pytest.approx(run.metrics["inventory"]["mean"], abs=0.03 * 100)


def test_the_page_says_how_many_points_it_draws(page: Path, run: mm.Run) -> None:
    points, of = drawn(panels(run, history(run)))
    assert f"{points:,} of {of:,} points are drawn" in " ".join(read(page).words)
    assert f"{len(run.trades):,} fills, all of them" in " ".join(read(page).words)


def test_a_run_without_fills_says_so(idle: mm.Run, tmp_path: Path) -> None:
    path = idle.report(tmp_path / "idle.html")
    assert "The run has no fills" in " ".join(read(path).words)
    assert "markouts" not in charts(path)
    for figure in charts(path).values():
        go.Figure(painted(figure, LIGHT))


def test_a_run_that_never_ended_says_what_the_page_covers(run: mm.Run, tmp_path: Path) -> None:
    folder = as_killed(run, tmp_path / "killed")
    assert main(["report", str(folder)]) == 0
    words = " ".join(read(folder / "report.html").words)
    assert "The run was killed. This page covers 2024-08-01" in words
    for path in folder.glob("*.csv"):
        path.write_bytes(b"")
    assert main(["report", str(folder)]) == 0
    assert "This page covers no decision" in " ".join(read(folder / "report.html").words)


def test_names_from_outside_are_shown_not_obeyed(run: mm.Run, tmp_path: Path) -> None:
    bad = "<img src=x onerror=alert(1)>"
    summary = {**run.summary, "symbol": bad, "notes": [bad], "status": "failed", "error": bad}
    text = run.config_text + f"\n# {bad}\n"
    made = mm.Run(None, summary, text, run._read)
    found = read(made.report(tmp_path / "bad.html"))
    assert found.loads == []
    assert f"The run failed: {bad}." in " ".join(found.words)


def test_what_cannot_be_written_is_said_and_leaves_the_old_page(
    run: mm.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match=r"there is no folder .*nowhere; make it first"):
        run.report(tmp_path / "nowhere" / "page.html")
    with pytest.raises(UsageError, match="is a folder, expected the name of a file"):
        run.report(tmp_path)
    old = tmp_path / "page.html"
    old.write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        run.report(old)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert old.read_text(encoding="utf-8") == "old"


def test_a_run_kept_in_memory_needs_a_path(run: mm.Run, tmp_path: Path) -> None:
    kept = mm.Run(None, run.summary, run.config_text, run._read)
    with pytest.raises(UsageError, match="give a path"):
        kept.report()
    assert kept.report(tmp_path / "kept.html").exists()


def test_a_damaged_manifest_is_named(run: mm.Run, tmp_path: Path) -> None:
    assert run.path is not None
    folder = shutil.copytree(run.path, tmp_path / "damaged")
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"manifest.json: is damaged"):
        open_run(folder).report()
    assert not (folder / "report.html").exists()


def test_without_the_library_one_sentence_says_what_to_install(
    run: mm.Run, run_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "plotly", None)
    assert main(["report", str(run.path)]) == 2
    said = "mm: a report needs plotly, which is not installed: pip install 'mm-engine[report]'\n"
    assert capsys.readouterr().err == said
    output = tmp_path / "runs"
    command = ["backtest", "--config", str(run_file), "--output", str(output), "--report"]
    assert main(command) == 2
    assert not output.exists()  # said before the run, not after it


def test_mm_report_prints_where_the_page_lies(
    run: mm.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "named.html"
    assert main(["report", str(run.path), "--output", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert path.exists()
    assert main(["report", str(tmp_path)]) == 4
    assert "is not the directory of a run" in capsys.readouterr().err


def test_mm_backtest_writes_the_page_into_the_runs_folder(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["backtest", "--config", str(run_file), "--output", str(tmp_path), "--quiet"]
    assert main([*command, "--report"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == f"{printed[-2]}/report.html"
    assert main([*command, "--report", "--json"]) == 0
    found = capsys.readouterr()
    folder = Path(json.loads(found.out)["run_dir"])
    assert found.err == f"{folder / 'report.html'}\n"
    assert (folder / "report.html").exists()
