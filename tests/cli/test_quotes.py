"""``mm quotes``: a model's quotes by inventory, as text, JSON and picture."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from mm.cli import main

GLFT = (
    "quotes --model glft --sigma 0.3 --A 0.9 --k 0.3 --gamma 0.01 --horizon 600 --max-inventory 30"
)

THIRD_PARTY = """
import numpy as np
from mm.api import QuoteModelOffer, hookimpl

MM_API = (0, 1)

def flat(inputs, q, tau):
    offset = np.full((1, len(q)), inputs.sigma)
    return offset, offset

@hookimpl
def mm_quote_models():
    return [QuoteModelOffer(name="flat", quotes=flat, closed=flat)]
"""


@attrs.frozen
class Answer:
    """How a call of ``mm`` ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.out)
        return content


Call = Callable[[str], Answer]
README = Path(__file__).parents[2] / "plugins/mm_avellaneda/README.md"


@pytest.fixture
def mm(capsys: pytest.CaptureFixture[str]) -> Call:
    def call(line: str) -> Answer:
        code = main(line.split())
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return call


def test_the_table_has_a_row_for_each_inventory_exact_beside_closed_form(mm: Call) -> None:
    answer = mm(GLFT)
    lines = answer.out.splitlines()
    assert (answer.code, answer.err) == (0, "")
    assert lines[0] == "glft, 600 s before the end"
    assert lines[3].split() == ["q", "bid", "ask", "bid", "closed", "ask", "closed"]
    assert len(lines) == 4 + 61
    assert lines[4].split() == ["-30", "0.427056151", "-", "1.27694022", "5.34889017"]
    assert lines[-1].split() == ["30", "-", "0.427056151", "5.34889017", "1.27694022"]


def test_json_has_the_promised_keys_and_null_where_a_side_does_not_quote(mm: Call) -> None:
    data = mm(f"{GLFT} --json").data
    assert list(data) == ["model", "parameters", "rows"]
    assert data["model"] == "glft"
    assert data["parameters"]["sigma"] == 0.3
    assert data["parameters"]["max_inventory"] == 30
    rows = data["rows"]
    assert [row["q"] for row in rows] == list(range(-30, 31))
    assert list(rows[0]) == ["q", "bid", "ask", "bid_closed", "ask_closed"]
    assert (rows[0]["ask"], rows[-1]["bid"]) == (None, None)
    nulls = [value for row in rows for value in row.values() if value is None]
    assert len(nulls) == 2


def test_json_keeps_every_digit(mm: Call) -> None:
    row = mm(f"{GLFT} --json").data["rows"][30]
    slope = 0.3 * math.sqrt(0.01 / (2 * 0.9 * 0.3) * (1 + 0.01 / 0.3) ** (1 + 0.3 / 0.01))
    markup = math.log1p(0.01 / 0.3) / 0.01
    assert row["bid_closed"] == pytest.approx(markup + slope / 2, rel=1e-15)


def test_without_a_horizon_the_quotes_are_stationary(mm: Call) -> None:
    line = GLFT.replace(" --horizon 600", "")
    assert mm(line).out.startswith("glft, without end\n")
    rows = mm(f"{line} --json").data["rows"]
    # The reference has 1.13379078553 here, and 1.13379112521 for 600 s.
    assert rows[1]["bid"] == pytest.approx(1.13379078553, rel=1e-11)


@pytest.mark.parametrize("name", ["avellaneda_stoikov", "gueant", "cartea_jaimungal", "symmetric"])
def test_every_model_quotes(mm: Call, name: str) -> None:
    answer = mm(f"{GLFT.replace('glft', name)} --xi 0.02 --delta 2 --json")
    assert answer.data["model"] == name
    assert answer.data["parameters"]["xi"] == 0.02
    assert all(row["bid"] is not None for row in answer.data["rows"][:-1])


def test_every_flag_reaches_the_model(mm: Call) -> None:
    plain = mm(f"{GLFT} --json").data["rows"][20]
    for flags in ("--drift=-1e-3", "--impact 0.5", "--delta 2", "--terminal 5 --horizon 1"):
        assert mm(f"{GLFT} --json {flags}").data["rows"][20]["bid"] != plain["bid"], flags
    gueant = GLFT.replace("glft", "gueant")
    assert mm(f"{gueant} --json --xi 0").data["rows"][20]["bid"] != plain["bid"]
    assert mm(f"{gueant} --json").data["rows"][20]["bid"] == plain["bid"]


