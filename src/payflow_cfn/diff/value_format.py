"""Format the value before and the value after for one line."""

from __future__ import annotations

import json
import re
from typing import Any

_WIDTH = 72
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def sides(before: Any, after: Any, *, is_typed: bool = False) -> tuple[str, str]:
    """Both values, long ones cut to where they begin to differ; numbers bare, also those that are written as text."""
    if not is_typed and _is_number(before) and _is_number(after) and str(before) != str(after):
        return str(before), str(after)
    one, other = side(before), side(after)
    if max(len(one), len(other)) <= _WIDTH:
        return one, other
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return _cut(one, start), _cut(other, start)


def columns(deployed: Any, actual: Any, wanted: Any) -> str:
    """The three values of a property that was changed outside CloudFormation."""
    values = {"deployed": deployed, "actual": actual, "wanted": wanted}
    return ", ".join(
        f"{name} {str(each) if _is_number(each) else _cut(side(each), 0)}" for name, each in values.items()
    )


def _cut(value: str, start: int) -> str:
    first = max(0, start - _WIDTH // 4) if len(value) > _WIDTH else 0
    shown = value[first : first + _WIDTH]
    return ("\u2026" if first else "") + shown + ("\u2026" if first + _WIDTH < len(value) else "")


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and _NUMBER.fullmatch(str(value)) is not None


def side(value: Any) -> str:
    """One value as JSON."""
    return "(none)" if value is None else json.dumps(value, ensure_ascii=False)
