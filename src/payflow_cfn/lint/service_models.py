"""The API models of AWS services: an action's parameters, and the fields of its answer.

botocore ships a model for each service. The file is read without importing botocore, which takes ten times as long.
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

# Services that the AWS SDK for Java, and so Step Functions, calls otherwise than botocore's folder without hyphens.
_FOLDERS = {
    "applicationdiscovery": "discovery",
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntimev2": "lexv2-runtime",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "pinpointsmsvoice": "sms-voice",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "simpledb": "sdb",
}


@dataclass(frozen=True, slots=True)
class Action:
    """An action of a service, with the model that its shapes are in."""

    model: Mapping[str, Any]
    operation: Mapping[str, Any]

    def problems(self, arguments: Any, extra: frozenset[str] = frozenset()) -> Iterator[str]:
        """What is missing in the arguments, and what the action does not have; `extra` are known all the same."""
        shape = self.operation.get("input", {}).get("shape")
        yield from self._problems(shape, arguments, "", extra)

    def _problems(self, name: str | None, value: Any, path: str, extra: frozenset[str] = frozenset()) -> Iterator[str]:
        shape = self.model["shapes"].get(name, {"type": "structure", "members": {}})
        if shape["type"] == "list" and isinstance(value, list):
            for each in value:
                yield from self._problems(shape["member"]["shape"], each, path)
        if shape["type"] == "map" and _is_written_out(value):
            for key, each in value.items():
                yield from self._problems(shape["value"]["shape"], each, f"{path}{key}.")
        if shape["type"] == "structure" and _is_written_out(value):
            yield from self._wrong_members(shape, value, path, extra)

    def _wrong_members(
        self, shape: Mapping[str, Any], value: Mapping[str, Any], path: str, extra: frozenset[str]
    ) -> Iterator[str]:
        members = {each.lower(): each for each in shape["members"]}
        given = {each.removesuffix(".$").lower() for each in value}
        for key, each in value.items():
            name = key.removesuffix(".$")
            member = members.get(name.lower())
            if member is None and name not in extra:
                yield f"there is no argument {path}{name}"
            elif member is not None and not _is_pascal(name, member):
                yield f"the argument {path}{name} is {path}{_pascal(member)}"
            elif member is not None:
                yield from self._problems(shape["members"][member]["shape"], each, f"{path}{name}.")
        for member in shape.get("required", ()):
            # The SDK fills idempotency tokens in.
            if member.lower() not in given and not shape["members"][member].get("idempotencyToken"):
                yield f"the argument {path}{_pascal(member)} is missing"

    def fields(self) -> list[str]:
        """The fields of the answer."""
        shape = self.model["shapes"].get(self.operation.get("output", {}).get("shape"), {})
        return list(shape.get("members", ()))

    def answers(self, field: str) -> bool:
        """Whether the answer has this field."""
        return any(_is_pascal(field, each) for each in self.fields())


def find_action(service: str, action: str) -> Action | str:
    """The action of a service by the names that Step Functions has for them, or what there is not."""
    model = _model(service)
    if model is None:
        return f"the AWS SDK has no service {service}"
    operation = model["operations"].get(action[:1].upper() + action[1:])
    if operation is None or action[:1].isupper():
        return f"{service} has no action {action}"
    return Action(model, operation)


def _is_written_out(value: Any) -> bool:
    """Whether this is an object of its own, and not an intrinsic function that makes one."""
    return isinstance(value, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in value)


def _pascal(member: str) -> str:
    return member[:1].upper() + member[1:]


def _is_pascal(name: str, member: str) -> bool:
    """Step Functions writes a name that begins in lower case in upper case, and DBInstance perhaps as DbInstance."""
    plain = _pascal(member)
    in_capitals = any(a.isupper() and b.isupper() for a, b in pairwise(plain))
    return name == plain or (in_capitals and name[:1].isupper() and name.lower() == member.lower())


@cache
def _model(service: str) -> Mapping[str, Any] | None:
    folder = _folders().get(service)
    if folder is None:
        return None
    path = os.path.join(folder, max(os.listdir(folder)), "service-2.json")
    try:
        with gzip.open(f"{path}.gz") as packed:
            found: Mapping[str, Any] = json.loads(packed.read())
    except FileNotFoundError:
        with open(path, encoding="utf-8") as plain:
            found = json.load(plain)
    return found


@cache
def _folders() -> Mapping[str, str]:
    """The folders with models, by the names that Step Functions has for the services."""
    spec = find_spec("botocore")
    data = os.path.join(os.path.dirname(spec.origin), "data") if spec and spec.origin else ""
    with os.scandir(data) as entries:
        found = {each.name: each.path for each in entries if each.is_dir()}
    same = {name.replace("-", ""): path for name, path in found.items() if name not in _FOLDERS.values()}
    return same | {service: found[name] for service, name in _FOLDERS.items() if name in found}
