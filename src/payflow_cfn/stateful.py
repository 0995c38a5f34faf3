"""The resource types that hold data, or that decide whether data can be read."""

from __future__ import annotations

# Replacing or removing one of these loses something that no template brings back (O18).
STATEFUL_TYPES = frozenset(
    {
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
    }
)
