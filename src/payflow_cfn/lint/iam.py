"""Decide whether a resource's policy allows an AWS service, with operators, Deny and unknown keys.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from payflow_cfn.aws.values import listed

# Keys that are never there when a service calls in its own name (the IAM User Guide's list of global keys).
_ABSENT = frozenset({"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:userid", "aws:username"})

NOT_ALLOWED = "no statement allows it"


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a service; `resource` is empty where the policy can only mean its own resource (a key's).

    `context` has the condition keys that the service sends, in lower case, with their value.
    """

    service: str
    action: str
    resource: str
    context: Mapping[str, str]

    def value(self, key: str) -> str | None:
        """The value of a condition key, None when it is not known."""
        always = {"aws:securetransport": "true", "aws:principalisawsservice": "true"}
        return {**always, "aws:principalservicename": self.service, **self.context}.get(key.lower())


def refusal(statements: Iterable[Mapping[str, Any]], request: Request) -> str:
    """Why these (expanded) statements refuse the request; empty when they admit it.

    What cannot be decided, such as a condition on a key that is not known, never admits and always denies.
    """
    asked = [each for each in statements if _asked(each, request)]
    for each in asked:
        if each.get("Effect") == "Deny" and holds(each, request) is not False:
            return f"the statement {each.get('Sid', 'without Sid')} denies it"
    if any(each.get("Effect") == "Allow" and holds(each, request) is True for each in asked):
        return ""
    return NOT_ALLOWED


def flat(value: Any) -> Iterator[str]:
    """The texts in a value, in lists of lists too (both branches of a condition are one)."""
    return (str(each) for each in listed(value) if not isinstance(each, dict))


def like(text: str, pattern: str) -> bool:
    """IAM's wildcards: `*` for any text, `?` for one character, and no others."""
    # Most are texts without wildcards, and there are a hundred thousand of them.
    return text == pattern or (_is_wild(pattern) and _compiled(pattern).fullmatch(text) is not None)


def _is_wild(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


@lru_cache(1000)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in pattern)
    return re.compile("".join(parts), re.DOTALL)


def _asked(statement: Mapping[str, Any], request: Request) -> bool:
    denies = statement.get("Effect") == "Deny"
    return (
        concerns(statement, "Action", request.action.lower(), lower=True)
        and (not request.resource or concerns(statement, "Resource", request.resource))
        and _is_meant(statement, request.service, anyone=denies)
    )


def concerns(statement: Mapping[str, Any], field: str, text: str, *, lower: bool = False) -> bool:
    """Whether the statement is about this action (in lower case) or resource."""

    def named(key: str) -> bool:
        return any(like(text, each.lower() if lower else each) for each in flat(statement.get(key)))

    return not named(f"Not{field}") if f"Not{field}" in statement else named(field)


def _is_meant(statement: Mapping[str, Any], service: str, *, anyone: bool) -> bool:
    """Whether the principal covers the service; everyone covers it for a denial, but does not allow it."""
    if "NotPrincipal" in statement:
        return anyone and service not in _services(statement["NotPrincipal"])
    principal = statement.get("Principal")
    everyone = principal == "*" or (isinstance(principal, dict) and "*" in flat(principal.get("AWS")))
    return service in _services(principal) or (anyone and everyone)


def _services(principal: Any) -> list[str]:
    return list(flat(principal.get("Service"))) if isinstance(principal, dict) else []


def holds(statement: Mapping[str, Any], request: Request) -> bool | None:
    """Whether all conditions hold; None when that depends on something that is not known."""
    answers = {
        _test_holds(operator, key, list(flat(values)), request)
        for operator, block in statement.get("Condition", {}).items()
        for key, values in block.items()
    }
    return False if False in answers else None if None in answers else True


def _test_holds(operator: str, key: str, values: list[str], request: Request) -> bool | None:
    quantifier, _, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    actual = request.value(key)
    if actual is None and key.lower() not in _ABSENT:
        return None
    if base == "Null":
        return (actual is None) == (values[:1] == ["true"])
    test = _TESTS.get(base.replace("Not", ""))
    if test is None:
        return None
    if actual is None:
        return "Not" in base or name.endswith("IfExists") or quantifier == "ForAllValues"
    return any(test(actual, each) for each in values) != ("Not" in base)


def _same_arn(actual: str, pattern: str) -> bool:
    """ArnEquals and ArnLike are one: wildcards within each of the six parts, none across a colon of the first five."""
    if not _is_wild(pattern):
        return actual == pattern
    ours, theirs = actual.split(":", 5), pattern.split(":", 5)
    return len(ours) == len(theirs) and all(like(*pair) for pair in zip(ours, theirs, strict=True))


_TESTS: Mapping[str, Callable[[str, str], bool]] = MappingProxyType(
    {
        "StringEquals": lambda actual, given: actual == given,
        "StringEqualsIgnoreCase": lambda actual, given: actual.lower() == given.lower(),
        "StringLike": like,
        "ArnEquals": _same_arn,
        "ArnLike": _same_arn,
        "Bool": lambda actual, given: actual.lower() == given.lower(),
    }
)
