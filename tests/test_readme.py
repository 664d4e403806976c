"""The handbook is true: its commands, the output it shows, its links, its reference of keys."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mm.cli import main
from mm.cli.parser import build_parser
from mm.config import reference_markdown
from mm.registry import load_registry

REPOSITORY = Path(__file__).parents[1]
README = REPOSITORY / "README.md"
FOLDERS = ("config", "engine", "example", "plugins", "tests")
CHAPTERS = [
    README,
    *(REPOSITORY / name / "README.md" for name in FOLDERS),
    *sorted((REPOSITORY / "plugins").glob("mm_*/README.md")),
]
INSTALL_AND_RUN = (
    "python3 -m venv .venv && .venv/bin/pip install ."
    " && .venv/bin/mm backtest --config example/backtest.toml"
)
INSTALL_AND_TEST = (
    "python3 -m venv .venv && .venv/bin/pip install -e '.[test]'"
    " && .venv/bin/pytest -n auto --dist loadfile"
)
MEASURED = re.compile(r"^(time|speed) .*\n", re.MULTILINE)


def section(start: str, end: str, chapter: Path = README) -> str:
    text = chapter.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {start}.*?-->\n(.*?)<!-- {end} -->", text, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_both_commands_stand_in_the_readme_as_one_line_each() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert f"    {INSTALL_AND_RUN}" in lines
    assert f"    {INSTALL_AND_TEST}" in lines


def test_the_configuration_reference_is_what_the_command_prints() -> None:
    """To renew it: mm config schema --markdown."""
    builtin = load_registry(["mm_example_strategy"])
    shown = section("reference", "end of reference", REPOSITORY / "config/README.md")
    assert shown.strip() == reference_markdown(builtin).strip()


def test_the_output_shown_is_the_output_but_for_the_times(tmp_path: Path) -> None:
    """To renew it: run the command without its installing part."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mm", "backtest", "--config", "example/backtest.toml"),
            *("--quiet", "--output", str(tmp_path)),
        ],
        cwd=README.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    shown = section("output", "end of output").strip("`\n") + "\n"
    printed = done.stdout.replace(str(tmp_path), "example/run")
    assert MEASURED.sub("", printed) == MEASURED.sub("", shown)


def test_the_readme_is_read_at_one_sitting() -> None:
    assert len(README.read_bytes()) <= 9000


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def commands(chapter: Path) -> list[str]:
    """The chapter's ``mm`` commands, one a line, without what a shell would do with them."""
    lines = re.findall(r"^ {4,}(mm .*)$", chapter.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"\s*(#.*|&)$", "", line) for line in lines]


def anchors(chapter: Path) -> set[str]:
    """The anchors of a chapter's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", chapter.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=name_of)
def test_every_link_leads_somewhere(chapter: Path) -> None:
    text = chapter.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith("http"):
            place, _, anchor = target.partition("#")
            found = (chapter.parent / place).resolve() if place else chapter
            assert found.exists(), target
            assert not anchor or anchor in anchors(found), target


@pytest.mark.parametrize("chapter", CHAPTERS, ids=name_of)
def test_every_command_is_one_that_mm_understands(chapter: Path) -> None:
    for command in commands(chapter):
        words = shlex.split(command)[1:]
        build_parser(words).parse_args(words)


def test_the_tutorial_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "example").symlink_to(REPOSITORY / "example")
    monkeypatch.chdir(tmp_path)
    for command in commands(REPOSITORY / "example/README.md"):
        assert main(shlex.split(command)[1:]) == 0, command
    printed = capsys.readouterr().out
    assert "identical" in printed
    verdict = section("verdict", "end of verdict", REPOSITORY / "example/README.md")
    assert " ".join(verdict.replace("```", "").split()) in " ".join(printed.split())
