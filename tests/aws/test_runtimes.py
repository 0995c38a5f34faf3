"""A runtime's end is told half a year before, by date, and refused when AWS updates nothing with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.runtimes import LIVES, refuse_ended, runtime_notice
from payflow_cfn.cli import shared
from payflow_cfn.cli.main import main
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import SettingsError
from payflow_cfn.lint import Finding, Report, lint_set
from payflow_cfn.lint.findings import Explanation
from sessions import connect_to

DAY = timedelta(days=1)


def test_every_runtime_that_may_be_set_has_its_dates_as_cfn_lint_has_them() -> None:
    from cfnlint.data import AdditionalSpecs
    from cfnlint.helpers import load_resource

    known = load_resource(AdditionalSpecs, "LmbdRuntimeLifecycle.json")
    assert set(LIVES) == set(get_args(get_type_hints(Settings)["runtime"]))
    assert {name: (each.deprecated, each.no_create, each.no_update) for name, each in LIVES.items()} == {
        name: tuple(date.fromisoformat(known[name][key]) for key in ("deprecated", "create-block", "update-block"))
        for name in LIVES
    }


@pytest.mark.parametrize("runtime", LIVES)
def test_nothing_is_said_until_half_a_year_before_the_end(runtime: str) -> None:
    first = LIVES[runtime].deprecated - timedelta(days=180)
    assert runtime_notice(runtime, today=first - DAY) == ""
    assert f"{runtime} ends on {LIVES[runtime].deprecated}; " in runtime_notice(runtime, today=first)


def test_the_dates_are_told_until_nothing_can_be_updated() -> None:
    last = date(2027, 8, 30)
    refuse_ended("python3.11", today=last)
    assert runtime_notice("python3.11", today=last) == (
        "AWS's support for python3.11 ended on 2027-06-30; no function is created with it from 2027-07-31 on, and none "
        "updated from 2027-08-31 on: set runtime to python3.14"
    )
    with pytest.raises(SettingsError, match=r"python3\.11, and Lambda updates no function .* 2027-08-31"):
        refuse_ended("python3.11", today=last + DAY)


def test_of_a_runtime_that_no_setting_names_nothing_is_told() -> None:
    assert runtime_notice("nodejs22.x", today=date(2040, 1, 1)) == ""


def refuse(service: str) -> Any:
    raise SettingsError(f"no client for {service}", remedy="none")


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[date], None]:
    monkeypatch.chdir(tmp_path)
    Path("payflow.toml").write_text('[environments.dev]\nregion = "eu-west-2"\nbucket = "artifacts"\n')
    return lambda day: monkeypatch.setattr(shared, "today", lambda: day)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2027, 8, 31), ["Lambda updates no function with it since 2027-08-31"]),
        (date(2027, 7, 1), ["support for python3.11 ended on 2027-06-30", "no client for"]),
        (date(2026, 11, 26), ["no client for"]),
    ],
)
def test_a_deploy_tells_of_it_first(
    day: date, said: list[str], on: Callable[[date], None], capsys: pytest.CaptureFixture[str]
) -> None:
    on(day)
    assert main(["deploy", "--env", "dev", "--yes"], connect_to(refuse)) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(said)
    assert all(text in line for text, line in zip(said, lines, strict=True))


@pytest.mark.parametrize("day", [date(2027, 6, 29), date(2027, 7, 1), date(2027, 8, 1), date(2027, 8, 31)])
def test_lint_tells_of_it_beside_the_findings(
    day: date, on: Callable[[date], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on(day)
    Path("root.json").write_text(
        '{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime" : "python3.11"}}}}'
    )
    monkeypatch.setattr("payflow_cfn.lint.make_report", lambda *_: Report(()))
    assert main(["lint", "--no-cache", "."]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("0 findings\n", runtime_notice("python3.11", today=day) + "\n")


@pytest.mark.parametrize("rule", ["W2531", "E2531", "E2533"])
def test_what_the_calendar_does_to_a_runtime_is_no_finding(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old runtime that no setting can name stays one; the linters' own days are not asked for."""

    def say(*_: object, **__: object) -> dict[str, Report]:
        ended = [
            Finding(
                rule, "error", "root.json", f"Resources/{name}", f"Runtime {name!r} was deprecated on '2027-06-30'."
            )
            for name in ("python3.11", "python3.8")
        ]
        return {"root.json": Report(tuple(ended), {rule: Explanation("a", "b")})}

    monkeypatch.setattr("payflow_cfn.lint.cfn_lint.lint_templates", say)
    found = [each.path for each in lint_set(TemplateSet({"root.json": '{"Resources": {}}'})) if each.rule == rule]
    assert found == ["Resources/python3.8"]
