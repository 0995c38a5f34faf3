"""Test the control of a running emulator."""

from __future__ import annotations

import json

import pytest

from local.conftest import TRUST
from payflow_cfn.errors import LocalError
from payflow_cfn.local.emulator.admin import set_wait_scale
from payflow_cfn.local.emulator.clients import local_clients
from payflow_cfn.local.emulator.emulator import emulator

pytestmark = pytest.mark.local

WAITS = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}


def test_waits_can_be_skipped_from_a_moment_on_while_it_runs() -> None:
    with emulator(wait_scale=1.0) as running:
        clients = local_clients(running)
        role = clients("iam").create_role(RoleName="role", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        sfn = clients("stepfunctions")
        made = sfn.create_state_machine(name="waits", definition=json.dumps(WAITS), roleArn=role, type="EXPRESS")
        set_wait_scale(running, 0)
        with pytest.raises(LocalError, match="refused the wait scale -1"):
            set_wait_scale(running, -1)
        ended = sfn.start_sync_execution(stateMachineArn=made["stateMachineArn"])
        assert ended["status"] == "SUCCEEDED"
        assert (ended["stopDate"] - ended["startDate"]).total_seconds() < 300
