"""Tags by the strictest rule that any of the services has, so that no resource of a stack refuses one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from payflow_cfn.errors import SettingsError

ENVIRONMENT_TAG = "Environment"
FIXED_TAGS: Mapping[str, str] = MappingProxyType(
    {"Owner": "PaymentTeam", "CostCenter": "Engineering", "DataClassification": "Sensitive"}
)
MOST_TAGS = 50
TAGS_SCHEMA: dict[str, Any] = {
    "patternProperties": {"^.{1,128}$": {"type": "string", "maxLength": 256}},
    "additionalProperties": False,
}
_PUNCTUATION = set(" _.:/=+-@")


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise a SettingsError that names the tag and the rule it breaks.

    The common rule of IAM, Lambda, SNS, SQS, KMS, DynamoDB, Logs and Step Functions
    (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html).
    """
    room = MOST_TAGS - 1 - len(set(FIXED_TAGS) - set(tags))
    if len(tags) > room:
        raise SettingsError(f"there are {len(tags)} tags, at most {room} fit", remedy="remove some")
    seen: dict[str, str] = {}
    for key, value in tags.items():
        problem = tag_problem(key, value) or _clash(key, seen)
        if problem:
            raise SettingsError(f"tag {key[:128]!r}: {problem}", remedy="correct it", tag=key)
        seen[key.lower()] = key


def tag_problem(key: str, value: str) -> str:
    """What the strictest service would say of this tag; empty when all take it."""
    if not 1 <= len(key) <= 128:
        return "the key needs 1 to 128 characters"
    if len(value) > 256:
        return "the value has more than 256 characters"
    if key in FIXED_TAGS and not value.strip():
        return "every resource carries it, so it needs a value"
    if key.lower().startswith("aws:"):
        return "keys that begin with aws: are reserved"
    for what, text in (("key", key), ("value", value)):
        wrong = next((each for each in text if not (each.isalnum() or each in _PUNCTUATION)), None)
        if wrong is not None:
            return f"the {what} may hold letters, digits, spaces and _.:/=+-@, not {wrong!r}"
    return ""


def _clash(key: str, seen: Mapping[str, str]) -> str:
    other = seen.get(key.lower())
    if other:
        return f"differs from {other!r} only in case, which IAM refuses"
    if key.lower() == ENVIRONMENT_TAG.lower():
        return "is set by the template"
    fixed = next((each for each in FIXED_TAGS if each.lower() == key.lower()), None)
    return f"is spelt {fixed}" if fixed and fixed != key else ""
