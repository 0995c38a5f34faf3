"""Each alarm and the UNKNOWN notice have a runbook: short, complete, linked, and with commands an operator may run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from governed_sets import parsed, properties
from iam_evaluator import Asked, allowed
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.config.alarms import ALARMS, ATTENTION, HEALTH
from payflow_cfn.config.settings import Settings
from payflow_cfn.iam import Scope, access_for
from payflow_cfn.stacks.render import build_set

FOLDER = Path(__file__).parents[1] / "docs" / "runbooks"
PAGES = sorted(FOLDER.glob("*.md"))
NEEDED = {*(each.page for each in ALARMS), f"{HEALTH}.md", ATTENTION}
HEADINGS = ["## First", "## Likely causes", "## Safe", "## Never"]
# The IAM prefix of a service of the AWS CLI, where it has another name.
PREFIXES = {"stepfunctions": "states"}
LINE = re.compile(r"(?:^|\$\()aws ([a-z]+) ([a-z-]+)", re.MULTILINE)


def commands(page: Path) -> str:
    (found,) = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return str(found)


def test_each_alarm_and_the_notice_have_a_page_and_no_page_is_left_over() -> None:
    assert {each.name for each in PAGES} == NEEDED


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short_and_has_every_part(page: Path) -> None:
    text = page.read_text(encoding="utf-8").splitlines()
    assert len(text) < 60
    assert [each for each in text if each.startswith("## ")] == HEADINGS
    assert text[0].startswith("# ")
    assert len(text[2]) > 40
    for one, other in zip(HEADINGS[1:], [*HEADINGS[2:], None], strict=True):
        part = text[text.index(one) : text.index(other) if other else None]
        assert any(line.startswith("- ") for line in part), one


@pytest.mark.parametrize("base", ["docs/runbooks/", "https://runbooks.example/"])
def test_each_alarm_and_the_notice_carry_the_link(base: str) -> None:
    templates = parsed(Settings(runbook_base_url=base))
    alarms = properties(templates, "AWS::CloudWatch::Alarm") | properties(templates, "AWS::CloudWatch::CompositeAlarm")
    shown = {
        name: expand(templates, "monitoring", each["AlarmDescription"]).partition("Runbook: ")[2]
        for name, each in alarms.items()
    }
    wanted = {f"{each.title}Alarm": f"{base}{each.page}" for each in ALARMS}
    assert shown == {**wanted, "PaymentHealthAlarm": f"{base}{HEALTH}.md"}
    states = properties(templates, "AWS::StepFunctions::StateMachine")["PaymentWorkflow"]["Definition"]["States"]
    assert f"'{base}{ATTENTION}'" in states["NotifyFailure"]["Arguments"]["Message"]


def test_an_operator_may_run_every_aws_command() -> None:
    scope = Scope(environment="prod", account="111122223333", region="eu-west-2", children=(), bucket="artifacts")
    documents = access_for("operator", scope, build_set(Settings())).documents
    statements = [each for document in documents for each in document.body["Statement"]]
    granted = {each for statement in statements for each in shlex.split(" ".join(statement["Action"]))}
    used = {
        f"{PREFIXES.get(service, service)}:{''.join(map(str.capitalize, operation.split('-')))}"
        for page in PAGES
        for service, operation in LINE.findall(commands(page))
    }
    assert len(used) > 5
    assert used - granted == set()
    assert allowed(statements, Asked("cloudwatch:GetDashboard", scope.dashboard()))
