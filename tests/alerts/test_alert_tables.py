"""``[[alert]]`` in a run file: every fault with its place, and no secret in what is written."""

from pathlib import Path

import pytest
from tests.cli.live_process import LIVE

from mm.api import ConfigError
from mm.cli.alerts import alert_lines
from mm.config import LoadedConfig, load_config
from mm.run.rundir import config_digest

SECRET = "https://chat.example/hook/T0K3N-of-ours"


def load(folder: Path, alerts: str, *overrides: str) -> LoadedConfig:
    path = folder / "run.toml"
    path.write_text(LIVE.read_text(encoding="utf-8") + alerts, encoding="utf-8")
    return load_config(path, None, overrides)


def test_alerts_are_read_in_order_and_change_no_digest(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        '\n[[alert]]\nwhen = "silence_s > 30"\ncommand = ["true"]\n'
        '[[alert]]\nname = "big"\nwhen = "inventory >= 500"\nwebhook_env = "HOOK"\nevery_s = 60\n',
    )
    first, second = (table.rule for table in loaded.config.alerts)
    assert (first.name, second.name) == ("silence_s > 30", "big")
    assert (second.condition.limit, second.every_s) == (500.0, 60.0)
    bare = load(tmp_path, "")
    assert bare.config.alerts == ()
    assert config_digest(loaded.text) == config_digest(bare.text)


@pytest.mark.parametrize(
    ("alert", "fault"),
    [
        ('when = "silence > 30"\ncommand = ["x"]',
         "alert.0.when: unknown quantity 'silence', did you mean 'silence_s'?"),
        ('when = "loss > 1"', "alert.0: expected one of webhook, webhook_env, webhook_file,"
         " command; none of them is there"),
        ('when = "loss > 1"\nwebhook_env = "A"\ncommand = ["x"]', "webhook_env and command"),
        ('command = ["x"]', "alert.0.when: required key is missing"),
        ('when = "loss > 1"\ncomand = ["x"]', "unknown key, did you mean 'command'?"),
        ('when = "loss > 1"\ncommand = [""]', "alert.0.command: the first word is empty"),
        ('when = "loss > 1"\nwebhook = "ftp://x"', "alert.0.webhook: the address does not begin"),
        ('when = "loss > 1"\nwebhook = "https://h/x?key=T0K3N"', "looks like a password or a key"),
        ('when = "loss > 1"\nwebhook = "https://me:T0K3N@h/x"', "looks like a password or a key"),
        ('when = "loss > 1"\nwebhook = "https://h:T0K3N/x"', "the address is no address"),
        ('when = "loss > 1"\ncommand = ["x"]\nevery_s = 0', "alert.0.every_s: must be >= 1"),
        ('when = "loss > 1"\ncommand = ["x"]\n[[alert]]\nwhen = "loss > 1.0"\ncommand = ["x"]',
         "alert.1: a second alert is called 'loss > 1'; set name"),
    ],
)  # fmt: skip
def test_a_fault_names_its_file_and_key_and_no_secret(
    tmp_path: Path, alert: str, fault: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"\n[[alert]]\n{alert}\n")
    assert fault in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'run.toml'}:")
    assert "T0K3N" not in str(caught.value)


def test_single_brackets_are_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected \[\[alert\]\], in double brackets"):
        load(tmp_path, '\n[alert]\nwhen = "loss > 1"\n')


def test_the_command_line_sets_alerts_only_where_the_file_has_none(tmp_path: Path) -> None:
    given = "alert=[{when = 'loss > 1', command = ['x']}]"
    assert [one.when for one in load(tmp_path, "", given).config.alerts] == ["loss > 1"]
    text = '\n[[alert]]\nwhen = "loss > 2"\ncommand = ["x"]\n'
    with pytest.raises(ConfigError, match=r"--set alert: the file has \[\[alert\]\]; set a key"):
        load(tmp_path, text, given)
    changed = load(tmp_path, text, "alert.0.when=loss > 3")
    assert [(one.when, one.command) for one in changed.config.alerts] == [("loss > 3", ["x"])]


def test_an_address_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "hook"
    file.write_text(f"{SECRET}\n")
    loaded = load(
        tmp_path,
        '\n[[alert]]\nwhen = "loss > 1"\nwebhook_env = "HOOK"\n'
        f'[[alert]]\nwhen = "loss > 2"\nwebhook_file = "{file}"\n',
    )
    lines = alert_lines(loaded, {"HOOK": SECRET})
    assert [rule.name for rule, _ in lines] == ["loss > 1", "loss > 2"]
    assert "T0K3N" not in f"{lines!r} {loaded!r}"


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("webhook_env", "NONE", "webhook_env: the environment has no NONE"),
        ("webhook_env", "BAD", "webhook_env: what it holds does not begin with https://"),
        ("webhook_file", "nowhere", "webhook_file: nowhere: there is no such file"),
    ],
)
def test_an_address_that_is_not_to_be_had_is_one_sentence(
    tmp_path: Path, key: str, value: str, fault: str
) -> None:
    loaded = load(tmp_path, f'\n[[alert]]\nwhen = "loss > 1"\n{key} = "{value}"\n')
    with pytest.raises(ConfigError) as caught:
        alert_lines(loaded, {"BAD": "T0K3N"})
    assert f"run.toml: alert.0.{fault}" in str(caught.value)
    assert "T0K3N" not in str(caught.value)
