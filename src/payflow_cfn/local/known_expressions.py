"""The few JSONata texts of the definition, known by their shape: thousands of payments are walked in this process.

A new one is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from payflow_cfn.errors import LocalError

Values = Mapping[str, Any]
_ERROR_OR_NONE = (
    "$exists($states.result.Payload.error) and $states.result.Payload.error != null "
    "? $states.result.Payload.error : 'None'"
)
_STATUS_OF_ROW = re.compile(
    r"\$status = '(\w+)' and \$states\.result\.Attributes\.status\.S in \[(.+)\] \? '(\w+)' : \$status"
)
_NOT_SAID = re.compile(r"\$status = '(\w+)' and \$outcome != '(\w+)' \? '(\w+)' : \$status")


def compute(text: str, variables: Values, states: Values) -> Any:
    """The value of an expression; LocalError for one of another shape. A text made of facts stays an object."""
    if text == _ERROR_OR_NONE:
        return states["result"]["Payload"]["error"] or "None"
    if text.startswith("$type($input) = 'object'") and text.endswith("? $input.transaction_id : null"):
        return variables["input"]["transaction_id"]
    if text.startswith("$string({'transaction_id': $facts.transaction_id"):
        pairs = re.findall(r"'(\w+)': (\$[\w.]+)", text)
        return {name: _path(path, variables, states) for name, path in pairs}
    if match := _STATUS_OF_ROW.fullmatch(text):
        row = states["result"]["Attributes"].get("status", {}).get("S")
        return match[3] if variables["status"] == match[1] and f"'{row}'" in match[2] else variables["status"]
    if match := _NOT_SAID.fullmatch(text):
        said = variables["status"] == match[1] and variables["outcome"] != match[2]
        return match[3] if said else variables["status"]
    if text == "$substring($states.errorOutput.Error, 0, 128)":
        return states["errorOutput"]["Error"][:128]
    return _simple(text, variables, states)


def _simple(text: str, variables: Values, states: Values) -> Any:
    if re.fullmatch(r"\$[\w.]+", text):
        return _path(text, variables, states)
    if match := re.fullmatch(r"(\$[\w.]+) != null", text):
        return _path(match[1], variables, states) is not None
    if match := re.fullmatch(r"\$replayed and (.+)", text):
        return bool(variables["replayed"]) and _simple(match[1], variables, states)
    if match := re.fullmatch(r"(\$\w+) (?:= ('\w+')|in \[('\w+'(?:, '\w+')*)\])", text):
        return _path(match[1], variables, states) in re.findall(r"\w+", match[2] or match[3])
    if match := re.fullmatch(r"(\$\w+) (<|>=|\+) (\d+)", text):
        return _number(match[2], _path(match[1], variables, states), int(match[3]))
    if match := re.fullmatch(r"\[([\d, ]+)\]\[\$asks\]", text):
        return int(match[1].split(",")[variables["asks"]])
    raise LocalError(
        f"the walk in this process does not know the expression {text!r}",
        remedy="teach payflow_cfn.local.known_expressions its shape",
    )


def _path(text: str, variables: Values, states: Values) -> Any:
    found: Any = {**variables, "states": states}
    for part in text[1:].split("."):
        found = found[part]
    return found


def _number(sign: str, left: int, right: int) -> int | bool:
    if sign == "+":
        return left + right
    return left < right if sign == "<" else left >= right