def test_a_flag_that_the_model_does_not_know_is_noted(mm: Call) -> None:
    answer = mm(f"{GLFT} --xi 0.5 --drift=0.001")
    assert answer.code == 0
    assert answer.err == "note: --xi changes nothing in these quotes of glft\n"
    plain = GLFT.replace("glft", "avellaneda_stoikov")
    notes = mm(f"{plain} --impact 1 --terminal 2 --delta 3").err.splitlines()
    assert [note.split()[1] for note in notes] == ["--impact", "--terminal"]


def test_an_unknown_model_is_told_what_there_is(mm: Call) -> None:
    answer = mm(GLFT.replace("glft", "glf"))
    assert answer.code == 5
    assert answer.err.startswith("mm: no quote model named 'glf'; did you mean 'glft'? on offer: ")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--sigma -1", "argument --sigma: '-1' [price/√s], expected a number >= 0"),
        ("--sigma nan", "argument --sigma: 'nan' [price/√s], expected a number >= 0"),
        ("--A 0", "argument --A: '0' [1/s], expected a number > 0"),
        ("--k -0.1", "argument --k: '-0.1' [1/price], expected a number > 0"),
        ("--gamma inf", "argument --gamma: 'inf' [1/(price · model unit)], expected a number >= 0"),
        ("--xi x", "argument --xi: 'x' [1/(price · model unit)], expected a number >= 0"),
        ("--delta 0", "argument --delta: '0' [model units], expected a number > 0"),
        ("--horizon 0", "argument --horizon: '0' [s], expected a number > 0"),
        ("--drift inf", "argument --drift: 'inf' [price/s], expected a number"),
        ("--max-inventory 0", "argument --max-inventory: '0' [lots], expected a whole number from"),
        ("--max-inventory 5001", "expected a whole number from 1 to 5000"),
        ("--max-inventory 2.5", "argument --max-inventory: '2.5' [lots]"),
        ("--sigma 1e200", "glft: A 0.9 1/s, k 0.3 1/price, delta 1 model units, sigma 1e+200"),
        ("--max-inventory 501", "glft: max_inventory is 501 lots, more than the 500"),
        ("--plot quotes.pdf", "--plot quotes.pdf: the suffix '.pdf' is no kind of picture; end"),
        ("--plot quotes", "--plot quotes: the suffix '' is no kind of picture; end the name"),
        ("--plot /nowhere/q.png", "--plot /nowhere/q.png: there is no folder /nowhere; make it"),
    ],
)
def test_an_implausible_flag_is_named_in_one_sentence(mm: Call, flags: str, words: str) -> None:
    answer = mm(f"{GLFT} {flags}")
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err
    assert answer.err.count("\n") == 1


def test_every_flag_has_its_unit_in_the_help(mm: Call) -> None:
    text = " ".join(mm("quotes --help").out.split())
    for unit in (
        "[price/√s]", "[1/s]", "[1/price]", "[1/(price · model unit)]", "[lots]", "[s]",
        "[model units]", "[price]", "[price / model unit]", "[price/s]",
    ):  # fmt: skip
        assert unit in text


def test_a_third_partys_model_is_shown_as_ours_are(install: Callable[[str], Path]) -> None:
    site = install(THIRD_PARTY)
    line = GLFT.replace("glft", "flat").replace("30", "2")
    done = subprocess.run(
        [sys.executable, "-m", "mm", *line.split(), "--json"],
        env={**os.environ, "PYTHONPATH": str(site)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = json.loads(done.stdout)["rows"]
    assert [row["bid"] for row in rows] == [0.3] * 5


def test_the_picture_is_png_or_svg_by_its_suffix(mm: Call, tmp_path: Path) -> None:
    png, svg = tmp_path / "quotes.png", tmp_path / "quotes.SVG"
    for path in (png, svg):
        answer = mm(f"{GLFT} --plot {path}")
        assert answer.code == 0
        assert answer.out.startswith("glft, ")
    assert png.read_bytes().startswith(b"\x89PNG")
    text = svg.read_text(encoding="utf-8")
    for label in ("inventory [lots]", "distance from the mid [price unit of the inputs]",
                  "bid, closed form", "glft, 600 s before the end"):  # fmt: skip
        assert label in text


def test_the_same_table_gives_the_same_bytes_of_svg(mm: Call, tmp_path: Path) -> None:
    contents = []
    for name in ("a.svg", "b.svg"):
        mm(f"{GLFT} --plot {tmp_path / name}")
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]
    assert b"<dc:date>" not in contents[0]


def test_the_readme_shows_the_command_and_how_its_output_begins(mm: Call) -> None:
    text = README.read_text(encoding="utf-8")
    assert f"    mm {GLFT}\n" in text
    _, _, rest = text.partition("<!-- quotes: ")
    shown = rest.partition("-->\n```\n")[2].partition("```\n")[0]
    assert len(shown.splitlines()) == 8
    assert mm(GLFT).out.startswith(shown)
