"""Resource types: those that several modules name, and those that hold data or decide whether it can be read."""

from __future__ import annotations

STACK = "AWS::CloudFormation::Stack"
FUNCTION = "AWS::Lambda::Function"
MACHINE = "AWS::StepFunctions::StateMachine"
TABLE = "AWS::DynamoDB::Table"

# The replacement or removal of one of these loses data that no template restores.
STATEFUL_TYPES = frozenset(
    {
        TABLE,
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
    }
)

# The values of DeletionPolicy and UpdateReplacePolicy that keep the data.
KEEPING = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})
