"""Rules about what holds data and records: tables, keys, log groups, secrets, queues and the workflow's own logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.data_resources import KEEPING, MACHINE, TABLE
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet, Place, walk
from payflow_cfn.aws.values import listed, scalar_text
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.machine import every_state
from payflow_cfn.lint.metric_sources import number
from payflow_cfn.lint.ours import says_payflow

_KEY, _QUEUE = "AWS::KMS::Key", "AWS::SQS::Queue"
_KEPT = (TABLE, "AWS::DynamoDB::GlobalTable", _KEY)
_KEPT_OF_OURS = (*_KEPT, "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret", "AWS::Lambda::Version")
_DEAD_LETTERS = frozenset({"deadLetterTargetArn", "DeadLetterConfig", "DeadLetterArn", "OnFailure"})
_DAY = 86_400
_WEEK = 7
_EXPRESS_SECONDS = 300
_HIDDEN = 30  # seconds, where a queue does not say it


def data_is_kept(templates: ParsedSet) -> Iterator[Breach]:
    """PF070: a table, key, log group, secret or published version stays when its stack goes, or its replacement comes.

    CloudFormation deletes it otherwise, with the payments in it. A deleted key makes all of its data unreadable, and an
    alias cannot go back to a deleted version
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html).
    """
    kinds = _KEPT_OF_OURS if says_payflow(templates) else _KEPT
    for stack, logical, resource in some("resource that holds data", templates.resources(*kinds)):
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resource.get(policy, "Delete") not in KEEPING:
                yield Breach(stack, f"Resources/{logical}", f"{policy} does not keep it")


def tables_can_be_restored(templates: ParsedSet) -> Iterator[Breach]:
    """PF071: a table has point-in-time recovery for a week or longer, and the records of a state machine do not expire.

    A wrong write cannot be undone otherwise. A row that has expired makes its payment's id chargeable again
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html).
    """
    written = {place[:2] for place, _ in _table_tasks(templates)}
    for stack, logical, resource in some("table", templates.resources(TABLE)):
        path = f"Resources/{logical}/Properties"
        recovery = _texts(templates, stack, resource, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
        if not recovery or "false" in recovery:
            yield Breach(stack, f"{path}/PointInTimeRecoverySpecification", "point-in-time recovery is off")
        for days in _texts(templates, stack, resource, "PointInTimeRecoverySpecification", "RecoveryPeriodInDays"):
            if days.isdecimal() and int(days) < _WEEK:
                message = f"the table can be restored for {days} days only, and a wrong write may be found later"
                yield Breach(stack, f"{path}/PointInTimeRecoverySpecification", message)
        if (stack, logical) in written and "true" in _texts(
            templates, stack, resource, "TimeToLiveSpecification", "Enabled"
        ):
            yield Breach(stack, f"{path}/TimeToLiveSpecification", "the records of a state machine expire")


def tables_refuse_deletion(templates: ParsedSet) -> Iterator[Breach]:
    """PF072: a table has deletion protection.

    DeletionPolicy protects it from CloudFormation alone
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html).
    """
    for stack, logical, resource in some("table", templates.resources(TABLE)):
        protection = _texts(templates, stack, resource, "DeletionProtectionEnabled")
        if not protection or "false" in protection:
            yield Breach(
                stack, f"Resources/{logical}/Properties/DeletionProtectionEnabled", "deletion protection is off"
            )


def keys_of_tables_are_written(templates: ParsedSet) -> Iterator[Breach]:
    """PF073: a Task that reads or writes a table names the table's key attributes, with their types.

    DynamoDB refuses any other key, in the middle of a payment
    (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html).
    """
    for place, given in some("Task on a table", _table_tasks(templates)):
        table = templates.resource(place).get("Properties", {})
        names = {str(each.get("AttributeName")) for each in listed(table.get("KeySchema"))}
        types = {
            each.get("AttributeName"): each.get("AttributeType") for each in listed(table.get("AttributeDefinitions"))
        }
        written = {
            name: {each.removesuffix(".$") for each in value}
            for name, value in given.items()
            if isinstance(value, dict)
        }
        path = f"Resources/{place.resource}/Properties"
        if names != set(given):
            message = f"the key is {', '.join(sorted(names))}, and a Task names {', '.join(sorted(given))}"
            yield Breach(place.stack, f"{path}/KeySchema", message)
        for name in sorted(names & set(written)):
            if written[name] != {types.get(name)}:
                message = f"{name} is of type {types.get(name)}, and a Task gives {', '.join(sorted(written[name]))}"
                yield Breach(place.stack, f"{path}/AttributeDefinitions", message)


def _table_tasks(templates: ParsedSet) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """The table and the Key of each Task that names both, or those attributes of the Item that are the table's key."""
    for stack, _, machine in templates.resources(MACHINE):
        for _, state in every_state(machine.get("Properties", {}).get("Definition", {})):
            given = state.get("Arguments") or state.get("Parameters") or {}
            named = given if isinstance(given, dict) else {}
            place = templates.origin(stack, named["TableName"]) if "TableName" in named else None
            if not place or templates.resource(place).get("Type") != TABLE:
                continue
            for field in ("Key", "Item"):
                if isinstance(named.get(field), dict):
                    yield place, _key_of(templates, place, named[field], field)


