"""Check the values of parameters against the template's declarations, before CloudFormation does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any


def wanted(declared: Mapping[str, Any], value: str) -> str:
    """The values that the parameter takes, if CloudFormation would refuse `value`; empty if it would not.

    Only texts and numbers are checked: for ids and lists of AWS's own types, CloudFormation looks into the account
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html).
    """
    checks = {"String": _text, "Number": _number}
    check = checks.get(str(declared.get("Type")))
    if check is None:
        return ""
    allowed = [str(each) for each in declared.get("AllowedValues", ())]
    if allowed and value not in allowed:
        return f"one of {', '.join(allowed)}"
    return next(check(declared, value), "")


def _number(declared: Mapping[str, Any], value: str) -> Iterator[str]:
    least, most = (_as_number(declared.get(key)) for key in ("MinValue", "MaxValue"))
    number = _as_number(value)
    if number is None:
        yield "a number"
    elif least is not None and number < least:
        yield f"a number from {declared['MinValue']} on"
    elif most is not None and number > most:
        yield f"a number up to {declared['MaxValue']}"


def _text(declared: Mapping[str, Any], value: str) -> Iterator[str]:
    least, most = int(declared.get("MinLength", 0)), int(declared.get("MaxLength", len(value)))
    if len(value) < least:
        yield f"at least {least} characters"
    if len(value) > most:
        yield f"at most {most} characters"
    pattern = str(declared.get("AllowedPattern", ""))
    if pattern and not _fits(pattern, value):
        yield str(declared.get("ConstraintDescription", f"what matches {pattern}"))


def _fits(pattern: str, value: str) -> bool:
    """Whether the whole value matches; True for a pattern that only Java, and so CloudFormation, can read."""
    try:
        return re.fullmatch(pattern, value, re.ASCII) is not None
    except re.error:
        return True


def _as_number(value: Any) -> float | None:
    if not re.fullmatch(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?", str(value)):
        return None
    return float(value)
