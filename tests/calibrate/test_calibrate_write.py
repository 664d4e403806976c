"""``mm calibrate --write``: the table of estimates put into a run file that people wrote."""

import tomllib
from pathlib import Path

import pytest
from tests.calibrate.test_calibrate_cli import RUN_FILE, SAMPLE

from mm.api import ConfigError
from mm.calibrate.paste import paste, read_target, write_over
from mm.cli import main

TABLE = """\
# mm calibrate --config my.toml
# XBTUSD, 2024-08-01, 3,599 intervals of 0.5 s
# A and k by penetration
[strategy.avellaneda.calibrated]
sigma = 1.5  # ± 0.1 price/√s
A = 0.25  # ± 0.02 1/s per side
k = 2.0  # ± 0.3 1/price"""

NEWER = TABLE.replace("1.5", "1.75").replace("± 0.1", "± 0.2").replace("my.toml", "b.toml")

MINE = """\
# mine
[strategy]  # who decides
kind = "Avellaneda"  # the classic

[strategy.avellaneda]
gamma = 0.1  # risk

[data]
from_csv = true
"""


def calibrated(text: str) -> dict[str, float]:
    found: dict[str, float] = tomllib.loads(text)["strategy"]["avellaneda"]["calibrated"]
    return found


def test_it_is_put_beside_its_family_and_every_line_stays() -> None:
    text = paste(MINE, TABLE)
    assert calibrated(text) == {"sigma": 1.5, "A": 0.25, "k": 2.0}
    assert TABLE in text
    mine = [line for line in MINE.splitlines() if line]
    assert [line for line in text.splitlines() if line in mine] == mine
    assert text.index("gamma") < text.index("calibrated") < text.index("[data]")


def test_a_second_time_it_takes_the_place_of_the_first() -> None:
    assert paste(paste(MINE, TABLE), TABLE) == paste(MINE, TABLE)
    assert paste(paste(MINE, TABLE), NEWER) == paste(MINE, NEWER)


def test_comments_of_others_stay_and_only_errors_of_ours_are_rewritten() -> None:
    mine = MINE + (
        "# measured by Anna\n[strategy.avellaneda.calibrated]\n"
        "sigma = 3  # Anna's\nk = 7.0  # ± 9 1/price\n"
    )
    text = paste(mine, TABLE)
    assert "# measured by Anna\n[strategy.avellaneda.calibrated]\n" in text
    assert "sigma = 1.5  # Anna's\n" in text
    assert "k = 2.0  # ± 0.3 1/price\n" in text
    assert "A = 0.25  # ± 0.02 1/s per side" in text
    assert "mm calibrate" not in text


@pytest.mark.parametrize(
    "mine",
    [
        "[strategy.avellaneda]\ncalibrated = {sigma = 9.0}  # in a line\n",
        "strategy.avellaneda.calibrated.k = 9\n",
        "strategy = {avellaneda = {}}\n",
        "",
        "[data]\nx = 1",
        "\ufeff[data]\r\nx = 1\r\n",
    ],
)
def test_every_shape_of_file_takes_it(mine: str) -> None:
    text = paste(mine, TABLE)
    assert calibrated(text.removeprefix("\ufeff")) == {"sigma": 1.5, "A": 0.25, "k": 2.0}
    assert text.startswith("\ufeff") == mine.startswith("\ufeff")
    assert text.count("\r\n") == (text.count("\n") if "\r\n" in mine else 0)
    assert calibrated(paste(text, NEWER).removeprefix("\ufeff"))["sigma"] == 1.75


@pytest.mark.parametrize("mine", ["strategy = 1\n", "[strategy]\navellaneda = []\n"])
def test_what_is_no_table_is_not_overwritten(mine: str) -> None:
    with pytest.raises(ConfigError, match="is no table, so nothing was written"):
        paste(mine, TABLE)


def test_a_link_stays_a_link_and_modes_stay(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text(MINE)
    (tmp_path / "real.toml").chmod(0o640)
    (tmp_path / "link.toml").symlink_to("real.toml")
    write_over(tmp_path / "link.toml", "a = 1\n")
    assert (tmp_path / "link.toml").is_symlink()
    assert (tmp_path / "real.toml").read_text() == "a = 1\n"
    assert (tmp_path / "real.toml").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.toml", "real.toml"]


@pytest.mark.parametrize("content", [b"a = \n", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "my.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"not valid TOML: .*; nothing was written"):
        read_target(tmp_path / "my.toml")


def test_the_command_does_it_twice_and_the_file_still_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "my.toml"
    mine.write_text(RUN_FILE.read_text())
    command = ["calibrate", "--config", str(mine), "--data", str(SAMPLE), "--quiet", "--toml"]
    command += ["--set", "data.book_csv=", "--write", str(mine)]
    texts = []
    for _ in range(2):
        assert main(command) == 0
        out, err = capsys.readouterr()
        assert err == f"{mine}: [strategy.avellaneda.calibrated] was written\n"
        texts.append(mine.read_text())
        assert out.rstrip("\n") in texts[-1]
    assert texts[0] == texts[1]
    assert main(["backtest", "--config", str(mine), "--data", str(SAMPLE), "--dry-run"]) == 0


def test_a_file_that_is_not_there_is_one_sentence_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["calibrate", "--config", str(RUN_FILE), "--write", str(tmp_path / "none.toml")]
    assert main(command) == 3
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        f"mm: {tmp_path / 'none.toml'}: there is no such file; check the name\n",
    )
