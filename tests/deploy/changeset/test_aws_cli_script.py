"""Test the printed AWS CLI commands: through a shell, they send what a deploy sends."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forked_programs import AWS, forked
from payflow_cfn.config.options import Options
from payflow_cfn.deploy import deploy_commands, need_stack
from payflow_cfn.deploy.changeset.stack_policy import stack_policy
from payflow_cfn.local.emulator.clients import child_environment

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.clients import LocalClients
    from payflow_cfn.local.emulator.emulator import Emulator

HARD = {
    "Equals": "a=b=c", "Comma": "a,b", "Space": " two  words ", "Quotes": """it's "so" """, "Json": '{"a": [1, "b"]}',
    "Shell": "$HOME `id` $(id) \\ !x * ?", "Dash": "--x", "Line": "one\ntwo", "Letters": "ä€",
}  # fmt: skip


@given(
    st.dictionaries(
        st.from_regex("[A-Z][a-z]{0,9}", fullmatch=True),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    )
)
def test_a_shell_passes_every_value_unchanged(values: dict[str, str]) -> None:
    words = shlex.split(deploy_commands(stack_name="s", template="t.json", parameters=values)[0])
    sent = json.loads(words[words.index("--parameters") + 1])
    assert {each["ParameterKey"]: each["ParameterValue"] for each in sent} == values


def test_the_commands_of_an_update() -> None:
    lines = deploy_commands(
        stack_name="payflow-dev",
        template="https://b.s3.eu-west-2.amazonaws.com/root.json",
        parameters={"Environment": "dev"},
        tags={"Team": "a b"},
        options=Options(role_arn="arn:role", notification_arns=("arn:topic",)),
        region="eu-west-2",
    )
    assert [each.split()[2] for each in lines] == [
        "create-change-set",
        "wait",
        "describe-change-set",
        "execute-change-set",
        "wait",
    ]
    assert "--change-set-type UPDATE --include-nested-stacks --template-url https://b.s3.eu-west-2" in lines[0]
    assert """--tags '[{"Key":"Team","Value":"a b"}]' --role-arn arn:role --notification-arns arn:topic""" in lines[0]
    assert lines[-1] == "aws cloudformation wait stack-update-complete --stack-name payflow-dev --region eu-west-2"


@pytest.mark.parametrize("create", [False, True])
def test_the_modes_of_a_change_set_are_options_of_its_command(create: bool) -> None:
    options = Options(revert_drift=True, express=True)
    made = deploy_commands(stack_name="s", template="t.json", parameters={}, options=options, create=create)[0]
    words = shlex.split(made)
    assert json.loads(words[words.index("--deployment-config") + 1]) == {"Mode": "EXPRESS", "DisableRollback": False}
    assert ("--deployment-mode" in words) is not create


def test_the_guards_come_last_and_let_one_update_through() -> None:
    lines = deploy_commands(
        stack_name="payflow-dev",
        template="t.json",
        parameters={},
        options=Options(
            rollback_alarms=("arn:aws:cloudwatch:eu-west-2:1:alarm:a",),
            monitoring_minutes=5,
            termination_protection=True,
            protect_stateful=True,
            allow_replace=("Table",),
        ),
        region="eu-west-2",
    )
    alarm = '{"Arn":"arn:aws:cloudwatch:eu-west-2:1:alarm:a","Type":"AWS::CloudWatch::Alarm"}'
    rollback = f"""--rollback-configuration '{{"RollbackTriggers":[{alarm}],"MonitoringTimeInMinutes":5}}'"""
    assert rollback in lines[0]
    assert [each.split()[2] for each in lines[3:]] == ["in", "execute-change-set", "wait", "in", lines[-1].split()[2]]
    assert stack_policy(allow_replace=["Table"]) in lines[3]
    assert stack_policy() in lines[6]
    assert lines[7] == (
        "aws cloudformation update-termination-protection --enable-termination-protection --stack-name payflow-dev "
        "--region eu-west-2"
    )


def test_a_policy_that_is_not_wanted_and_a_protection_that_is_off() -> None:
    options = Options(termination_protection=False)
    lines = deploy_commands(stack_name="s", template="t.json", parameters={}, options=options)
    assert "set-stack-policy" not in "".join(lines)
    assert "--no-enable-termination-protection" in lines[-1]


def template() -> dict[str, Any]:
    return {
        "Parameters": {each: {"Type": "String"} for each in HARD},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {each: {"Value": {"Ref": each}} for each in HARD},
    }


@pytest.mark.local
@pytest.mark.slow
def test_the_printed_commands_deploy_with_every_value_intact(
    cloud: Emulator, clients: LocalClients, tmp_path: Path
) -> None:
    file = tmp_path / "root of all.json"
    file.write_text(json.dumps(template()))
    lines = deploy_commands(stack_name="by-hand", template=str(file), parameters=HARD, create=True)
    shell(cloud, tmp_path, "\n".join(each for each in lines if "wait" not in each))
    settle(clients, "by-hand", "CREATE_COMPLETE")


def shell(cloud: Emulator, folder: Path, script: str) -> None:
    environment = child_environment(cloud) | {"PATH": f"{folder}:{Path(shutil.which('sh') or '/bin/sh').parent}"}
    with forked(folder / "aws", AWS, environment):
        done = subprocess.run(["sh", "-e", "-c", script], env=environment, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def settle(clients: LocalClients, name: str, status: str) -> None:
    stack = need_stack(clients("cloudformation"), name)
    for _ in range(200):
        if stack.status == status:
            break
        stack = need_stack(clients("cloudformation"), name)
    assert (stack.status, dict(stack.outputs)) == (status, HARD)
