"""The rule about what a Task calls: the integration exists, and takes these arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.machine import State, all_states
from payflow_cfn.lint.service_models import Action, find_action

# Each optimized integration: a service, and its actions with the ways to wait that it has beside the plain call.
# https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html and the page of each service.
_OPTIMIZED = """
apigateway invoke+token
athena startQueryExecution+sync stopQueryExecution getQueryExecution getQueryResults
batch submitJob+sync
bedrock invokeModel+token createModelCustomizationJob+sync
codebuild startBuild+sync stopBuild batchDeleteBuilds batchGetReports startBuildBatch+sync stopBuildBatch
codebuild retryBuildBatch+sync deleteBuildBatch
databrew startJobRun+sync
dynamodb getItem putItem updateItem deleteItem
ecs runTask+sync+token
eks createCluster+sync+token deleteCluster+sync+token createFargateProfile+sync+token deleteFargateProfile+sync+token
eks createNodegroup+sync+token deleteNodegroup+sync+token runJob+sync+token call+token
elasticmapreduce createCluster+sync terminateCluster+sync addStep+sync cancelStep setClusterTerminationProtection
elasticmapreduce modifyInstanceFleetByName modifyInstanceGroupByName
emr-containers createVirtualCluster deleteVirtualCluster+sync startJobRun+sync
emr-serverless createApplication+sync startApplication+sync stopApplication+sync deleteApplication+sync
emr-serverless startJobRun+sync cancelJobRun+sync
events putEvents+token
glue startJobRun+sync
http invoke
lambda invoke+token
mediaconvert createJob+sync
sagemaker createEndpoint createEndpointConfig createHyperParameterTuningJob+sync createLabelingJob+sync createModel
sagemaker createProcessingJob+sync createTrainingJob+sync createTransformJob+sync updateEndpoint
sns publish+token
sqs sendMessage+token
states startExecution+sync+sync:2+token
"""
_WAYS = {"": "", "sync": ".sync", "sync:2": ".sync:2", "token": ".waitForTaskToken"}
# The services' names in the SDK.
_IN_SDK = {
    "elasticmapreduce": "emr",
    "emr-containers": "emrcontainers",
    "emr-serverless": "emrserverless",
    "events": "eventbridge",
    "states": "sfn",
}
_ARN = re.compile(
    r"arn:[^:]*:(states:[^:]*:\d*:(?!activity:)(?P<name>.*)|lambda:[^:]*:[^:]*:function:.+|states:[^:]*:[^:]*:activity:.+)"
)
_PARTS = re.compile(r"(?P<service>[\w-]+):(?P<action>\w+)(?P<way>\.[\w:]+)?")


def tasks_call_what_exists(templates: ParsedSet) -> Iterator[Breach]:
    """PF037: a Task calls a function, an activity or an integration of Step Functions, with the action's own arguments.

    CreateStateMachine refuses an unknown one in the middle of a deploy. A missing argument fails the execution
    (https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html).
    """
    for state in all_states(templates):
        if state.kind == "Task":
            for problem in _problems(templates, state):
                yield Breach(state.stack, state.path, problem)


def integration(templates: ParsedSet, state: State) -> str:
    """What stands behind states::: in the Task's Resource; empty where it is another ARN or not known."""
    found = _ARN.fullmatch(_resource(templates, state) or "")
    return (found["name"] or "") if found else ""


def _resource(templates: ParsedSet, state: State) -> str | None:
    """The Resource as text; None where the deploy decides it."""
    resource = state.fields.get("Resource")
    text = expand(templates, state.stack, resource) if isinstance(resource, (str, dict)) else None
    if not isinstance(text, str) or "${" in text or (isinstance(resource, dict) and not text.startswith("arn:")):
        return None
    return text


def called(name: str) -> Action | str | None:
    """The action of an integration, or what there is not; None where no model has it."""
    parts = _PARTS.fullmatch(name.removeprefix("aws-sdk:"))
    if not parts:
        return f"Step Functions has no integration {name}"
    service, action, way = parts["service"], parts["action"], parts["way"] or ""
    sdk = name.startswith("aws-sdk:")
    ways = ("", _WAYS["token"]) if sdk else _optimized().get(service, {}).get(action)
    if ways is None:
        return f"Step Functions has no integration {service}:{action}"
    if way not in ways:
        return f"{service}:{action} has no {way}"
    return _modelled(service, action, sdk=sdk)


def publishes(templates: ParsedSet, state: State) -> bool:
    """Whether a state is a Task that publishes to a topic."""
    return state.kind == "Task" and integration(templates, state).removeprefix("aws-sdk:").startswith("sns:publish")


def _modelled(service: str, action: str, *, sdk: bool) -> Action | str | None:
    found = find_action(service if sdk else _IN_SDK.get(service, service), action)
    return found if sdk or isinstance(found, Action) else None


@cache
def _optimized() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for service, *actions in map(str.split, _OPTIMIZED.strip().splitlines()):
        for name, *ways in (each.split("+") for each in actions):
            found.setdefault(service, {})[name] = tuple(_WAYS[each] for each in ("", *ways))
    return found


def _problems(templates: ParsedSet, state: State) -> Iterator[str]:
    text, name = _resource(templates, state), integration(templates, state)
    if text is not None and not _ARN.fullmatch(text):
        yield f"{text!r} is not the ARN of an integration, a function or an activity"
    if not name:
        return
    found = called(name)
    if isinstance(found, str):
        yield found
    elif _is_express(templates, state) and "." in name:
        yield f"an express workflow does not wait, so it has no .{name.partition('.')[2]}"
    field = "Arguments" if state.language == "JSONata" else "Parameters"
    # Without the field, the state's input has the arguments.
    if isinstance(found, Action) and field in state.fields:
        yield from found.problems(state.fields[field])


def _is_express(templates: ParsedSet, state: State) -> bool:
    machine = templates.templates[state.stack]["Resources"][state.path.split("/")[1]]
    return bool(machine.get("Properties", {}).get("StateMachineType") == "EXPRESS")
