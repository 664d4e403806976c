"""Several runs on one page."""

from pathlib import Path

import plotly.graph_objects as go
import pytest
from tests.report.browser import opened
from tests.report.reading import charts, painted, read

import mm
from mm.cli import main
from mm.results.comparison import compare
from mm.results.report.tables import number
from mm.results.report.theme import LIGHT

GAMMA = "strategy.avellaneda.gamma"


@pytest.fixture(scope="module")
def runs(run: mm.Run, run_file: Path, tmp_path_factory: pytest.TempPathFactory) -> list[mm.Run]:
    """The run, and another with a greater aversion to risk."""
    folder = tmp_path_factory.mktemp("others")
    return [run, mm.backtest(run_file, {GAMMA: 2.0}, run_dir=folder, progress=False)]


@pytest.fixture(scope="module")
def page(runs: list[mm.Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compared") / "page.html"
    assert main(["compare", *(str(run.path) for run in runs), "--output", str(path)]) == 0
    return path


def test_the_table_is_the_comparison(page: Path, runs: list[mm.Run]) -> None:
    found, rows = compare(runs), {row[0]: row[1:] for row in read(page).rows if row}
    for name, values in found.figures.items():
        assert rows[name] == [number(value) for value in values]
    assert rows[GAMMA] == ["0.1", "2.0"]
    more = rows["more than the first, ± standard error"][1]
    assert float(more.split(" ± ")[0]) == pytest.approx(found.differences[1].equity, rel=1e-5)


def test_every_curve_ends_where_its_run_does(page: Path, runs: list[mm.Run]) -> None:
    timeline = charts(page)["timeline"]
    go.Figure(painted(timeline, LIGHT))
    last = {(line["yaxis"], line["name"]): line["y"][-1] for line in timeline["data"][:-1]}
    first, second = (run.summary["equity"] for run in runs)
    assert last["y", "1"] == pytest.approx(first)
    assert last["y", "2"] == pytest.approx(second)
    assert (last["y2", "1"], last["y2", "2"]) == (0.0, pytest.approx(second - first))
    assert last["y3", "2"] == runs[1].summary["position"]


def test_the_page_loads_nothing_and_is_the_same_again(
    page: Path, runs: list[mm.Run], tmp_path: Path
) -> None:
    assert read(page).loads == []
    again = tmp_path / "again.html"
    assert main(["compare", *(str(run.path) for run in runs), "--output", str(again)]) == 0
    assert again.read_bytes() == page.read_bytes()


def test_runs_over_other_data_are_said_not_to_be_paired(
    run: mm.Run, idle: mm.Run, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    assert main(["compare", str(run.path), str(idle.path), "--output", str(path)]) == 0
    assert "differences are not paired" in " ".join(read(path).words)


def test_a_place_that_is_none_is_named(
    run: mm.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nowhere" / "page.html"
    assert main(["compare", str(run.path), "--output", str(path)]) == 2
    assert "there is no folder" in capsys.readouterr().err


async def test_it_is_drawn_and_printed_without_a_complaint(page: Path, tmp_path: Path) -> None:
    async with opened(page, tmp_path / "profile") as shown:
        names = await shown.evaluate(
            "[...document.querySelectorAll('#timeline text[class^=legend]')]"
            ".map(name => name.textContent)"
        )
        assert names == ["1", "2"] * 3
        await shown.evaluate("dispatchEvent(new Event('beforeprint'))")
        await shown.evaluate("dispatchEvent(new Event('afterprint'))")
        assert shown.complaints() == []
        assert shown.requests() == [page.as_uri()]
