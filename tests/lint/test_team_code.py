"""Rules about functions read the code that the set has: a team's functions, rules and gateways with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from payflow_cfn.artifacts.build import set_artifacts
from payflow_cfn.artifacts.template_set import TemplateSet, read_set, write_set
from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions import Draft, add_function, add_rule, override
from payflow_cfn.lint import check_set, report
from payflow_cfn.lint.code_sources import set_sources, sources_key
from payflow_cfn.stacks.render import build_set

RULE = """import os


def not_blocked(submission, limits):
    return "blocked: no" if submission.customer_id in os.environ["BLOCKED"].split() else None
"""
HANDLER = """import os

from .words import GREETING


def handle(event, context):
    return {"bucket": os.environ["BUCKET"], GREETING: os.environ.get("SECOND", "")}
"""
Change = Callable[[Draft], Draft]


@pytest.fixture
def team(tmp_path: Path) -> Path:
    (tmp_path / "acme_rules.py").write_text(RULE)
    (tmp_path / "screening").mkdir()
    (tmp_path / "screening" / "handler.py").write_text(HANDLER)
    (tmp_path / "screening" / "words.py").write_text('GREETING = "THIRD"\n')
    return tmp_path


def ruled(team: Path, variable: str) -> Change:
    def change(payments: Draft) -> Draft:
        payments = add_rule(payments, "acme_rules:not_blocked", folder=str(team))
        return override(payments, f"Functions/ValidationFunction/Environment/Variables/{variable}", "C-1")

    return change


def screened(team: Path, **variables: str) -> Change:
    def change(payments: Draft) -> Draft:
        return add_function(payments, "screening", does="Screens", folder=str(team), environment=variables)

    return change


def found(templates: TemplateSet) -> list[str]:
    parsed = parse_set(templates.templates, sources=set_sources(templates))
    return sorted(each.message for each in check_set(parsed) if each.rule in ("PF052", "PF053"))


@pytest.mark.slow
def test_a_variable_that_a_teams_rule_reads_is_no_finding(team: Path) -> None:
    assert found(build_set(Settings(), [ruled(team, "BLOCKED")])) == []


@pytest.mark.slow
def test_a_slip_in_it_is_found(team: Path) -> None:
    assert found(build_set(Settings(), [ruled(team, "BLOKED")])) == [
        "no code of the function reads the variable BLOKED",
        "the code needs the variable BLOCKED, which is not set",
    ]


@pytest.mark.slow
def test_the_variables_of_a_teams_function_are_those_that_its_modules_read(team: Path) -> None:
    assert found(build_set(Settings(), [screened(team, BUCKET="b", SECOND="s", THIRD="t")])) == []
    assert found(build_set(Settings(), [screened(team, BUCKT="b")])) == [
        "no code of the function reads the variable BUCKT",
        "the code needs the variable BUCKET, which is not set",
    ]


def test_the_handler_of_a_teams_function_has_to_be_there(team: Path) -> None:
    (team / "screening" / "handler.py").write_text("def handel(event, context):\n    return {}\n")
    with pytest.raises(ExtensionError, match=r"screening/handler\.py has no handle"):
        build_set(Settings(), [screened(team)])


@pytest.mark.slow
def test_a_runtime_that_cannot_read_a_teams_function_is_found(team: Path) -> None:
    (team / "screening" / "handler.py").write_text(
        "def handle(event, context):\n    match event:\n        case _: pass\n"
    )
    old = override_runtime("python3.9")
    assert [each for each in found(build_set(Settings(), [screened(team), old])) if "cannot read" in each]
    assert found(build_set(Settings(), [screened(team)])) == []


def override_runtime(runtime: str) -> Change:
    return lambda payments: override(payments, "Functions/ScreeningFunction/Runtime", runtime)


def written(templates: TemplateSet, folder: Path, *, zips: bool) -> TemplateSet:
    bodies = {each.name: each.build().body for each in set_artifacts(templates)} if zips else {}
    write_set(templates, str(folder), zips=bodies)
    return read_set(folder, verify=False)


@pytest.mark.slow
def test_a_read_set_has_the_code_of_its_zips(team: Path, tmp_path: Path) -> None:
    made = build_set(Settings(), [ruled(team, "BLOKED"), screened(team, BUCKET="b")])
    read = written(made, tmp_path / "set", zips=True)
    assert found(read) == found(made)
    assert len(found(read)) == 2


@pytest.mark.slow
def test_without_zips_nothing_is_claimed_of_code_that_is_not_shipped(team: Path, tmp_path: Path) -> None:
    made = build_set(Settings(), [ruled(team, "BLOKED"), screened(team, BUCKT="b")])
    assert len(found(made)) == 4
    assert found(written(made, tmp_path / "set", zips=False)) == []


@pytest.mark.slow
@pytest.mark.parametrize("settings", [Settings(), Settings(runtime="python3.13", architecture="arm64")])
def test_without_zips_the_shipped_code_is_known_by_its_identity(settings: Settings, tmp_path: Path) -> None:
    variable = "Functions/ValidationFunction/Environment/Variables/EXTRA"
    read = written(build_set(settings, [lambda payments: override(payments, variable, "1")]), tmp_path, zips=False)
    assert found(read) == ["no code of the function reads the variable EXTRA"]


def test_a_broken_zip_is_no_code(tmp_path: Path) -> None:
    read = written(build_set(Settings()), tmp_path, zips=False)
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / "validation.zip").write_bytes(b"PK")
    assert set_sources(read) == {}


@pytest.mark.slow
def test_a_kept_report_is_of_the_code(team: Path, tmp_path: Path) -> None:
    made = build_set(Settings(), [screened(team, BUCKT="b")])
    assert len({sources_key(made), *(key(made, tmp_path / str(zips), zips=zips) for zips in (True, False))}) == 3
    (team / "screening" / "words.py").write_text('GREETING = "BUCKT"\n')
    assert sources_key(build_set(Settings(), [screened(team, BUCKT="b")])) != sources_key(made)
    cache = str(tmp_path / "cache")
    read = written(made, tmp_path / "False", zips=False)
    assert [rules(each, cache) for each in (made, read)] == [["PF053", "PF053"], []]


def rules(templates: TemplateSet, cache: str) -> list[str]:
    findings = report(templates, checker="cloudformation_validate", cache=cache).findings
    return [each.rule for each in findings if each.rule == "PF053"]


def key(templates: TemplateSet, folder: Path, *, zips: bool) -> str:
    return sources_key(written(templates, folder, zips=zips))
