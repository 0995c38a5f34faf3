"""The front door: the set stays clean, nothing of payflow's is lost, IAM decides who gets in, a key starts one payment.

The embedded AWS has the API, and authorizes its callers. It has no integration with Step Functions, and no limits of
requests: the mapping of a request is applied here, as AWS documents it, and what it gives is sent to Step Functions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from payflow_cfn import Settings, build_set, diff_sets
from payflow_cfn.diff import ResourceChange

if TYPE_CHECKING:
    from payflow_cfn import TemplateSet
    from payflow_cfn.local.emulator.emulator import Emulator
    from payflow_cfn.testing import Deployed


def payment(transaction_id: str) -> dict[str, str]:
    facts = {"payment_amount": "100.50", "payment_method": "credit_card", "customer_id": "O'Brien"}
    return {"transaction_id": transaction_id, **facts}


def caller(site: Deployed, name: str, *statements: Mapping[str, Any]) -> Credentials:
    """A new user's keys; the statements are its permissions."""
    iam = site.client("iam")
    iam.create_user(UserName=name)
    if statements:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=name, PolicyName="calls", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def status(aws: Emulator, site: Deployed, credentials: Credentials) -> int:
    """The status of a request to the API, signed with these keys."""
    url, port = f"{aws.endpoint}/payments", aws.endpoint.rpartition(":")[2]
    host = f"{site.outputs['FrontDoorApiId']}.execute-api.localhost:{port}"
    headers = {"Host": host, "Content-Type": "application/json", "Idempotency-Key": "T-0"}
    request = AWSRequest("POST", url, headers, json.dumps(payment("T-0")))
    SigV4Auth(credentials, "execute-api", aws.region).add_auth(request)
    trusting: Any = {"verify": str(aws.ca_bundle)}
    return int(URLLib3Session(**trusting).send(request.prepare()).status_code)


def test_lint_and_audit_find_nothing(payflow_findings: list[object]) -> None:
    assert payflow_findings == []


def test_the_api_is_added_and_nothing_of_ours_changes(payflow_set: TemplateSet) -> None:
    changes = [each for each in diff_sets(build_set(Settings(), []), payflow_set) if isinstance(each, ResourceChange)]
    assert {each.action for each in changes} == {"add"}
    assert {each.resource_type.split("::")[-1] for each in changes} == {"Api", "Integration", "Route", "Stage", "Role"}


def test_the_limits_of_requests_are_root_parameters(payflow_set: TemplateSet) -> None:
    stage = payflow_set.documents["workflow.json"]["Resources"]["FrontDoorStage"]["Properties"]
    limits = {"ThrottlingRateLimit": {"Ref": "FrontDoorRate"}, "ThrottlingBurstLimit": {"Ref": "FrontDoorBurst"}}
    assert (stage["StageName"], stage["DefaultRouteSettings"]) == ("$default", limits)
    root = payflow_set.documents["root.json"]["Parameters"]
    assert [(root[each]["Type"], root[each]["Default"]) for each in ("FrontDoorRate", "FrontDoorBurst")] == [
        ("Number", 50),
        ("Number", 100),
    ]


def test_only_a_caller_with_the_permission_gets_in(payflow_aws: Emulator, payflow_deployed: Deployed) -> None:
    api = payflow_deployed.outputs["FrontDoorApiId"]
    allowed = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": f"arn:aws:execute-api:*:*:{api}/*/POST/payments",
    }
    stranger, shop = caller(payflow_deployed, "stranger"), caller(payflow_deployed, "shop", allowed)
    assert status(payflow_aws, payflow_deployed, stranger) == 403
    # Let in, and then the embedded AWS looks for a function to call.
    assert status(payflow_aws, payflow_deployed, shop) == 502


def started(site: Deployed, templates: TemplateSet, headers: Mapping[str, str], body: str) -> str:
    """Start what the integration sends to Step Functions for the request; the execution's ARN."""
    integration = templates.documents["workflow.json"]["Resources"]["FrontDoorStart"]["Properties"]
    assert integration["IntegrationSubtype"] == "StepFunctions-StartExecution"
    request = {f"$request.header.{name}": value for name, value in headers.items()} | {"$request.body": body}
    given = {name: request[value] for name, value in integration["RequestParameters"].items() if isinstance(value, str)}
    assert integration["RequestParameters"]["StateMachineArn"] == {"Ref": "PaymentWorkflow"}
    sfn, machine = site.client("stepfunctions"), site.outputs["StateMachineArn"]
    begun = sfn.start_execution(stateMachineArn=machine, name=given["Name"], input=given["Input"])
    return str(begun["executionArn"])


def test_a_key_starts_one_payment(payflow_deployed: Deployed, payflow_set: TemplateSet) -> None:
    headers, body = {"Idempotency-Key": "T-1"}, json.dumps(payment("T-1"))
    arn = started(payflow_deployed, payflow_set, headers, body)
    assert arn.endswith(":T-1")
    # payflow looks a payment up by its id: with the id as the key, it finds the execution that the API started.
    paid = payflow_deployed.pay(payment("T-1"))
    assert (paid.status, paid.charges, paid.notices) == ("COMPLETED", 1, ())
    assert paid.row["execution"] == arn
    with pytest.raises(payflow_deployed.client("stepfunctions").exceptions.ExecutionAlreadyExists):
        started(payflow_deployed, payflow_set, headers, body)
    # Another key for the same payment starts another execution, and the row prevents a second charge.
    started(payflow_deployed, payflow_set, {"Idempotency-Key": "other"}, body)
    assert payflow_deployed.pay(payment("T-1")).charges == 1
