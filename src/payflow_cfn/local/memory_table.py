"""DynamoDB's low-level client over one table in memory: the conditions and updates that the payments ledger writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]
_TERM = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>AND|OR)\b"
    r"|attribute_not_exists\((?P<absent>#\w+)\)"
    r"|(?P<name>#\w+)\s*(?:IN\s*\((?P<list>[^)]*)\)|(?P<sign>=|<>)\s*(?P<value>:\w+)))"
)


class ConditionError(Exception):
    """A refused condition as botocore's ClientError tells it: `response` has the code and the old item."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("ConditionalCheckFailedException")
        self.response: dict[str, Any] = {"Error": {"Code": "ConditionalCheckFailedException"}}
        if item:
            self.response["Item"] = dict(item)


class MemoryTable:
    """The table: `items` by transaction id, in DynamoDB's JSON."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Write a whole item under its condition."""
        key = request["Item"]["transaction_id"]["S"]
        self._check(key, request)
        self.items[key] = dict(request["Item"])
        return {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Set attributes of an item, under a condition where there is one."""
        key = request["Key"]["transaction_id"]["S"]
        self._check(key, request)
        names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
        pairs = (part.split(" = ") for part in request["UpdateExpression"].removeprefix("SET ").split(", "))
        changes = {names.get(name, name): values[value] for name, value in pairs}
        self.items[key] = {**self.items.get(key, {}), **changes, **request["Key"]}
        return {"Attributes": dict(self.items[key])} if request.get("ReturnValues") == "ALL_NEW" else {}

    def get_item(self, **request: Any) -> dict[str, Any]:
        """Read an item; in memory every read is consistent."""
        item = self.items.get(request["Key"]["transaction_id"]["S"])
        return {"Item": dict(item)} if item else {}

    def _check(self, key: str, request: Mapping[str, Any]) -> None:
        condition, item = request.get("ConditionExpression"), self.items.get(key, {})
        if condition and not holds(condition, item, request):
            raise ConditionError(item)


def holds(condition: str, item: Item, request: Mapping[str, Any]) -> bool:
    """Whether a condition of AND, OR, parentheses, =, <>, IN and attribute_not_exists holds; ValueError for others."""
    words, position = [], 0
    while position < len(condition):
        match = _TERM.match(condition, position)
        if match is None:
            raise ValueError(f"the table in memory does not know the condition {condition!r}")
        words.append(_word(match, item, request))
        position = match.end()
    # AND binds stronger than OR in both languages; the words are the seven that _word gives.
    return bool(eval(" ".join(words), {"__builtins__": {}}))  # noqa: S307


def _word(match: re.Match[str], item: Item, request: Mapping[str, Any]) -> str:
    if match["open"] or match["close"] or match["word"]:
        return match[0].strip().lower()
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    if match["absent"]:
        return str(names[match["absent"]] not in item)
    found = item.get(names[match["name"]])
    if match["list"] is not None:
        return str(found in [values[name.strip()] for name in match["list"].split(",")])
    return str((found == values[match["value"]]) == (match["sign"] == "="))
