"""Study files: what they say, and every fault with its line."""

from decimal import Decimal
from pathlib import Path

import pytest

from mm.api import ConfigError, UsageError
from mm.registry import load_registry
from mm.study import Base, Objective, read_study

ROOT = Path(__file__).parents[2]
WHOLE = """\
[study]
base = "$HERE/run.toml"
output = "studies/one"
sampler = "nsga2"
runs = 20
seed = 3

[[axis]]
key = "strategy.avellaneda.gamma"
values = [0.1, 0.2]

[[axis]]
key = "strategy.avellaneda.xi"
from = 10
to = 1000
count = 3
scale = "log"

[[axis]]
key = "execution.latency_ms"
distribution = "integer"
from = 0
to = 20

[[axis]]
name = "day"
sets = [
  {label = "d1", "data.trades_csv" = "1/t.csv", data.book_csv = "1/b.csv"},
  {label = "d2", "data.trades_csv" = "2/t.csv", data.book_csv = "2/b.csv"},
]

[[constraint]]
rule = "strategy.avellaneda.gamma < strategy.avellaneda.xi"

[[objective]]
figure = "equity"

[[objective]]
figure = "max_drawdown"
direction = "minimize"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_study_file_says_it_all(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, WHOLE))
    design = study.design
    assert (study.base, study.output) == (tmp_path / "run.toml", Path("studies/one"))
    assert (design.sampler, design.runs, design.seed) == ("nsga2", 20, 3)
    gamma, xi, latency, day = design.axes
    assert gamma.values == (Decimal("0.1"), Decimal("0.2"))
    assert xi.values == (10, 100, 1000)
    assert (latency.pick(0), latency.pick(0.9999)) == (0, 20)
    assert [one.path for one in day.overrides("d2")] == [("data", "trades_csv"),
                                                         ("data", "book_csv")]  # fmt: skip
    assert [one.value for one in day.overrides("d2")] == ["2/t.csv", "2/b.csv"]
    assert len(design.constraints) == 1
    assert design.objectives == [Objective("equity"), Objective("max_drawdown", lowest=True)]


AXIS = '[study]\nbase = "b"\n[[axis]]\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "study.toml: study: base is absent"),
        ('[study]\nbase = "b"\nrunz = 3\n', "study.toml:3: study.runz: unknown key, did you mean"),
        ('[study]\nbase = "b"\nruns = 0\n', "study.toml:3: study.runs: 0, expected a whole number"),
        ('[study]\nbase = 1\n', "study.toml:2: study.base: 1, expected a text"),
        ('[study]\nbase = "b"\n[axes]\n', "study.toml:3: axes: unknown table, did you mean 'axis'"),
        ("[study\n", "study.toml: not valid TOML"),
        (AXIS, "study.toml:3: expected a key"),
        (f'{AXIS}key = "a.b"\n', "study.toml:3: a.b: expected values, or from, to and count"),
        (f'{AXIS}key = "a"\nvalue = [1]\n', "study.toml:5: axis.0.value: unknown key, did you"),
        (f'{AXIS}key = "a"\nvalues = []\n', "study.toml:3: a: expected values = "),
        (f'{AXIS}key = "a"\nvalues = [1, 1]\n', "study.toml:3: a: 1 stands there twice"),
        (f'{AXIS}key = "a"\nfrom = 3\nto = 1\ncount = 2\n', "study.toml:3: a: from 3 to 1"),
        (f'{AXIS}key = "a"\nfrom = 3\nto = 9\nscale = "lin"\ncount = 2\n', "did you mean 'linear'"),
        (f'{AXIS}name = "d"\nsets = [{{a = 1}}]\n', "study.toml:3: d: expected sets = "),
        (f'{AXIS}key = "a"\nvalues = [1]\n[[constraint]]\nrule = "a <"\n', "study.toml:7: 'a <'"),
        (f'{AXIS}key = "a"\nvalues = [1]\n[[objective]]\nfigure = 3\n', "toml:6: objective.0"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_study(write(tmp_path, text))
    assert fault in str(caught.value)


def test_faults_are_told_all_at_once_in_their_order(tmp_path: Path) -> None:
    text = '[study]\nbase = "b"\nruns = -1\n[[axis]]\nkey = 3\n[[axis]]\nvalues = [1]\n'
    with pytest.raises(ConfigError) as caught:
        read_study(write(tmp_path, text))
    lines = [fault.split(": ")[0].rpartition(":")[2] for fault in caught.value.faults]
    assert lines == ["3", "4", "6"]


def test_a_key_of_no_run_file_is_told_with_the_studys_line(tmp_path: Path) -> None:
    text = WHOLE.replace('avellaneda.gamma"\nv', 'avellaneda.gama"\nv').replace("nsga2", "random")
    text = text[: text.index("[[objective]]")]
    text = text.replace("gamma <", "gama <")
    study = read_study(write(tmp_path, text))
    base = Base(ROOT / "example" / "backtest.toml", load_registry())
    with pytest.raises(ConfigError, match=r"study\.toml:8: strategy\.avellaneda\.gama: unknown"):
        study.design.source(base)


def test_the_shipped_example_passes() -> None:
    study = read_study(ROOT / "example" / "study.toml")
    source = study.design.source(Base(ROOT / study.base, load_registry()))
    assert source.total == 8


def test_a_design_that_does_not_fit_is_told_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"study\.toml: a grid has as many runs"):
        read_study(write(tmp_path, f'{AXIS}key = "a"\nvalues = [1]\n'.replace(
            '"b"\n', '"b"\nruns = 3\n')))  # fmt: skip
