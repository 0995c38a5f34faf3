"""Record the real calls of the functions' roles: every scenario on the embedded AWS with IAM enforced."""

from __future__ import annotations

from dataclasses import dataclass

from payflow_cfn.audit.emulator.deployed_functions import functions_site
from payflow_cfn.errors import LocalError
from payflow_cfn.local.demo.effects import observe
from payflow_cfn.local.demo.local_deploy import deployed
from payflow_cfn.local.demo.scenarios import SCENARIOS
from payflow_cfn.local.emulator.clients import local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.local.records.cloudtrail import RecordedCall, recorded_calls
from payflow_cfn.local.records.notices import listen
from payflow_cfn.workflow.run import run_payment

# The field of a request that names what it is about.
_RESOURCE_FIELDS = ("TableName", "SecretId", "TopicArn", "QueueUrl", "FunctionName", "logGroupName")


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """One thing that a role did: its physical name, the action, the resource as the request named it."""

    role: str
    action: str
    resource: str


def observed_uses() -> frozenset[Use]:
    """Run the demo's scenarios, then the HTTP gateway with its secret, and the payment whose row is gone.

    Takes seconds; LocalError when a scenario did not go as it should, because then nothing is shown.
    """
    return _simulated() | _over_http()


def _simulated() -> frozenset[Use]:
    with emulator() as cloud:
        clients = local_clients(cloud)
        outputs = deployed(clients)
        queue = listen(clients, outputs["NotificationsTopicArn"], queue="observed-notices")
        wrong = [each.name for each in SCENARIOS if observe(clients, outputs, queue, each) != each.expected]
        if wrong:
            raise LocalError(f"not as expected: {', '.join(wrong)}", remedy="see `payflow local demo`")
        return _uses(recorded_calls(clients))


def _over_http() -> frozenset[Use]:
    with functions_site() as site:
        for scenario in SCENARIOS[:3]:
            run_payment(site.clients("stepfunctions"), site.outputs["StateMachineArn"], dict(scenario.payment))
        # The row is gone before the payment is processed: the refused write has no row to show.
        validated = site.validate("TXN-lost")
        site.lose_row("TXN-lost")
        site.process(validated)
        return _uses(recorded_calls(site.clients))


def _uses(calls: list[RecordedCall]) -> frozenset[Use]:
    found = (Use(each.role, each.action, _resource(each)) for each in calls if each.role != "root")
    return frozenset(found)


def _resource(call: RecordedCall) -> str:
    named = (str(call.parameters[field]) for field in _RESOURCE_FIELDS if field in call.parameters)
    return next(named, "unknown")
