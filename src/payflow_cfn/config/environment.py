"""The table of one environment in payflow.toml: its keys, their rules and defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from payflow_cfn.aws.bucket_names import NAME_PATTERN, NAMES_REFUSED, name_problem
from payflow_cfn.aws.permissions_boundary import PARAMETER, boundary_name
from payflow_cfn.aws.s3_urls import partition_of
from payflow_cfn.aws.tags import TAGS_SCHEMA
from payflow_cfn.errors import SettingsError, gathered, refuse

_ARN = "arn:aws[a-z-]*"
_REGION = "[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}"
_ACCOUNT = "[0-9]{12}"
_ROLE = f"{_ARN}:iam::{_ACCOUNT}:role/[!-~]{{1,512}}"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html and
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackConfiguration.html
_MOST_ARNS = 5
_MOST_MINUTES = 180
_LARGEST_NUMBER = 10**15  # beyond it JSON readers and CloudFormation round
_LISTS = ("notification_arns", "rollback_alarms")
_ROLES = ("role_arn", "service_role_arn")
_SINGLE = (*_ROLES, "bucket_key")


def _text(description: str, pattern: str, rule: str, **more: Any) -> Any:
    """A text that follows `pattern`, or is empty if the file does not have it; `rule` is the pattern in words."""
    return _value(description, "", pattern=f"^({pattern})?$", rule=rule, **more)


def _value(description: str, default: Any = None, **rules: Any) -> Any:
    return field(default=default, metadata={"description": description, **rules})


def _list(description: str, pattern: str, rule: str) -> Any:
    items = {"type": "string", "pattern": f"^{pattern}$"}
    return _value(description, (), rule=rule, max_length=_MOST_ARNS, json_schema_extra={"items": items})


@dataclass(frozen=True, slots=True)
class Target:
    """The values of one environment's table; an empty text (or None) means that the file does not have the key."""

    account: str = _text("Account id that has to answer before anything is sent.", _ACCOUNT, "12 digits")
    region: str = _text("Region of the stack and of the artifact bucket.", _REGION, "a region such as eu-west-1")
    bucket: str = _text(
        "Bucket for templates and artifacts.",
        NAME_PATTERN,
        "3 to 63 lower-case letters, digits, hyphens and dots, a letter or digit at both ends",
        json_schema_extra={"allOf": [{"not": {"pattern": pattern}} for pattern in NAMES_REFUSED]},
    )
    bucket_key: str = _text(
        "KMS key that objects in the bucket are encrypted with; without it S3's own key (AES256).",
        f"{_ARN}:kms:{_REGION}:{_ACCOUNT}:(key|alias)/[A-Za-z0-9/_-]{{1,256}}",
        "the ARN of a KMS key or alias",
    )
    role_arn: str = _text("Role that we assume.", _ROLE, "the ARN of an IAM role")
    service_role_arn: str = _text("Role that CloudFormation assumes.", _ROLE, "the ARN of an IAM role")
    production: bool | None = _value("Whether it is guarded as production; without it, its name decides.")
    termination_protection: bool | None = _value(
        "Whether the stack refuses to be deleted; without it, production-like ones do."
    )
    notification_arns: tuple[str, ...] = _list(
        "Topics to which CloudFormation sends each stack event.",
        f"{_ARN}:sns:{_REGION}:{_ACCOUNT}:[A-Za-z0-9_-]{{1,256}}",
        "ARNs of SNS topics",
    )
    rollback_alarms: tuple[str, ...] = _list(
        "Alarms that roll a deploy back.",
        f"{_ARN}:cloudwatch:{_REGION}:{_ACCOUNT}:alarm:[ -~]{{1,255}}",
        "ARNs of CloudWatch alarms",
    )
    monitoring_minutes: int = _value(
        "Minutes that the rollback alarms are watched after a deploy.", 0, ge=0, le=_MOST_MINUTES
    )
    stack_policy: bool = _value("Whether the stacks forbid to replace or delete data resources.", default=True)
    parameters: Mapping[str, str] = field(
        default_factory=dict,
        metadata={"description": "Values of the root template's parameters; whole numbers are taken as their text."},
    )
    tags: Mapping[str, str] = field(
        default_factory=dict,
        metadata={"description": "Tags of the stack and of all that is in it.", "json_schema_extra": TAGS_SCHEMA},
    )


