"""Which runs can be taken up again, and what is said of the others."""

import json
from pathlib import Path
from typing import Any

import pytest

from mm.api import DataError, UsageError
from mm.cli import main
from mm.config import load_config
from mm.run.resume import take_up
from mm.run.safekeeping import Safekeeping
from mm.run.seal import installed
from mm.run.unfinished import claimed

ROOT = Path(__file__).parents[2]


def left(folder: Path, example: str = "live", **changes: Any) -> Path:
    """The folder of a run that was killed before anything came."""
    loaded = load_config(ROOT / "example" / f"{example}.toml")
    (folder / "config.toml").write_text(loaded.text)
    recording = folder / "recording"
    recording.mkdir()
    (recording / "replay.toml").touch()
    rows = loaded.registry.listing()
    manifest = {
        "recording": {"directory": str(recording)},
        "versions": {name: installed(name) for name in ("mm-engine", "numba", "numpy")},
        "plugins": [{"package": row.package, "version": row.version} for row in rows],
        **changes,
    }
    (folder / "started.json").write_text(json.dumps({"summary": {}, "manifest": manifest}))
    return folder


def refusal(folder: Path, error: type[Exception] = UsageError) -> str:
    with pytest.raises(error) as found:
        take_up(folder)
    return str(found.value).removeprefix(f"{folder}: ")


def test_a_run_that_was_not_recorded(tmp_path: Path) -> None:
    assert refusal(left(tmp_path, recording=None)) == (
        "the run was not recorded, so nobody knows what it had seen; start one that can be taken up"
        " with --record DIR"
    )


def test_a_run_of_another_version(tmp_path: Path) -> None:
    versions = {"mm-engine": "0.0.9", "numba": "1", "numpy": "1"}
    assert refusal(left(tmp_path, versions=versions)).startswith(
        "was run with mm-engine 0.0.9, and this is "
    )


def test_a_run_with_another_plugin(tmp_path: Path) -> None:
    assert "was run with other plugins than are installed now (" in refusal(
        left(tmp_path, plugins=[])
    )


def test_a_replay(tmp_path: Path) -> None:
    assert refusal(left(tmp_path, "backtest")) == (
        "is of a replay, expected a live run; run it again instead"
    )


def test_a_recording_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    text = refusal(left(tmp_path, recording={"directory": str(gone)}), DataError)
    assert text == f"{gone}: the run's recording is not there any more; put it back"


def test_one_process_has_it(tmp_path: Path) -> None:
    with claimed(tmp_path), pytest.raises(UsageError, match="the run still goes on"):  # noqa: SIM117
        with claimed(tmp_path):
            pass
    with claimed(tmp_path):
        pass


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--seed", "3"], "goes on with the run's own settings and recording; leave --seed out"),
        (["--config", "x.toml"], "leave --config out"),
        (["--set", "engine.seed=3"], "leave --set out"),
    ],
)  # fmt: skip
def test_it_has_its_own_settings(
    flags: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["live", "--resume", str(tmp_path), *flags]) == 2
    assert text in capsys.readouterr().err


def test_a_folder_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "--resume", str(tmp_path / "no")]) == 2
    assert "no: there is no such run; name the folder of one" in capsys.readouterr().err
    assert main(["live"]) == 2
    assert "expected --config FILE, or --resume RUN" in capsys.readouterr().err


def test_a_folder_that_vanishes_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "trades.csv").write_text("some")
    safekeeping = Safekeeping([folder])
    safekeeping.sync()
    (folder / "trades.csv").unlink()
    folder.rmdir()
    with pytest.raises(UsageError, match="run: what is written there cannot be kept: No such file"):
        safekeeping.sync()
