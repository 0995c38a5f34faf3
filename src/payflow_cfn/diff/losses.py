"""Updates in place that delete data for good or remove a protection; no schema lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.data_resources import KEEPING, MACHINE, TABLE
from payflow_cfn.aws.values import ABSENT, Path, scalar_text, shown
from payflow_cfn.diff.resources import Resource

_KEYS = ("KmsKeyId", "KmsMasterKeyId", "KmsKeyArn", "SSESpecification", "EncryptionConfiguration")
_POLICIES = {"DeletionPolicy": "removed", "UpdateReplacePolicy": "replaced"}


@dataclass(frozen=True, slots=True)
class Loss:
    """`text` is listed when `lost` is true of the values before and after at `path` of a resource of that type."""

    resource_type: str
    path: Path
    lost: Callable[[Any, Any], bool]
    text: str


def _ends(before: Any, after: Any) -> bool:
    return _is_true(before) and not _is_true(after)


def _begins(before: Any, after: Any) -> bool:
    return _is_true(after) and not _is_true(before)


def _disabled(_: Any, after: Any) -> bool:
    return after is not ABSENT and scalar_text(after) == "false"


def _shorter(before: Any, after: Any) -> bool:
    """Less than before; without a value, things are kept for ever."""
    one, other = _number(before), _number(after)
    return other is not None and (before is ABSENT or (one is not None and other < one))


def _other(before: Any, after: Any) -> bool:
    return after is not ABSENT and shown(before) != shown(after)


def _is_true(value: Any) -> bool:
    return value is not ABSENT and scalar_text(value) == "true"


def _number(value: Any) -> int | None:
    text = scalar_text(value)
    return int(text) if text.isdecimal() else None


def _becomes(*bad: str) -> Callable[[Any, Any], bool]:
    """Whether a value becomes one of these; no value is an empty text."""

    def lost(_: Any, after: Any) -> bool:
        return ("" if after is ABSENT else scalar_text(after)) in bad

    return lost


LOSSES = (
    Loss(TABLE, ("DeletionProtectionEnabled",), _ends, "the table may be deleted from then on"),
    Loss(
        TABLE,
        ("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"),
        _ends,
        "the points that the table can be restored to are lost",
    ),
    Loss(TABLE, ("TimeToLiveSpecification", "Enabled"), _begins, "items begin to be deleted when their time is over"),
    Loss(
        "AWS::Logs::LogGroup",
        ("RetentionInDays",),
        _shorter,
        "what was logged before the new retention is deleted",
    ),
    Loss("AWS::SQS::Queue", ("MessageRetentionPeriod",), _shorter, "messages older than the new retention are deleted"),
    Loss("AWS::KMS::Key", ("Enabled",), _disabled, "what the key encrypts cannot be read while it is disabled"),
    Loss("AWS::KMS::Key", ("EnableKeyRotation",), _ends, "the key is no longer rotated"),
    Loss(
        TABLE,
        ("SSESpecification", "SSEEnabled"),
        _becomes("false"),
        "it is no longer encrypted with a key of ours",
    ),
    Loss(
        MACHINE,
        ("EncryptionConfiguration", "Type"),
        _becomes("AWS_OWNED_KEY"),
        "it is no longer encrypted with a key of ours",
    ),
    Loss(MACHINE, ("LoggingConfiguration", "Level"), _becomes("", "OFF"), "executions are no longer logged"),
    Loss(
        MACHINE,
        ("LoggingConfiguration", "IncludeExecutionData"),
        _begins,
        "the data of executions is logged, where every reader of logs sees it",
    ),
    Loss(MACHINE, ("TracingConfiguration", "Enabled"), _ends, "executions are no longer traced"),
    Loss("AWS::CloudWatch::Alarm", ("ActionsEnabled",), _disabled, "the alarm no longer sends notices"),
    Loss("AWS::CloudWatch::CompositeAlarm", ("ActionsEnabled",), _disabled, "the alarm no longer sends notices"),
    Loss(
        "AWS::SecretsManager::Secret",
        ("GenerateSecretString",),
        _other,
        "another secret value is generated over the one that was put in",
    ),
)


def losses(before: Resource, after: Resource) -> Iterator[str]:
    """What the change from `before` to `after` takes away, in sentences."""
    for rule in LOSSES:
        if rule.resource_type == after.resource_type:
            values = before.at(rule.path), after.at(rule.path)
            if shown(values[0]) != shown(values[1]) and rule.lost(*values):
                yield rule.text
    for key in _KEYS:
        if key in before.properties and key not in after.properties:
            yield f"without {key} it is no longer encrypted with a key of ours"
    for policy, when in _POLICIES.items():
        if _keeps(before, policy) and not _keeps(after, policy):
            yield f"it is no longer kept when it is {when} ({policy})"


def _keeps(resource: Resource, policy: str) -> bool:
    return shown(resource.attributes.get(policy, "Delete")) in KEEPING