def _key_of(templates: ParsedSet, table: Place, given: Mapping[str, Any], field: str) -> dict[str, Any]:
    """The attributes by name, without the mark of a JSONPath; of an Item those of the table's key."""
    attributes = {name.removesuffix(".$"): value for name, value in given.items()}
    schema = listed(templates.resource(table).get("Properties", {}).get("KeySchema"))
    names = {each.get("AttributeName") for each in schema if isinstance(each, dict)}
    return {name: value for name, value in attributes.items() if field == "Key" or name in names}


def keys_are_usable(templates: ParsedSet) -> Iterator[Breach]:
    """PF074: a key is enabled, and one that AWS can rotate is rotated.

    While a key is disabled, nothing can be read or written under it
    (https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html).
    """
    given = any(templates.given_key(stack, each) for stack, each in _key_uses(templates))
    found = templates.resources(_KEY)
    for stack, logical, resource in found if given else some("key", found):
        path, properties = f"Resources/{logical}/Properties", resource.get("Properties", {})
        if "false" in _texts(templates, stack, resource, "Enabled"):
            yield Breach(stack, f"{path}/Enabled", "the key is disabled")
        rotated = _texts(templates, stack, resource, "EnableKeyRotation")
        by_aws = properties.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT" and "Origin" not in properties
        if by_aws and (not rotated or "false" in rotated):
            yield Breach(stack, f"{path}/EnableKeyRotation", "the key is not rotated")


def _key_uses(templates: ParsedSet) -> Iterator[tuple[str, Any]]:
    for stack, _, resource in templates.resources("AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::Logs::LogGroup"):
        properties = resource.get("Properties", {})
        yield stack, properties.get("KmsMasterKeyId", properties.get("KmsKeyId"))


def executions_are_recorded(templates: ParsedSet) -> Iterator[Breach]:
    """PF075: a state machine logs its executions and their errors, and one of more than five minutes is STANDARD.

    At the level FATAL, the log has that an execution failed, and not which step. An EXPRESS execution ends after
    five minutes, may run twice, and has no history but its logs
    (https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html).
    """
    is_ours = says_payflow(templates)
    for stack, logical, machine in some("state machine", templates.resources(MACHINE)):
        path = f"Resources/{logical}/Properties"
        level = _texts(templates, stack, machine, "LoggingConfiguration", "Level")
        needs_log = is_ours or "EXPRESS" in _texts(templates, stack, machine, "StateMachineType")
        if needs_log and (not level or "OFF" in level or not _at(machine, "LoggingConfiguration", "Destinations")):
            yield Breach(stack, f"{path}/LoggingConfiguration", "executions are not logged")
        elif "FATAL" in level:
            yield Breach(stack, f"{path}/LoggingConfiguration/Level", "the errors of steps are not logged")
        longest = _at(machine, "Definition", "TimeoutSeconds")
        too_long = isinstance(longest, int) and longest > _EXPRESS_SECONDS
        if too_long and "EXPRESS" in _texts(templates, stack, machine, "StateMachineType"):
            yield Breach(stack, f"{path}/StateMachineType", f"an EXPRESS execution cannot last {longest} seconds")


