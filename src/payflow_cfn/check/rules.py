"""Our own rules: what cfn-lint cannot see, one function a rule. A rule with nothing to look at is a finding itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from payflow_cfn.check.finding import Finding
from payflow_cfn.policies import WILDCARDS

Set = Mapping[str, Mapping[str, Any]]
Fault = tuple[str, str, str]  # file, path, message
Rule = Callable[[Set], Iterator[Fault]]

# Namespace and metric to the dimensions that AWS gives it; ours carry none
# (https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html and the services' own pages).
METRICS: Mapping[tuple[str, str], frozenset[str]] = {
    **{("AWS/States", each): frozenset({"StateMachineArn"})
       for each in ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled")},
    **{("AWS/Lambda", each): frozenset({"FunctionName"}) for each in ("Errors", "Throttles")},
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): frozenset({"QueueName"}),
}  # fmt: skip


def run_rules(templates: Set) -> list[Finding]:
    """Every finding of every rule, in the order of the rules."""
    return [
        Finding(file=file, path=path, rule=name, severity="error", message=message)
        for name, rule in RULES.items()
        for file, path, message in rule(templates)
    ]


def resources(templates: Set, kind: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(file, logical id, properties) of every resource of a type."""
    for file, template in templates.items():
        for logical_id, resource in template.get("Resources", {}).items():
            if resource.get("Type") == kind:
                yield file, logical_id, resource.get("Properties", {})


def wiring(templates: Set) -> Iterator[Fault]:
    """Each child gets exactly its parameters, each output that is read exists, with local paths and with S3's (O28)."""
    children = list(resources(templates, "AWS::CloudFormation::Stack"))
    if not children:
        yield "root.json", "Resources", "no nested stack to look at"
    for file, logical_id, properties in children:
        child = templates.get(f"{logical_id.lower()}.json", {})
        given, wanted = set(properties.get("Parameters", {})), set(child.get("Parameters", {}))
        for name in sorted(given ^ wanted):
            yield file, logical_id, f"parameter {name} is {'missing' if name in wanted else 'not one of the child'}"
    for logical_id, output in re.findall(r'"Fn::GetAtt": \["(\w+)", "Outputs\.(\w+)"\]', json.dumps(templates)):
        if output not in templates.get(f"{logical_id.lower()}.json", {}).get("Outputs", {}):
            yield "root.json", logical_id, f"output {output} does not exist"


def state_graph(templates: Set) -> Iterator[Fault]:
    """Targets exist, states are reached, tasks are bounded and caught, States.ALL is alone and last (O30)."""
    machines = list(resources(templates, "AWS::StepFunctions::StateMachine"))
    if not machines:
        yield "workflow.json", "Resources", "no state machine to look at"
    for file, logical_id, properties in machines:
        definition = properties.get("Definition", {})
        if "DefinitionSubstitutions" in properties or not isinstance(definition, dict) or "States" not in definition:
            yield file, logical_id, "the definition is not a structured one"
            continue
        for message in _graph_faults(definition):
            yield file, logical_id, message


def _graph_faults(definition: Mapping[str, Any]) -> Iterator[str]:
    states = definition["States"]
    targets = {name: _targets(state) for name, state in states.items()}
    reached, todo = set(), [definition.get("StartAt", "")]
    while todo:
        name = todo.pop()
        if name in states and name not in reached:
            reached.add(name)
            todo += targets[name]
    for name, state in states.items():
        yield from (f"{name} goes to {each}, which does not exist" for each in targets[name] if each not in states)
        if name not in reached:
            yield f"{name} is never reached"
        if not targets[name] and state.get("Type") not in ("Succeed", "Fail") and not state.get("End"):
            yield f"{name} leads nowhere"
        if state.get("Type") == "Task":
            yield from _task_faults(name, state)


def _targets(state: Mapping[str, Any]) -> list[str]:
    parts = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return [part[key] for part in parts for key in ("Next", "Default") if key in part]


def _task_faults(name: str, state: Mapping[str, Any]) -> Iterator[str]:
    if "TimeoutSeconds" not in state:
        yield f"{name} has no TimeoutSeconds"
    caught = [each["ErrorEquals"] for each in state.get("Catch", [])]
    if not caught or caught[-1] != ["States.ALL"] or any("States.ALL" in each for each in caught[:-1]):
        yield f"{name} does not catch States.ALL alone and last"
    if ["States.DataLimitExceeded"] not in caught:
        yield f"{name} does not catch States.DataLimitExceeded by its name"


