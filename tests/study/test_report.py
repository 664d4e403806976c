"""``mm sweep report``: a study judged in words, its page, its best sets as run files."""

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from tests.report.browser import opened
from tests.report.reading import charts, painted, read
from tests.short_market import write_run_file
from tests.study.studies import DAY, grid, made_up, row, write

import mm
from mm.cli import main
from mm.judge import differences, main_effects
from mm.results.report.tables import number
from mm.results.report.theme import DARK, LIGHT
from mm.study.report import read_study, verdict

GAMMA, XI, LATENCY = "strategy.avellaneda.gamma", "strategy.avellaneda.xi", "execution.latency_ms"
GAMMAS = (0.05, 0.1, 0.2, 0.4, 0.8)


def peak(values: Any) -> float:
    """Far more at a gamma of 0.2 than elsewhere, and a little less with latency."""
    return -3 * abs(math.log2(values[GAMMA] / 0.2)) - 0.01 * float(values.get(LATENCY, 0))


def flat(values: Any) -> float:
    return 0.0


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Studies of one, two and three parameters, of one set, and of sets that failed."""
    folder = tmp_path_factory.mktemp("studies")
    one = grid(strategy__avellaneda__gamma=GAMMAS)
    two = grid(strategy__avellaneda__gamma=GAMMAS, execution__latency_ms=(1, 5, 20))
    three = grid(
        strategy__avellaneda__gamma=GAMMAS, execution__latency_ms=(1, 5, 20),
        execution__fill_model=("queue", "prob_log"),
    )  # fmt: skip
    some = made_up(two, peak)
    some[4] = row(two[4], None)
    return {
        "one": write(folder / "one", made_up(one, flat)),
        "two": write(folder / "two", made_up(two, peak)),
        "three": write(folder / "three", made_up(three, flat)),
        "alone": write(folder / "alone", made_up(one[:1], flat)),
        "failed": write(folder / "failed", some),
        "lost": write(folder / "lost", [row(values, None) for values in one]),
    }


def report(folder: Path, out: Path, *more: str) -> Path:
    path = out / "page.html"
    assert main(["sweep", "report", str(folder), "--output", str(path), *more]) == 0
    return path


def said(folder: Path, by: str = "equity") -> str:
    content = read_study(folder, by)
    return " ".join(text for _, text in verdict(content, content.judgement()))


def test_of_sets_that_luck_alone_tells_apart_the_warning_is_in_words(
    studies: dict[str, Path],
) -> None:
    for name in ("one", "three"):
        text = said(studies[name])
        assert "cannot be told from its neighbours" in text
        assert "luck explains it well enough" in text
        assert "being the best says little about what follows" in text
        assert "All this is of 24 hours of market" in text


def test_a_set_that_is_ahead_is_said_to_be(studies: dict[str, Path]) -> None:
    content = read_study(studies["two"])
    assert content.sets[0].values[GAMMA] == 0.2
    text = said(studies["two"])
    assert "Probability of overfitting 0.0" in text
    found = content.judgement()
    assert found is not None
    assert {content.sets[n].values[GAMMA] for n in found.apart} == {0.1, 0.4}
    assert found.effects[0].key == GAMMA


def test_one_set_is_said_not_to_be_judged(studies: dict[str, Path], tmp_path: Path) -> None:
    page = report(studies["alone"], tmp_path)
    assert "One set alone cannot be judged" in " ".join(read(page).words)
    assert charts(page) == {}


def test_failed_sets_are_shown_as_such(studies: dict[str, Path], tmp_path: Path) -> None:
    page = read(report(studies["failed"], tmp_path))
    assert "1 of 15 sets are not judged" in " ".join(page.words)
    assert ["0.1", "5", "failed: ConfigError: quote_size is 7, expected whole lots of 100"] in (
        page.rows
    )
    lost = read(report(studies["lost"], tmp_path))
    assert "No set can be judged." in " ".join(lost.words)
    assert sum("failed:" in cell for one in lost.rows for cell in one) == 5


def test_the_table_holds_the_sets_ranked_with_paired_differences(
    studies: dict[str, Path], tmp_path: Path
) -> None:
    rows = [
        json.loads(line) for line in (studies["two"] / "results.jsonl").read_text().splitlines()
    ]
    rows.sort(key=lambda one: -one["summary"]["equity"])
    blocks = np.array([one["blocks"]["equity"] for one in rows]).T
    lead = differences(blocks, 0)
    page = read(report(studies["two"], tmp_path))
    table = [one for one in page.rows if len(one) == 10 and one[-1] == rows[3]["digest"][:12]]
    assert table == [
        ["4", "0.2" if rows[3]["set"][GAMMA] == 0.2 else f"{rows[3]['set'][GAMMA]:g}",
         str(rows[3]["set"][LATENCY]), number(rows[3]["summary"]["equity"], 4),
         number(float(lead.total[3]), 3), number(float(lead.error[3]), 2),
         number(float(blocks[:, 3].mean() / blocks[:, 3].std(ddof=1)), 3),
         number(rows[3]["summary"]["max_drawdown"], 4), str(rows[3]["summary"]["fills"]),
         rows[3]["digest"][:12]]
    ]  # fmt: skip
    columns = {key: [one["set"][key] for one in rows] for key in (GAMMA, LATENCY)}
    for effect in main_effects(blocks, columns):
        name = effect.key.rpartition(".")[2]
        assert [name, str(len(effect.levels))] in [one[:2] for one in page.rows]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_chart_is_one_that_the_library_knows(
    studies: dict[str, Path], tmp_path: Path, palette: dict[str, str]
) -> None:
    expected = {"effects", "heat", "front", "course", "later", "parallel"}
    for name, missing in (("one", {"heat"}), ("two", set()), ("three", set())):
        found = charts(report(studies[name], tmp_path))
        assert set(found) == expected - missing
        for figure in found.values():
            go.Figure(painted(figure, palette))


def test_a_cell_of_a_heat_map_is_the_mean_of_its_sets(
    studies: dict[str, Path], tmp_path: Path
) -> None:
    content = read_study(studies["three"])
    heat = charts(report(studies["three"], tmp_path))["heat"]
    assert len(heat["data"]) == 3
    first = heat["data"][0]
    found = re.match("<b>(\\w+) up, (\\w+) across</b>", heat["layout"]["annotations"][0]["text"])
    assert found is not None
    down, across = found.groups()
    for x, column in enumerate(first["x"]):
        for y, line in enumerate(first["y"]):
            own = [
                one.equity for one in content.sets
                if {key.rpartition(".")[2]: str(value) for key, value in one.values.items()}.items()
                >= {across: column, down: line}.items()
            ]  # fmt: skip
            assert first["z"][y][x] == pytest.approx(np.mean(own))


def test_the_page_loads_nothing_and_is_the_same_again(
    studies: dict[str, Path], tmp_path: Path
) -> None:
    page = report(studies["three"], tmp_path)
    before = page.read_bytes()
    assert read(page).loads == []
    assert report(studies["three"], tmp_path).read_bytes() == before


def test_five_thousand_sets_are_a_page_of_at_most_six_megabytes(tmp_path: Path) -> None:
    draws = np.random.default_rng(5)
    sets = [
        {GAMMA: float(a), XI: float(b), LATENCY: int(c)}
        for a, b, c in zip(draws.random(5000), draws.random(5000), draws.integers(0, 50, 5000),
                           strict=True)
    ]  # fmt: skip
    page = report(write(tmp_path / "many", made_up(sets, flat)), tmp_path)
    assert page.stat().st_size <= 6_000_000
    assert "The best 300 of 5,000." in " ".join(read(page).words)
    for figure in charts(page).values():
        go.Figure(painted(figure, LIGHT))


def test_sets_over_several_days_are_judged_over_all_of_them(tmp_path: Path) -> None:
    sets = grid(strategy__avellaneda__gamma=GAMMAS, data__book_csv=("b.csv", "a.csv"))
    rows = made_up(sets, peak)
    for one in rows:
        if one["set"]["data.book_csv"] == "b.csv":
            one["blocks"] |= {"start": one["blocks"]["start"] + DAY, "end": DAY * 3}
    rows.pop()  # the last set has not been run over a.csv
    content = read_study(write(tmp_path, rows))
    assert (content.data, content.blocks.shape) == (("a.csv", "b.csv"), (96, 4))
    assert content.others[0].trouble == "has no run over a.csv yet"
    best = content.sets[0]
    own = {one["set"]["data.book_csv"]: one for one in rows if one["set"][GAMMA] == 0.2}
    joined = [*own["a.csv"]["blocks"]["equity"], *own["b.csv"]["blocks"]["equity"]]
    assert content.blocks[:, 0].tolist() == joined
    assert best.equity == pytest.approx(sum(joined))
    page = read(report(tmp_path, tmp_path))
    assert [one[0] for one in page.rows if one and one[0] in ("a.csv", "b.csv")] == [
        "a.csv", "b.csv",
    ]  # fmt: skip


def test_names_that_stand_for_days_are_data_and_those_of_fees_are_not(tmp_path: Path) -> None:
    """They set several keys, which are told from those that are set for all sets."""
    sets = grid(day=("mon", "tue"), fees=("maker", "taker"), strategy__avellaneda__gamma=GAMMAS)
    rows = made_up(sets, peak)
    for one in rows:
        mon, maker = one["set"]["day"] == "mon", one["set"]["fees"] == "maker"
        own = [
            f"data.book_csv={one['set']['day']}.csv",
            f"position.maker_fee={0.0 if maker else 1}",
        ]
        one["run_file"]["overrides"] = ["engine.seed=1", *own, f"{GAMMA}={one['set'][GAMMA]}"]
        if not mon:
            one["blocks"] |= {"start": one["blocks"]["start"] + DAY, "end": DAY * 3}
    content = read_study(write(tmp_path, rows))
    assert (content.data, content.keys) == (("mon", "tue"), ("fees", GAMMA))
    assert content.blocks.shape == (96, 10)
    anew = json.loads(json.dumps(rows[:4]))
    for place, one in enumerate(anew):
        one["key"] = f"anew {place}"
        one["run_file"]["overrides"][0] = "engine.seed=2"
    content = read_study(write(tmp_path, [*rows, *anew]))
    assert content.left_out == 5  # monday, maker, as it was before
    assert {
        row["run_file"]["overrides"][0]
        for one in content.sets
        for row in one.rows
        if row["set"]["day"] == "mon" and row["set"]["fees"] == "maker"
    } == {"engine.seed=2"}


def test_a_study_of_days_alone_has_one_set(tmp_path: Path) -> None:
    rows = made_up(grid(data__book_csv=("a.csv", "b.csv")), flat)
    page = report(write(tmp_path, rows), tmp_path)
    assert "One set alone cannot be judged" in " ".join(read(page).words)


def test_the_walk_is_as_long_as_it_is_asked_to_be(
    studies: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report(studies["two"], tmp_path, "--walk", "12, 9", "--json")
    steps = json.loads(capsys.readouterr().out)["walk_forward"]
    assert [(one["train"], one["test"]) for one in steps] == [
        ([0, 12], [12, 21]), ([9, 21], [21, 30]), ([18, 30], [30, 39]), ([27, 39], [39, 48]),
    ]  # fmt: skip


def test_what_is_assumed_of_the_venue_is_not_taken_for_a_choice(
    studies: dict[str, Path],
) -> None:
    assert f"{LATENCY} is an assumption about the venue" in said(studies["two"])
    assert f"{LATENCY} and execution.fill_model are assumptions" in said(studies["three"])
    assert "assumption" not in said(studies["one"])


def test_a_seed_is_said_to_be_luck(tmp_path: Path) -> None:
    text = said(write(tmp_path, made_up(grid(engine__seed=(1, 2, 3)), flat)))
    assert "engine.seed is luck: the best of its values is the luckiest one." in text


def test_blocks_that_are_like_their_neighbours_are_said_to_be(tmp_path: Path) -> None:
    slow = np.repeat(np.random.default_rng(1).standard_normal(12), 4)
    sets = grid(strategy__avellaneda__gamma=GAMMAS)
    rows = [row(one, (slow + place / 100).tolist()) for place, one in enumerate(sets)]
    assert "Neighbouring blocks of the best set are alike (correlation 0." in said(
        write(tmp_path, rows)
    )


def test_rows_that_cannot_be_held_against_the_others_are_kept_out(tmp_path: Path) -> None:
    sets = grid(strategy__avellaneda__gamma=GAMMAS)
    rows = made_up(sets, flat)
    del rows[0]["blocks"], rows[0]["run_file"]
    rows[1]["blocks"]["end"] += 1
    other = made_up(grid(execution__latency_ms=(1, 5)), flat)
    again = row(sets[2], [0.0] * 47 + [100.0], again=True)
    folder = write(tmp_path, [*other, *rows, again])
    with (folder / "results.jsonl").open("a") as file:
        file.write('{"key": "half')
    content = read_study(folder)
    assert content.sets[0].values[GAMMA] == 0.2
    assert len(content.sets) == 3
    assert "older version" in content.others[0].trouble
    assert content.left_out == 3
    assert "3 rows in the folder are of another study" in said(folder)


def test_sets_are_ranked_by_any_figure(studies: dict[str, Path]) -> None:
    by_fall = read_study(studies["two"], "-max_drawdown")
    falls = [one.drawdown for one in by_fall.sets]
    assert falls == sorted(falls)
    assert read_study(studies["two"], "metrics.ratios.sharpe").statistic == "sharpe"
    assert "cannot be told" in said(studies["one"], "-max_drawdown")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--by", "equitty"], "no row has this figure, did you mean 'equity'?"),
        (["--by", "metrics.ratios.sharp"], "did you mean 'metrics.ratios.sharpe'?"),
        (["--vary", "a.b=1"], "expected the folder of a study, and no --vary"),
        (["more"], "expected the folder of a study, such as"),
        (["--walk", "40,0"], "'0' is not a positive whole number"),
        (["--walk", "40"], "'40' is not two whole numbers such as 24,6"),
        (["--walk", "48,6"], "--walk: 48 and 6 blocks do not fit into 48"),
        (["--output", "nowhere/page.html"], "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    studies: dict[str, Path], words: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", "report", str(studies["one"]), *words]) == 2
    assert text in capsys.readouterr().err


def test_a_folder_that_is_none_of_a_study_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", "report", str(tmp_path)]) == 2
    assert "results.jsonl: there is no such file; name the folder" in capsys.readouterr().err
    write(tmp_path, [{"mine": 1}])
    assert main(["sweep", "report", str(tmp_path)]) == 2
    assert "results.jsonl:1: is no row of a study" in capsys.readouterr().err
    write(tmp_path, [])
    assert main(["sweep", "report", str(tmp_path)]) == 2
    assert "the study has no rows yet" in capsys.readouterr().err
    assert main(["sweep", "--config", "run.toml"]) == 2
    assert "--vary" in capsys.readouterr().err
    assert main(["sweep", "--config", "run.toml", "--best", "3"]) == 2
    assert "--best: is for a report" in capsys.readouterr().err


def test_the_best_sets_are_run_files_that_run_again_to_the_same_digest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_file = write_run_file(tmp_path)
    run_file.write_text(f"# mine\n{run_file.read_text()}", encoding="utf-8")
    study = tmp_path / "study"
    words = ["sweep", "--config", str(run_file), "--output", str(study), "--quiet",
             "--vary", f"{GAMMA}=0.1,2.0", "--set", "engine.seed=3"]  # fmt: skip
    assert main(words) == 0
    capsys.readouterr()
    assert main(["sweep", "report", str(study), "--best", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    content = read_study(study)
    assert (found["sets"], found["best"]) == (2, content.sets[0].values)
    assert (study / "report.html").exists()
    for rank, one in enumerate(content.sets, 1):
        text = (study / f"best_{rank}.toml").read_text(encoding="utf-8")
        assert "\n# mine\n" in text
        assert tomllib.loads(text)["strategy"]["avellaneda"]["gamma"] == one.values[GAMMA]
        assert tomllib.loads(text)["engine"]["seed"] == 3
        again = mm.backtest(study / f"best_{rank}.toml", run_dir=None, progress=False)
        assert again.digest == one.rows[0]["digest"]
    text = run_file.read_text()
    run_file.write_text(text.replace("xi = 200", "xi = 300"), encoding="utf-8")
    assert main(["sweep", "report", str(study), "--best", "1"]) == 2
    assert "run.toml: was changed since the study" in capsys.readouterr().err
    run_file.unlink()
    assert main(["sweep", "report", str(study), "--best", "1"]) == 2
    assert "the study's run file is not there" in capsys.readouterr().err


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_it_is_drawn_without_a_complaint_or_a_request(
    studies: dict[str, Path], tmp_path: Path, dark: bool
) -> None:
    page = report(studies["three"], tmp_path)
    async with opened(page, tmp_path / "profile", dark=dark) as shown:
        for name in ("effects", "heat", "front", "course", "later", "parallel"):
            assert await shown.evaluate(f"!!document.querySelector('#{name} .main-svg')"), name
        cells = "document.querySelectorAll('#heat .heatmaplayer image').length"
        assert await shown.evaluate(cells) == 3
        ground = await shown.evaluate(
            "getComputedStyle(document.querySelector('#front .main-svg')).background"
        )
        assert ("21, 24, 28" if dark else "255, 255, 255") in ground
        await shown.evaluate("dispatchEvent(new Event('beforeprint'))")
        await shown.evaluate("dispatchEvent(new Event('afterprint'))")
        assert shown.complaints() == []
        assert shown.requests() == [page.as_uri()]