def execution_data_stays_out_of_logs(templates: ParsedSet) -> Iterator[Breach]:
    """PF076: a state machine does not log the data of its executions.

    With IncludeExecutionData, each customer's payment is in the logs, where every reader of logs sees it
    (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html).
    """
    for stack, logical, machine in some("state machine", templates.resources(MACHINE)):
        if scalar_text(_at(machine, "LoggingConfiguration", "IncludeExecutionData")) == "true":
            path = f"Resources/{logical}/Properties/LoggingConfiguration/IncludeExecutionData"
            yield Breach(stack, path, "the data of executions is logged")


def queues_lose_nothing(templates: ParsedSet) -> Iterator[Breach]:
    """PF078: a queue has a dead-letter queue, and a dead-letter queue keeps messages for a day or longer.

    A message that fails is lost otherwise, before anybody can look. So is one that a queue keeps for a shorter time
    than all of its attempts take
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html).
    """
    dead, is_ours = {place[:2] for place in dead_letter_queues(templates)}, says_payflow(templates)
    for stack, logical, queue in some("queue", templates.resources(_QUEUE)):
        path = f"Resources/{logical}/Properties"
        kept = _texts(templates, stack, queue, "MessageRetentionPeriod")
        if is_ours and (stack, logical) not in dead and _at(queue, "RedrivePolicy") is None:
            yield Breach(stack, path, "the queue has no dead-letter queue, and is not one itself")
        attempts = _attempts(templates, stack, queue)
        if any(each.isdecimal() and int(each) < attempts for each in kept):
            told = f"messages go after {min(kept, key=int)} s, and become dead letters after {attempts:g} s"
            yield Breach(stack, f"{path}/MessageRetentionPeriod", told)
        if (stack, logical) in dead and any(each.isdecimal() and int(each) < _DAY for each in kept):
            yield Breach(
                stack, f"{path}/MessageRetentionPeriod", "the dead-letter queue keeps messages for less than a day"
            )


def _attempts(templates: ParsedSet, stack: str, queue: Mapping[str, Any]) -> float:
    """The seconds after which a message that nobody deletes is a dead letter; 0 where it never is."""
    counts = [number(each) for each in _texts(templates, stack, queue, "RedrivePolicy", "maxReceiveCount")]
    hidden = [number(each) for each in _texts(templates, stack, queue, "VisibilityTimeout")] or [_HIDDEN]
    return min((each for each in counts if each), default=0) * min((each for each in hidden if each), default=0)


def dead_letter_queues(templates: ParsedSet) -> Iterator[Place]:
    """The queues that something sends what it cannot handle to."""
    for stack, _, resource in templates.resources():
        for path, value in walk(resource.get("Properties", {})):
            place = templates.origin(stack, value) if _DEAD_LETTERS & set(path.split("/")) else None
            if place:
                yield place


def _at(resource: Mapping[str, Any], *path: str) -> Any:
    value: Any = resource.get("Properties", {})
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _texts(templates: ParsedSet, stack: str, resource: Mapping[str, Any], *path: str) -> list[str]:
    """The values that a property may have, both sides of a condition; a parameter's is its default."""
    return [scalar_text(each) for each in listed(expand(templates, stack, _at(resource, *path)))]