def log_prefix(templates: Set) -> Iterator[Fault]:
    """The workflow's log group has the prefix that keeps the account's one resource policy small (O03)."""
    groups = [each for each in resources(templates, "AWS::Logs::LogGroup") if each[0] == "workflow.json"]
    if not groups:
        yield "workflow.json", "Resources", "no log group to look at"
    for file, logical_id, properties in groups:
        if "/aws/vendedlogs/states/" not in json.dumps(properties.get("LogGroupName")):
            yield file, logical_id, "the name does not begin with /aws/vendedlogs/states/"


def alarm_delivery(templates: Set) -> Iterator[Fault]:
    """CloudWatch may publish to the topic and use the topic's key, or no alarm reaches anybody (O01)."""
    if not any(properties.get("AlarmActions") for _, _, properties in resources(templates, "AWS::CloudWatch::Alarm")):
        yield "monitoring.json", "Resources", "no alarm with an action to look at"
    topics = [each[2]["PolicyDocument"] for each in resources(templates, "AWS::SNS::TopicPolicy")]
    if not any(_admits(each, "cloudwatch.amazonaws.com", {"sns:Publish"}) for each in topics):
        yield "notifications.json", "NotificationsTopicPolicy", "does not let alarms publish"
    keys = {each[1]: each[2]["KeyPolicy"] for each in resources(templates, "AWS::KMS::Key")}
    needed = {"kms:Decrypt", "kms:GenerateDataKey*"}
    if not _admits(keys.get("SnsKey", {}), "cloudwatch.amazonaws.com", needed):
        yield "encryption.json", "SnsKey", "does not let alarms use the topic's key"


def _admits(policy: Mapping[str, Any], service: str, actions: set[str]) -> bool:
    return any(
        statement.get("Effect") == "Allow"
        and statement.get("Principal") == {"Service": service}
        and actions <= set(statement.get("Action", []))
        for statement in policy.get("Statement", [])
    )


def metrics(templates: Set) -> Iterator[Fault]:
    """Each alarm watches a metric that exists with those dimensions, and says what no data means (O36)."""
    ours = {
        (each["MetricNamespace"], json.dumps(each["MetricName"]))
        for _, _, properties in resources(templates, "AWS::Logs::MetricFilter")
        for each in properties["MetricTransformations"]
    }
    found = list(resources(templates, "AWS::CloudWatch::Alarm"))
    if not found:
        yield "monitoring.json", "Resources", "no alarm to look at"
    for file, logical_id, properties in found:
        namespace, metric = properties.get("Namespace", ""), properties.get("MetricName", "")
        names = frozenset(each["Name"] for each in properties.get("Dimensions", []))
        wanted = METRICS.get((namespace, metric)) if isinstance(metric, str) else None
        if (namespace, json.dumps(metric)) in ours:
            wanted = frozenset()
        if wanted is None or wanted != names:
            yield file, logical_id, f"{namespace} has no metric {metric} by {sorted(names)}"
        if properties.get("TreatMissingData") != "notBreaching" or not properties.get("AlarmDescription"):
            yield file, logical_id, "lacks TreatMissingData or a description"
        if properties.get("Statistic") not in ("Sum", "Average", "Maximum"):
            yield file, logical_id, f"{properties.get('Statistic')} is not a statistic"


def partition(templates: Set) -> Iterator[Fault]:
    """Nothing names a partition, or a host's suffix other than in the names of services (O32)."""
    for file, template in templates.items():
        for path, text in _texts(template, ""):
            if "arn:aws:" in text or ("amazonaws.com" in text and not re.fullmatch(r"[a-z.]+\.amazonaws\.com", text)):
                yield file, path, f"{text[:80]!r} holds only in one partition"


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list | dict):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(item, f"{path}/{key}")


def wildcards(templates: Set) -> Iterator[Fault]:
    """Every wildcard in a policy is one that policies.WILDCARDS gives a reason for; a key means itself by *."""
    seen = 0
    for file, template in templates.items():
        for path, statement in _statements(template, ""):
            seen += 1
            wide = [each for each in statement.get("Action", []) if each == "*" or each.endswith(":*")]
            everything = "*" in statement.get("Resource", []) and "/KeyPolicy/" not in path
            if (wide or everything) and statement.get("Sid") not in WILDCARDS:
                yield file, path, f"{statement.get('Sid')} has a wildcard without a reason"
    if not seen:
        yield "root.json", "", "no policy statement to look at"


def _statements(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, dict) and "Effect" in value:
        yield path, value
    elif isinstance(value, list | dict):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _statements(item, f"{path}/{key}")


RULES: Mapping[str, Rule] = {
    "PF001": wiring,
    "PF002": state_graph,
    "PF003": log_prefix,
    "PF004": alarm_delivery,
    "PF005": metrics,
    "PF006": partition,
    "PF007": wildcards,
}
