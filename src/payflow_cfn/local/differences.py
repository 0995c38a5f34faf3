"""What the emulator does not cover: a green local run says nothing about these, and the local commands say so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between MiniStack (the pinned version) and AWS, and what stands in for the missing check."""

    what: str
    emulator: str
    aws: str
    instead: str


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "roles of the state machine",
        "a task runs as the account's root, whatever the role allows; the calls are not on record",
        "every task's call is checked against the role",
        "own lint rules derive the needed actions from the definition; `audit` compares them with the policy",
    ),
    Difference(
        "KMS grants and key policies",
        "any key works for anybody; a log group takes a key that does not admit CloudWatch Logs",
        "the caller, and the service for it, must be admitted",
        "own lint rules walk from each alarm, topic, queue and log group to its key's policy",
    ),
    Difference(
        "alarms and topic policies",
        "an alarm's notice arrives though the topic's policy does not admit CloudWatch",
        "nothing arrives",
        "an own lint rule: alarm -> topic policy -> key policy",
    ),
    Difference(
        "metrics of Step Functions",
        "none: AWS/States stays empty",
        "ExecutionsFailed, ExecutionsTimedOut and others",
        "the demo puts the metric itself to see the alarm's way to the topic",
    ),
    Difference(
        "metrics from logs",
        "embedded metrics and metric filters are stored as text, no point is made of them",
        "points in CloudWatch",
        "payflow_cfn.local.metrics makes the points from the real log lines and the deployed filters",
    ),
    Difference(
        "log delivery of the state machine",
        "no vended logs; the log group's resource policy and name prefix do not matter",
        "log lines, delivered by delivery.logs.amazonaws.com",
        "own lint rules on prefix, destination and permissions",
    ),
    Difference(
        "a JSONPath that finds nothing",
        "null, and the execution goes on",
        "States.Runtime, which nothing catches",
        "the definition is JSONata only, where both fail with States.QueryEvaluationError",
    ),
    Difference(
        "inputs and results above 256 KiB",
        "accepted (300 KB was)",
        "States.DataLimitExceeded",
        "the functions bound their results, and tests measure them",
    ),
    Difference(
        "limits of names and texts",
        "functions and roles of 65, state machines of 81 characters, subjects of 101 are accepted",
        "refused",
        "names and lint check every limit",
    ),
    Difference(
        "state machine graph",
        "a Next that leads nowhere is accepted",
        "refused",
        "own lint rules on the graph",
    ),
    Difference(
        "resource types",
        "no AWS::CloudWatch::CompositeAlarm, AWS::StepFunctions::StateMachineAlias and StateMachineVersion, "
        "AWS::Logs::QueryDefinition, AWS::IAM::RolePolicy, AWS::SecretsManager::ResourcePolicy, "
        "AWS::Lambda::CodeSigningConfig: a stack with one is refused, unless a false condition is on it",
        "created",
        "the root parameter ResourceCoverage=core leaves them out",
    ),
    Difference(
        "call record",
        "refused calls are missing, and so are those of CloudFormation and of the state machine's tasks",
        "everything is in CloudTrail",
        "the policy table has a line, with its source, for each call that a service makes on a role's behalf",
    ),
    Difference(
        "Lambda's environment",
        "the Python that runs the emulator, no memory limit, no read-only file system; a worker ends after an error",
        "python3.11 on Amazon Linux, 256 MB, one worker serves on after an error",
        "the artifact is checked for foreign binaries; only Lambda's own packages can be imported here",
    ),
    Difference("answers above 6 MB", "returned", "Lambda refuses them", "the functions bound their results"),
    Difference(
        "IAM propagation, service quotas, throttling by AWS",
        "none",
        "seconds of refusals after a role is made; account-wide limits",
        "deploy retries and diagnoses; see the docs",
    ),
    Difference(
        "generated secrets",
        "a stack's GenerateSecretString obeys ExcludeCharacters, and ExcludePunctuation not",
        "letters and digits only",
        "the fault run stores a key of its own, as whoever deploys does",
    ),
    Difference(
        "names of errors of integrations",
        "SNS.PublishFailed where a topic refuses a task",
        "SNS.AuthorizationErrorException",
        "the definition catches States.ALL last",
    ),
    Difference(
        "permissions of whoever deploys",
        "what handlers do is not asked of IAM; a change set named by its ARN is asked for on `*`, a key by its alias "
        "on the alias",
        "the deployer or the service role needs every handler's permissions; the stack's and the key's ARN are asked",
        "`policy` takes them from the resource schemas; its tests add what the emulator asks otherwise",
    ),
    Difference(
        "what a nested stack retains",
        "deleted with the stack; what the root itself retains stays",
        "it stays, and its name stays taken",
        "destroy lists it from the templates; the names are looked up before a first deploy",
    ),
    Difference(
        "stack policies",
        "stored, and an update that they deny is made",
        "the update of the resource is refused",
        "deploy itself stops before data would go, by the templates and the change set",
    ),
    Difference(
        "events and change sets",
        "DescribeStackEvents, change sets on REVIEW_IN_PROGRESS and empty nested change sets are close, not equal",
        "see the CloudFormation guide",
        "state tables are tested against stubs of AWS's answers",
    ),
)
