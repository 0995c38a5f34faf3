"""Read the emulator's record of calls: the role, the action and the resource of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payflow_cfn.local.emulator.signature_check import session_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payflow_cfn.local.emulator.clients import LocalClients

_ROOT = "root"


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call: `role` is a role's name ("root" for us and for services), `action` is like "dynamodb:PutItem"."""

    role: str
    action: str
    parameters: Mapping[str, Any]


def recorded_calls(clients: LocalClients) -> list[RecordedCall]:
    """Every call on record, oldest first: of functions (by their role) and of our own clients.

    Refused calls are not on record, nor are those that Step Functions makes; the last 200,000 are kept.
    """
    roles = session_roles(clients)
    return [_recorded(event, roles) for event in reversed(list(_events(clients)))]


def session_roles(clients: LocalClients) -> dict[str, str]:
    """{access key: role name} of the session that each function's worker gets."""
    roles = {clients.key_id: _ROOT}
    for function in _listed(clients, "list_functions", "Functions"):
        name, arn = function["FunctionName"], function["FunctionArn"]
        versions = {
            each["Version"]: each["Role"]
            for each in _listed(clients, "list_versions_by_function", "Versions", FunctionName=name)
        }
        aliases = {
            each["Name"]: versions[each["FunctionVersion"]]
            for each in _listed(clients, "list_aliases", "Aliases", FunctionName=name)
        }
        # A worker's session has the ARN of the invocation that started it: by name alone, by version or by alias.
        started = {arn: function["Role"]} | {f"{arn}:{part}": role for part, role in (versions | aliases).items()}
        roles |= {session_key(each, role): role.rpartition("/")[2] for each, role in started.items()}
    return roles


def _listed(clients: LocalClients, operation: str, key: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
    for page in clients("lambda").get_paginator(operation).paginate(**parameters):
        yield from page[key]


def _events(clients: LocalClients) -> Iterator[Mapping[str, Any]]:
    for page in clients("cloudtrail").get_paginator("lookup_events").paginate():
        for event in page["Events"]:
            yield json.loads(event["CloudTrailEvent"])


def _recorded(event: Mapping[str, Any], roles: Mapping[str, str]) -> RecordedCall:
    key = event["userIdentity"]["accessKeyId"]
    service = event["eventSource"].partition(".")[0]
    parameters = event.get("requestParameters") or {}
    name = event["eventName"]
    # A call of the query protocol (SNS, IAM, CloudFormation) is on record as "POST.sns", its name among its fields.
    if name.startswith("POST."):
        name = parameters.get("Action", name)
    return RecordedCall(roles.get(key, key), f"{service}:{name}", parameters)
