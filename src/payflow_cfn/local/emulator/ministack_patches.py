"""Repairs of MiniStack by the launcher, only for the pinned version, each with its reason."""

# ruff: noqa: SLF001 - to mend another program's inside is this module's purpose
from __future__ import annotations

import importlib.util
import json
import os
import sys
import threading
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

REPAIRED_VERSION = "1.5.33"


def apply_repairs(version: str) -> list[str]:
    """Apply every repair to the imported MiniStack and return their names; none for any other version."""
    if version != REPAIRED_VERSION:
        return []
    for repair in REPAIRS:
        repair()
    return [repair.__name__ for repair in REPAIRS]


def keep_child_attributes() -> None:
    """On the update of a nested stack, hand an unchanged resource its old attributes.

    MiniStack updates a child's resources without them, so that an unchanged role has no Arn afterwards and the update
    fails with "Requested attribute Arn does not exist in schema for AWS::IAM::Role". AWS keeps them.
    """
    from ministack.services.cloudformation import provisioners

    update: Callable[..., tuple[str, dict[str, Any]]] = provisioners._update_resource

    def with_attributes(*args: Any, **kwargs: Any) -> tuple[str, dict[str, Any]]:
        if len(args) < 7 and "old_attrs" not in kwargs:
            # The nested update keeps the previous resource in its local variable `prev` and does not pass it on.
            previous = sys._getframe(1).f_locals.get("prev") or {}
            kwargs["old_attrs"] = previous.get("Attributes")
        return update(*args, **kwargs)

    provisioners._update_resource = with_attributes


