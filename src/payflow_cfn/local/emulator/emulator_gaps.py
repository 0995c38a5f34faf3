"""Differences between the emulator and AWS: a successful local run proves nothing about these."""

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
        "a task runs as the account's root, whatever the role allows; its calls are not recorded",
        "AWS checks every task's call against the role",
        "lint rules of our own derive the needed actions from the definition; `audit` compares them with the policy",
    ),
    Difference(
        "KMS grants and key policies",
        "any key works for every caller; a log group accepts a key whose policy does not allow CloudWatch Logs",
        "the key's policy has to allow the caller, and the service that acts for it",
        "lint rules of our own follow each alarm, topic, queue and log group to its key's policy",
    ),
    Difference(
        "alarms and topic policies",
        "an alarm's notice arrives, although the topic's policy does not allow CloudWatch",
        "nothing arrives",
        "a lint rule of our own follows the alarm to the topic's policy and the key's policy",
    ),
    Difference(
        "metrics of Step Functions",
        "none: AWS/States stays empty",
        "ExecutionsFailed, ExecutionsTimedOut and others",
        "the demo puts the metric itself, and checks that the alarm's notice reaches the topic",
    ),
    Difference(
        "metrics from logs",
        "embedded metrics and metric filters are stored as text and make no points",
        "points in CloudWatch",
        "payflow_cfn.local.records.metrics makes the points from the real log lines and the deployed filters",
    ),
    Difference(
        "log delivery of the state machine",
        "no vended logs; the log group's resource policy and name prefix do not matter",
        "log lines, delivered by delivery.logs.amazonaws.com",
        "lint rules of our own check prefix, destination and permissions",
    ),
    Difference(
        "a JSONPath that finds nothing",
        "null, and the execution goes on",
        "States.Runtime, which nothing catches",
        "the definition uses only JSONata, which fails with States.QueryEvaluationError on both",
    ),
    Difference(
        "inputs and results above 256 KiB",
        "accepted (300 KB was)",
        "States.DataLimitExceeded",
        "the functions limit the size of their results, and tests measure it",
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
        "lint rules of our own check the graph",
    ),
    Difference(
        "metric math in alarms",
        "an alarm with queries is refused by CloudFormation; other alarms ignore the dimensions of their metric",
        "created; an alarm reads the metric of its own dimensions",
        "ResourceCoverage=core leaves those alarms out, and a test evaluates their expressions",
    ),
    Difference(
        "resource types",
        "no AWS::CloudWatch::CompositeAlarm and AlarmMuteRule, AWS::StepFunctions::StateMachineAlias and "
        "StateMachineVersion, AWS::Logs::QueryDefinition, AWS::IAM::RolePolicy, AWS::SecretsManager::ResourcePolicy, "
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
        "python3.11 on Amazon Linux, 256 MB; a worker continues after an error",
        "the artifact is checked for binaries of other systems; only Lambda's own packages can be imported",
    ),
    Difference(
        "answers above 6 MB", "returned", "Lambda refuses them", "the functions limit the size of their results"
    ),
    Difference(
        "IAM propagation, service quotas, throttling by AWS",
        "none",
        "refusals for some seconds after a role is made; account-wide limits",
        "deploy retries, and diagnoses the failure",
    ),
    Difference(
        "generated secrets",
        "a stack's GenerateSecretString obeys ExcludeCharacters but not ExcludePunctuation",
        "letters and digits only",
        "the fault run stores a key of its own",
    ),
    Difference(
        "names of errors of integrations",
        "SNS.PublishFailed when a topic refuses a task",
        "SNS.AuthorizationErrorException",
        "the definition catches States.ALL last",
    ),
    Difference(
        "permissions of a deployer",
        "IAM does not check the calls of resource handlers; it checks a change set that is named by its ARN and a "
        "dashboard on `*`, and a key that is named by its alias on the alias",
        "the deployer or the service role needs every handler's permissions; IAM checks the ARN of the stack, "
        "the dashboard and the key",
        "`policy` takes them from the resource schemas; its tests add the checks that differ",
    ),
    Difference(
        "drift",
        "not compared: alarms, keys and their aliases, versions and aliases of functions, metric filters, the policies "
        "of topics and queues",
        "their properties are compared, too",
        "`drift` counts what was not compared and looks whether it still exists; it cannot look up the policy of a "
        "topic or queue. Stubs have AWS's answer",
    ),
    Difference(
        "resources that a nested stack retains",
        "deleted with the stack; resources that the root itself retains stay",
        "they stay, and their names stay taken",
        "destroy lists them from the templates; a first deploy looks the names up",
    ),
    Difference(
        "stack policies",
        "stored without effect: an update that they deny succeeds",
        "the update of the resource is refused",
        "deploy itself stops before data is lost, by the templates and the change set",
    ),
    Difference(
        "events and change sets",
        "DescribeStackEvents, change sets on REVIEW_IN_PROGRESS and empty nested change sets differ in details",
        "see the CloudFormation guide",
        "state tables are tested against stubs of AWS's answers",
    ),
    Difference(
        "validation before a deploy",
        "DescribeEvents has the findings of a root stack's operation, none of change sets and nested stacks; there are "
        "no hooks and no ids of operations",
        "change sets and operations are validated at every level, and hooks are called",
        "diagnoses are tested against stubs of AWS's answers",
    ),
    Difference(
        "modes of change sets",
        "drift-aware change sets and express mode are ignored",
        "the resources are compared; an operation ends before they are ready",
        "a plan with --revert-drift notes that nothing was compared",
    ),
    Difference(
        "the same execution again, while it runs",
        "refused with ExecutionAlreadyExists, also with the same input",
        "the same name and input return the ARN of the running execution",
        "`run` handles both; stubs have AWS's answer",
    ),
    Difference(
        "inputs of executions",
        "text that is not JSON, and an empty input, are accepted",
        "refused with InvalidExecutionInput",
        "`run` refuses them itself",
    ),
    Difference(
        "a Fail state without Error",
        "the execution fails with States.Fail",
        "it fails without an error's name",
        "every Fail of the definition has an Error",
    ),
    Difference(
        "history of a failed expression",
        "no EvaluationFailed event",
        "an EvaluationFailed event before the failure of the state",
        "nothing reads these events",
    ),
    Difference(
        "Assign of a Choice",
        "ignored",
        "the variables are assigned",
        "no Choice of the definition assigns a variable",
    ),
    Difference(
        "a secret that is scheduled for deletion",
        "reading it gives another error code",
        "InvalidRequestException",
        "the functions take every refusal of the secret as a technical failure",
    ),
)
