"""Differences between the emulator and AWS: a successful local run proves nothing about these."""

from __future__ import annotations

# The rows of the table in docs/emulator/gaps.md, which has what each of the two does and what stands in for the check.
DIFFERENCES = (
    "roles of the state machine",
    "KMS grants and key policies",
    "alarms and topic policies",
    "metrics of Step Functions",
    "metrics from logs",
    "log delivery of the state machine",
    "a JSONPath that finds nothing",
    "inputs and results above 256 KiB",
    "limits of names and texts",
    "state machine graph",
    "metric math in alarms",
    "resource types",
    "call record",
    "Lambda's environment",
    "answers above 6 MB",
    "IAM propagation, service quotas, throttling by AWS",
    "generated secrets",
    "names of errors of integrations",
    "permissions of a deployer",
    "drift",
    "resources that a nested stack retains",
    "stack policies",
    "events and change sets",
    "validation before a deploy",
    "modes of change sets",
    "the same execution again, while it runs",
    "inputs of executions",
    "a Fail state without Error",
    "history of a failed expression",
    "Assign of a Choice",
    "a secret that is scheduled for deletion",
)
