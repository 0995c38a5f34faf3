"""Evaluate CloudFormation's functions on known values; an unknown result stays a Call."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from payflow_cfn.aws.values import Call, is_known, is_symbol, text_of

VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


def substitute(template: str, lookup: Callable[[str], Any]) -> Any:
    """Fn::Sub: `${Name}` through `lookup`, `${!Name}` literally `${Name}`."""
    parts: list[Any] = []
    at = 0
    for match in VARIABLE.finditer(template):
        parts += [template[at : match.start()].replace("${!", "${"), lookup(match[1].strip())]
        at = match.end()
    return text_of([*parts, template[at:].replace("${!", "${")])


def _join(argument: Any) -> Any:
    glue, items = argument
    if is_symbol(items) or is_symbol(glue):
        return Call("Fn::Join", argument)
    parts: list[Any] = []
    for each in items:
        parts += [glue, each] if parts else [each]
    return text_of(parts)


def _select(argument: Any) -> Any:
    index, items = argument
    if isinstance(items, list) and isinstance(index, int | str) and str(index).isdecimal() and int(index) < len(items):
        return items[int(index)]
    return Call("Fn::Select", argument)


def _split(argument: Any) -> Any:
    glue, text = argument
    return text.split(glue) if isinstance(text, str) and isinstance(glue, str) else Call("Fn::Split", argument)


def _base64(argument: Any) -> Any:
    known = isinstance(argument, str)
    return base64.b64encode(argument.encode()).decode() if known else Call("Fn::Base64", argument)


def _length(argument: Any) -> Any:
    return len(argument) if isinstance(argument, list) else Call("Fn::Length", argument)


def _json_text(argument: Any) -> Any:
    known = is_known(argument)
    return json.dumps(argument, separators=(",", ":")) if known else Call("Fn::ToJsonString", argument)


KNOWN: Mapping[str, Callable[[Any], Any]] = {
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Base64": _base64,
    "Fn::Length": _length,
    "Fn::ToJsonString": _json_text,
}


def call(function: str, argument: Any) -> Any:
    """The function's value, or a Call where only CloudFormation can say it (or the template is wrong)."""
    try:
        return KNOWN[function](argument) if function in KNOWN else Call(function, argument)
    except (TypeError, ValueError):
        return Call(function, argument)


def find_in_map(mappings: Mapping[str, Any], argument: Any) -> Any:
    """Fn::FindInMap of worked-out keys; where the map lacks them, the DefaultValue that stands fourth."""
    if not isinstance(argument, list) or len(argument) < 3:
        return Call("Fn::FindInMap", argument)
    keys = argument[:3]
    if all(isinstance(each, str) for each in keys):
        try:
            name, first, second = keys
            return mappings[name][first][second]
        except (KeyError, TypeError):
            if isinstance(argument[-1], dict) and "DefaultValue" in argument[-1]:
                return argument[-1]["DefaultValue"]
    return Call("Fn::FindInMap", argument)
