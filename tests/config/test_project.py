"""payflow.toml: what it may say, and how each mistake reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.config.environment import Target
from payflow_cfn.config.project import Project, parse_project, read_project
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import SettingsError


def test_no_file_is_the_described_system(tmp_path: Path) -> None:
    assert read_project(tmp_path / "payflow.toml") == Project(Settings(), {})


def test_a_file_gives_settings_and_environments(tmp_path: Path) -> None:
    path = tmp_path / "payflow.toml"
    path.write_text(
        '[settings]\nfunction_memory = 512\n[environments.prod]\nregion = "eu-west-1"\nbucket = "b-1"\n'
        'parameters = {GatewayAdapter = "http"}\ntags = {Team = "x"}\n'
    )
    wanted = Target(region="eu-west-1", bucket="b-1", parameters={"GatewayAdapter": "http"}, tags={"Team": "x"})
    assert read_project(path) == Project(Settings(function_memory=512), {"prod": wanted})


def test_an_environment_that_the_file_does_not_name_has_an_empty_target() -> None:
    assert Project().target("dev") == Target()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"setings": {}}, "payflow.toml has no table [setings]: did you mean [settings]?"),
        ({"settings": {"runtim": "python3.12"}}, "[settings] has no key 'runtim': did you mean 'runtime'?"),
        ({"environments": {"dev": {"regoin": "x"}}}, "[environments.dev] has no key 'regoin': did you mean 'region'?"),
        ({"environments": {"dev": 1}}, "environments.dev is 1: it has to be a table, [environments.dev]"),
        ({"settings": 1}, "payflow.toml: settings is 1: it has to be a table, [settings]"),
    ],
)
def test_a_mistake_is_one_line_with_the_nearest_right_one(document: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_project(document)
    assert str(caught.value) == said


def test_every_mistake_of_a_file_is_named_at_once() -> None:
    document = {
        "setings": {},
        "settings": {"runtim": "x", "function_memory": 1, "tracing": "yes", "charge_quiet_seconds": 86_400},
        "environments": {
            "dev": {"regoin": "x", "account": "12", "parameters": {"A": 1.5, "B": True}},
            "prod": {"bucket": "No", "role_arn": "x"},
            "live": {"bucket": "a..b", "notification_arns": ["x"]},
            "eu": {"region": "eu-west-1", "bucket": "b-1", "tags": {"aws:x": "1"}},
        },
    }
    with pytest.raises(SettingsError) as caught:
        parse_project(document)
    assert [str(each).split(":")[0] for each in caught.value.every] == [
        "payflow.toml has no table [setings]",
        "environments.dev.parameters.A is a number with a fraction",
        "environments.dev.parameters.B is a boolean",
        "[environments.dev] has no key 'regoin'",
        'environments.dev.account is "12"',
        'environments.prod.bucket is "No"',
        'environments.prod.role_arn is "x"',
        "environments.live.bucket is 'a..b'",
        "environments.live.notification_arns has 'x'",
        "[settings] has no key 'runtim'",
        'settings.tracing is "yes"',
        "setting function_memory is 1, allowed are 128 to 10240",
    ]
    assert str(caught.value).count("; ") >= 11


def test_times_that_contradict_each_other_are_told_when_each_is_right() -> None:
    with pytest.raises(SettingsError, match="reconcile_after_seconds adds up to 1"):
        parse_project({"settings": {"reconcile_after_seconds": [1]}})
    with pytest.raises(SettingsError) as caught:
        parse_project({"settings": {"reconcile_after_seconds": [1], "charge_quiet_second": 1}})
    assert len(caught.value.every) == 1


def test_what_is_not_toml_is_a_settings_error(tmp_path: Path) -> None:
    path = tmp_path / "payflow.toml"
    path.write_text("settings = [")
    with pytest.raises(SettingsError, match="is not TOML"):
        read_project(path)


def test_a_file_that_an_editor_on_windows_wrote_is_read(tmp_path: Path) -> None:
    path = tmp_path / "payflow.toml"
    path.write_bytes(b"\xef\xbb\xbf[settings]\r\nfunction_memory = 512\r\n")
    assert read_project(path) == Project(Settings(function_memory=512))
    path.write_bytes("[settings]".encode("utf-16"))
    with pytest.raises(SettingsError, match="save it as UTF-8"):
        read_project(path)


@pytest.mark.parametrize(
    ("name", "said", "wanted"),
    [
        ("prod", None, True),
        ("eu-live-2", None, True),
        ("product", None, False),
        ("dev", True, True),
        ("prod", False, False),
    ],
)
def test_an_environment_with_real_money_is_known_by_its_table_or_its_name(
    name: str, said: bool | None, wanted: bool
) -> None:
    assert Project(environments={name: Target(production=said)}).is_production(name) is wanted