def parse_target(mapping: Mapping[str, Any], *, where: str) -> Target:
    """Turn an environment's table into a Target; SettingsError names every wrong key and what it has to be."""
    from payflow_cfn.config.parsing import parse_as

    given, found = dict(mapping), list[SettingsError]()
    if isinstance(given.get("parameters"), Mapping):
        with gathered(found):
            given["parameters"] = _texts(given.pop("parameters"), where=f"{where}.parameters")
    with gathered(found):
        target = parse_as(Target, given, where=where)
    refuse(found)
    problem = name_problem(target.bucket) if target.bucket else ""
    if problem:
        found.append(SettingsError(f"{where}.bucket is {target.bucket!r}", remedy=problem, key="bucket"))
    with gathered(found):
        target = _with_boundary(target, where=f"{where}.parameters.{PARAMETER}")
    for key in _LISTS:
        with gathered(found):
            _check_list(key, getattr(target, key), where=where)
    refuse(found)
    for key in (*_LISTS, *_SINGLE):
        with gathered(found):
            _check_place(key, getattr(target, key), target, where=where)
    refuse(found)
    return target


def _with_boundary(target: Target, *, where: str) -> Target:
    if PARAMETER not in target.parameters:
        return target
    name = boundary_name(target.parameters[PARAMETER], account=target.account, where=where)
    return replace(target, parameters={**target.parameters, PARAMETER: name})


def _texts(values: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """The parameters as texts, as CloudFormation takes them; SettingsError for a value with several text forms."""
    if "Environment" in values:
        raise SettingsError(f"{where} has Environment", remedy="remove it: the table's own name is the environment")
    texts: dict[str, Any] = {}
    found: list[SettingsError] = []
    for name, value in values.items():
        with gathered(found):
            texts[name] = _as_text(name, value, where)
    refuse(found)
    return texts


def _as_text(name: str, value: Any, where: str) -> str:
    if not re.fullmatch("[A-Za-z0-9]{1,255}", name):
        raise SettingsError(f"{where} has {name!r}", remedy="a parameter's name has letters and digits only", key=name)
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_NUMBER:
        return str(value)
    kinds = {bool: "a boolean", float: "a number with a fraction", int: "a huge number", list: "a list"}
    kind = kinds.get(type(value), "no text")
    example = "one,two" if isinstance(value, list) else "..."
    raise SettingsError(f"{where}.{name} is {kind}", remedy=f'write it as text, {name} = "{example}"', key=name)


def _check_list(key: str, values: tuple[str, ...], *, where: str) -> None:
    metadata = next(each.metadata for each in fields(Target) if each.name == key)
    for value in values:
        if not re.fullmatch(metadata["json_schema_extra"]["items"]["pattern"], value):
            raise SettingsError(f"{where}.{key} has {value!r}", remedy=f"it takes {metadata['rule']}", key=key)


def _check_place(key: str, value: str | tuple[str, ...], target: Target, *, where: str) -> None:
    """SettingsError for an ARN in another partition or region than the environment's, or a role in another account."""
    for arn in filter(None, (value,) if isinstance(value, str) else value):
        _, partition, _, region, account, _ = arn.split(":", 5)
        wanted = (
            ("region", region, target.region),
            ("partition", partition, partition_of(target.region) if target.region else ""),
            ("account", account if key in _ROLES else "", target.account),
        )
        for kind, found, right in wanted:
            if found and right and found != right:
                raise SettingsError(
                    f"{where}.{key} is in {kind} {found}, and the environment in {right}",
                    remedy="correct one of them",
                    key=key,
                )
