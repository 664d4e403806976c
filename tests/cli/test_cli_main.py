"""The command line: verbs, exit codes, messages, and what it must not import."""

import io
import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mm.cli.parser
from mm.api import ConfigError, DataError, MMError, PluginError, UsageError
from mm.cli import main
from mm.cli.parser import build_parser
from mm.cli.run_file import load_run_file

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "config" / "avellaneda.toml")
HEAVY = {"numpy", "numba", "trio", "attrs", "attr", "pluggy", "tomlkit", "rich", "cattrs"}


def imported_by(*arguments: str) -> set[str]:
    """Run python -X importtime and return the top-level packages it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mm", *arguments],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("backtest", "--help")])
def test_help_and_version_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    imported = imported_by(*arguments)
    assert "argparse" in imported
    assert imported & HEAVY == set()


def raising(error: BaseException) -> Callable[[Namespace], Any]:
    def handle(_: Namespace) -> int:
        raise error

    return handle


@pytest.fixture
def run_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run ``mm plugins`` with a verb that raises; return exit code and stderr."""

    def run(error: BaseException, *flags: str) -> tuple[int, str]:
        monkeypatch.setattr(mm.cli.parser, "handler", lambda _: raising(error))
        code = main(["plugins", *flags])
        return code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (MMError("it broke"), 1, "mm: it broke\n"),
        (UsageError("not so"), 2, "mm: not so\n"),
        (ConfigError("a: one", "b: two"), 3, "mm: a: one\nmm: b: two\n"),
        (DataError("f:3: bad"), 4, "mm: f:3: bad\n"),
        (PluginError("gone"), 5, "mm: gone\n"),
        (KeyboardInterrupt(), 130, "mm: interrupted\n"),
        (
            ValueError("x\ny"), 1,
            "mm: internal error: ValueError: x y (run again with --debug for the traceback)\n",
        ),
        (
            KeyError(), 1,
            "mm: internal error: KeyError (run again with --debug for the traceback)\n",
        ),
    ],
)  # fmt: skip
def test_each_error_has_its_exit_code_and_sentence(
    run_with: Callable[..., tuple[int, str]], error: BaseException, code: int, text: str
) -> None:
    assert run_with(error) == (code, text)


def test_the_error_inside_nested_groups_is_the_one_shown(
    run_with: Callable[..., tuple[int, str]],
) -> None:
    inner = ExceptionGroup("tasks", [ValueError("follows"), DataError("the cause")])
    assert run_with(ExceptionGroup("nursery", [inner])) == (4, "mm: the cause\n")
    interrupt = BaseExceptionGroup("nursery", [DataError("x"), KeyboardInterrupt()])
    assert run_with(interrupt) == (130, "mm: interrupted\n")


def test_debug_adds_the_traceback(run_with: Callable[..., tuple[int, str]]) -> None:
    code, text = run_with(ValueError("x"), "--debug")
    assert code == 1
    assert text.startswith("Traceback (most recent call last)")
    assert text.endswith("mm: internal error: ValueError: x\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["backtst"], "mm: unknown verb 'backtst', did you mean 'backtest'? expected one of: "),
        (["config", "chek"], "mm: unknown verb 'chek', did you mean 'check'? expected one of: "),
        (
            ["zzz"],
            "mm: unknown verb 'zzz', expected one of: alerts, backtest, calibrate, compare, ",
        ),
        ([], "mm: the following arguments are required: VERB (see mm --help)"),
        (["backtest"], "mm: the following arguments are required: --config"),
        (["backtest", "--conf", "x"], "mm: the following arguments are required: --config"),
        (["backtest", "--config", "x", "--seed", "y"], "mm: argument --seed: invalid int value"),
        (["backtest", "--config", "x", "--speed", "0"], "mm: argument --speed: '0' is not a posit"),
        (["data", "sample", "d", "--seconds", "0"], "mm: argument --seconds: '0' is not a posit"),
    ],
)
def test_a_faulty_command_line_is_one_line_and_exit_code_2(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith(text)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "verb", ["backtest", "config check", "config show", "config schema", "data inspect",
             "data sample", "fake-bitmex", "live", "plugins"],
)  # fmt: skip
def test_the_help_of_a_verb_ends_with_examples(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*verb.split(), "--help"]) == 0
    _, found, examples = capsys.readouterr().out.partition("examples:\n")
    assert found
    assert all(f"mm {verb}" in line for line in examples.splitlines())


def test_config_check_says_ok_or_lists_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", CONFIG]) == 0
    assert capsys.readouterr().out == f"{CONFIG}: ok: Avellaneda on XBTUSD\n"
    faulty = ["--set", "engine.seed=x", "--set", "strategy.avellaneda.gama=1"]
    assert main(["config", "check", CONFIG, *faulty]) == 3
    assert capsys.readouterr().err.splitlines() == [
        "mm: --set engine.seed: expected an integer, was the string 'x'",
        "mm: --set strategy.avellaneda.gama: unknown key, did you mean 'gamma'?",
    ]


