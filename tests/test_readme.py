"""The README tells the truth: its commands, the output it shows, its configuration reference."""

import re
import subprocess
import sys
from pathlib import Path

from mm.config import reference_markdown
from mm.registry import load_registry

README = Path(__file__).parents[1] / "README.md"
INSTALL_AND_RUN = (
    "python3 -m venv .venv && .venv/bin/pip install ."
    " && .venv/bin/mm backtest --config example/backtest.toml"
)
INSTALL_AND_TEST = (
    "python3 -m venv .venv && .venv/bin/pip install -e '.[test]'"
    " && .venv/bin/pytest -n auto --dist loadfile"
)
MEASURED = re.compile(r"^(time|speed) .*\n", re.MULTILINE)


def section(start: str, end: str) -> str:
    text = README.read_text(encoding="utf-8")
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
    assert section("reference", "end of reference").strip() == reference_markdown(builtin).strip()


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