def name_python_errors() -> None:
    """Give a failed Python function's answer the name of its exception, as AWS does.

    MiniStack names every one of them Runtime.HandlerError, so that a Retry or Catch by the class name never matches,
    and names the death of the process so too, which on AWS is Runtime.ExitError.
    See https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    told = '"error": str(e), "trace"'
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(told) != 1:
        raise RuntimeError("the worker script is not the one this repair was written for")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(told, '"type": type(e).__name__, ' + told)
    _carry_error_type(lambda_runtime, lambda_svc)


def _carry_error_type(lambda_runtime: Any, lambda_svc: Any) -> None:
    """Take the type from the worker's answer over to the function's, across the one call between them."""
    answered = threading.local()
    invoke = lambda_runtime.Worker.invoke
    execute = lambda_svc._execute_function_warm

    def remembering_invoke(self: Any, *args: Any, **kwargs: Any) -> Any:
        response = invoke(self, *args, **kwargs)
        died = response.get("error") == "Worker process died"
        answered.kind = response.get("type", "Runtime.ExitError" if died else "")
        return response

    def naming_execute(*args: Any, **kwargs: Any) -> Any:
        answered.kind = ""
        result = execute(*args, **kwargs)
        if result.get("error") and answered.kind:
            result["body"]["errorType"] = answered.kind
        return result

    lambda_runtime.Worker.invoke = remembering_invoke
    lambda_svc._execute_function_warm = naming_execute


def hide_installed_packages() -> None:
    """Let a Python function import its artifact, the standard library and what Lambda's runtime has, and no more.

    MiniStack's worker also sees everything installed beside MiniStack, so that a dependency which is missing from the
    artifact is found here and not at AWS.
    """
    from ministack.core import lambda_runtime

    start = "    sys.path.insert(0, code_dir)\n"
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(start) != 1:
        raise RuntimeError("the worker script is not the one this repair was written for")
    hidden = (
        "    sys.path[:] = [entry for entry in sys.path if not entry.endswith(('site-packages', 'dist-packages'))]\n"
        "    sys.meta_path[:] = [each for each in sys.meta_path if 'editable' not in getattr(each, '__module__', '')]\n"
        f"    sys.path.append({str(_runtime_folder())!r})\n"
    )
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(start, hidden + start)


def _runtime_folder() -> Path:
    """A folder of links to the installed packages that the Lambda runtime brings itself."""
    folder = Path(os.environ["PAYFLOW_LOCAL_HOME"]) / "runtime"
    folder.mkdir()
    for name in RUNTIME_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            source = origin.parent if origin.name == "__init__.py" else origin
            (folder / source.name).symlink_to(source)
    return folder


# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html: the SDK, with what it needs itself.
RUNTIME_PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


def page_call_record() -> None:
    """Give the call record pages: LookupEvents returns the newest 50 calls and no token for those before them.

    The token is the id of the oldest event given so far.
    See https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    """
    from ministack.services import cloudtrail

    queue = cloudtrail._get_event_queue
    look_up = cloudtrail._DISPATCH["LookupEvents"]

    def paged(body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        before = _older_than(list(queue()), body.get("NextToken"))
        cloudtrail._get_event_queue = lambda: before
        try:
            status, headers, content = look_up(body)
        finally:
            cloudtrail._get_event_queue = queue
        answer = json.loads(content)
        # A page may be the last and full; the one after it is then empty, which the API allows.
        if answer.get("Events"):
            answer["NextToken"] = answer["Events"][-1]["EventId"]
        return status, headers, json.dumps(answer).encode()

    cloudtrail._DISPATCH["LookupEvents"] = paged


def _older_than(events: list[dict[str, Any]], event_id: str | None) -> list[dict[str, Any]]:
    ids = [event["EventId"] for event in events]
    return events[: ids.index(event_id)] if event_id in ids else events


def services_use_tls() -> None:
    """Let AWS's own services call each other over TLS, so that a queue which denies plain transport gets notices.

    MiniStack evaluates such a policy as for a plain call, and the topic delivers nothing. At AWS the pattern is usual
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html).
    """
    from ministack.core import iam_evaluator

    resolve = iam_evaluator._resolve_condition_key

    def over_tls(key: str, context: Any) -> Any:
        is_service = context.principal_type == "Service" and key.lower() == "aws:securetransport"
        return "true" if is_service else resolve(key, context)

    iam_evaluator._resolve_condition_key = over_tls


def keep_message_attributes() -> None:
    """Keep the message attributes of a notice that a state machine publishes.

    MiniStack reads them only in the form of the query API, so that a subscription which filters by them gets nothing.
    """
    from ministack.services import sns

    parse = sns._parse_message_attributes

    def with_states(params: dict[str, Any]) -> dict[str, Any]:
        given = params.get("MessageAttributes")
        return given if isinstance(given, dict) else parse(params)

    sns._parse_message_attributes = with_states


def list_change_sets_by_id() -> None:
    """List the change sets of a stack that is named by its id.

    MiniStack compares the parameter with the stack's name only, and lists none. AWS takes both
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListChangeSets.html).
    """
    from ministack.services import cloudformation
    from ministack.services.cloudformation import handlers

    listing: Callable[[dict[str, Any]], Any] = handlers._ACTION_HANDLERS["ListChangeSets"]

    def by_name(params: dict[str, Any]) -> Any:
        ids = {stack["StackId"]: name for name, stack in cloudformation._stacks.items()}
        given = params.get("StackName")
        name = given[0] if isinstance(given, list) else given
        return listing({**params, "StackName": [ids[name]]} if name in ids else params)

    handlers._ACTION_HANDLERS["ListChangeSets"] = by_name


def name_failed_children() -> None:
    """Give the event of a nested stack that failed the id of that stack.

    MiniStack leaves PhysicalResourceId empty on a first create, so that nothing leads to the resource that failed.
    """
    from ministack.services import cloudformation
    from ministack.services.cloudformation import stacks

    add: Callable[..., None] = stacks._add_event

    def with_id(stack_id: str, stack_name: str, logical_id: str, resource_type: str, *args: Any, **more: Any) -> None:
        add(stack_id, stack_name, logical_id, resource_type, *args, **more)
        event = cloudformation._stack_events[stack_id][-1]
        if resource_type == "AWS::CloudFormation::Stack" and not event["PhysicalResourceId"]:
            start = f"{stack_name}-{logical_id}-"
            made = [each["StackId"] for name, each in cloudformation._stacks.items() if name.startswith(start)]
            if made and event["ResourceStatus"].endswith("_FAILED"):
                event["PhysicalResourceId"] = made[-1]

    stacks._add_event = with_id


def read_own_dimensions() -> None:
    """Let an alarm read the metric of its own dimensions.

    MiniStack takes every metric of the same name, so that the failures of one environment ring another's alarms.
    See https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension
    """
    from ministack.services import cloudwatch

    code = cloudwatch._evaluate_alarm.__code__

    def evaluate(alarm: dict[str, Any]) -> None:
        own = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
        metrics = {key: points for key, points in cloudwatch._metrics.items() if key[2] == own}
        # The function reads the metrics from its module, which other threads write to meanwhile.
        FunctionType(code, {**vars(cloudwatch), "_metrics": metrics})(alarm)

    cloudwatch._evaluate_alarm = evaluate


REPAIRS: tuple[Callable[[], None], ...] = (
    keep_child_attributes,
    name_python_errors,
    hide_installed_packages,
    page_call_record,
    services_use_tls,
    keep_message_attributes,
    list_change_sets_by_id,
    name_failed_children,
    read_own_dimensions,
)