def test_config_check_finds_a_transformer_that_does_not_fit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = str(ROOT / "config" / "ethusdt.toml")
    assert main(["config", "check", path]) == 0
    capsys.readouterr()
    for other in ("NoDataTransform", "Touch"):
        assert main(["config", "check", path, "--set", f"strategy.preprocessing={other}"]) == 3
        told = capsys.readouterr().err
        assert f"which the transformer '{other}' does not give" in told


def test_config_show_prints_a_file_that_checks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["config", "show", CONFIG, "--set", "engine.seed=5"]) == 0
    shown = tmp_path / "shown.toml"
    shown.write_text(capsys.readouterr().out, encoding="utf-8")
    assert "seed = 5\n" in shown.read_text(encoding="utf-8")
    assert main(["config", "check", str(shown)]) == 0


def test_config_schema_is_json_or_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) == 0
    assert "strategy" in json.loads(capsys.readouterr().out)["properties"]
    assert main(["config", "schema", "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("## `[strategy]`\n\n| key | type |")


def test_plugins_lists_parts_and_failures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MM_DISABLE_PLUGINS", "momentum")
    assert main(["plugins"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["kind", "name", "package", "version", "plugin"]
    assert any(line.split()[:3] == ["strategy", "Avellaneda", "mm-engine"] for line in lines)
    assert lines[-1] == "disabled: momentum"
    assert main(["plugins", "--json"]) == 0
    listing = json.loads(capsys.readouterr().out)
    assert listing["disabled"] == ["momentum"]
    assert {"kind", "name", "package", "version", "plugin", "help"} == set(listing["parts"][0])


def test_data_inspect_describes_good_files_and_counts_bad_ones_as_data_errors(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    good = tmp_path / "trades.csv"
    good.write_text(
        "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
        "bitmex,XBTUSD,1722470401364000,1722470401376168,a,sell,64600,2000\n"
    )
    assert main(["data", "inspect", str(good)]) == 0
    assert "XBTUSD" in capsys.readouterr().out
    assert main(["data", "inspect", "--json", str(good), str(tmp_path / "none.csv")]) == 4
    found = json.loads(capsys.readouterr().out)
    assert [one["rows"] for one in found] == [1, 0]


def test_data_sample_writes_files_that_data_inspect_takes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "sample"
    assert main(["data", "sample", str(folder), "--seconds", "5", "--seed", "3"]) == 0
    assert "5 s, seed 3" in capsys.readouterr().out
    assert main(["data", "inspect", *map(str, sorted(folder.glob("*.csv.gz")))]) == 0


def test_a_sample_that_cannot_be_written_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    taken = tmp_path / "file"
    taken.touch()
    assert main(["data", "sample", str(taken), "--seconds", "1"]) == 2
    assert "cannot write the sample: File exists" in capsys.readouterr().err


def test_the_short_flags_of_backtest_set_their_keys() -> None:
    flags = ["--data", "d", "--output", "o", "--symbol", "S", "--seed", "3", "--strict"]
    args = build_parser().parse_args(["backtest", "--config", CONFIG, *flags])
    config = load_run_file(args).config
    assert (config.parts.connector.config.tardis_root, config.parts.connector.config.strict) == (
        "d",
        True,
    )
    assert (config.output.csv_path, config.strategy.symbol, config.engine.seed) == ("o", "S", 3)


def test_flags_that_are_not_given_leave_the_files_word() -> None:
    args = build_parser().parse_args(
        ["backtest", "--config", CONFIG, "--set", "data.strict=true", "--set", "engine.seed=9"]
    )
    config = load_run_file(args).config
    assert (config.parts.connector.config.strict, config.engine.seed) == (True, 9)
    assert config.parts.connector.config.tardis_root == "example/data_sample/"


def test_a_closed_pipe_ends_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with io.FileIO(writer, "w") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "mm", "plugins"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_fault_that_nobody_listens_to_is_no_crash() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with io.FileIO(writer, "w") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "mm", "backtest", "--config", "nowhere"],
            stderr=pipe,
            check=False,
        )
    assert done.returncode == 141


@pytest.mark.parametrize("buffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_full_disk_behind_stdout_is_said_to_be_full(buffered: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mm", "plugins"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": buffered},
            check=False,
        )
    assert (done.returncode, done.stderr) == (
        2,
        b"mm: standard output cannot be written: No space left on device; make room, or send it"
        b" elsewhere\n",
    )


def test_what_a_terminal_would_obey_is_written_out_in_messages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["backtest", "--config", "\x1b[31mx.toml"]) == 3
    assert capsys.readouterr().err.startswith("mm: \\x1b[31mx.toml: ")
