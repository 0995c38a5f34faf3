"""DynamoDB's low-level client over one table in memory: the conditions and updates that this project writes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

Item = dict[str, Any]
_TOKEN: Final = re.compile(r"\s*([(),]|<>|<=|>=|[=<>+-]|[#:]?\w+)")
_CLAUSE: Final = re.compile(r"\b(SET|REMOVE)\b")
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


class ConditionError(Exception):
    """A refused condition in the shape of botocore's ClientError: `response` has the code and the old item."""

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
        self.items[key] = put(self.items.get(key, {}), request)
        return {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Change attributes of an item, under a condition where there is one."""
        key = request["Key"]["transaction_id"]["S"]
        self.items[key] = updated(self.items.get(key, {}), request)
        return {"Attributes": dict(self.items[key])} if request.get("ReturnValues") == "ALL_NEW" else {}

    def get_item(self, **request: Any) -> dict[str, Any]:
        """Read an item; in memory every read is consistent."""
        item = self.items.get(request["Key"]["transaction_id"]["S"])
        return {"Item": dict(item)} if item else {}


def put(item: Item, request: Mapping[str, Any]) -> Item:
    """Return the item after a PutItem; ConditionError where its condition does not hold."""
    _check(item, request)
    return dict(request["Item"])


def updated(item: Item, request: Mapping[str, Any]) -> Item:
    """Return the item after an UpdateItem of SET and REMOVE; ConditionError where its condition does not hold."""
    _check(item, request)
    changed = {**item, **request["Key"]}
    parts = _CLAUSE.split(request["UpdateExpression"])
    for clause, text in zip(parts[1::2], parts[2::2], strict=True):
        reader = _Reader(text, item, request)
        while True:
            name = reader.name(reader.next())
            if clause == "REMOVE":
                changed.pop(name, None)
            else:
                reader.expect("=")
                changed[name] = reader.operand()
            if reader.done():
                break
            reader.expect(",")
    return changed


def holds(condition: str, item: Item, request: Mapping[str, Any]) -> bool:
    """Return whether a condition holds on the item; ValueError for a part of the language that is not known here."""
    reader = _Reader(condition, item, request)
    found = reader.either()
    if not reader.done():
        raise ValueError(f"the table in memory does not know the condition {condition!r}")
    return found


def _check(item: Item, request: Mapping[str, Any]) -> None:
    condition = request.get("ConditionExpression")
    if condition and not holds(condition, item, request):
        raise ConditionError(item)


@cache
def _words(text: str) -> tuple[str, ...]:
    words = tuple(_TOKEN.findall(text))
    if re.sub(r"\s", "", text) != "".join(words):
        raise ValueError(f"the table in memory does not know {text!r}")
    return words


class _Reader:
    """Reads an expression from left to right, each part's value at once."""

    def __init__(self, text: str, item: Item, request: Mapping[str, Any]) -> None:
        self._words = list(_words(text))
        self._item = item
        self._names = request.get("ExpressionAttributeNames", {})
        self._values = request.get("ExpressionAttributeValues", {})

    def done(self) -> bool:
        return not self._words

    def next(self) -> str:
        return str(self._words.pop(0))

    def expect(self, word: str) -> None:
        found = self.next()
        if found != word:
            raise ValueError(f"the table in memory expected {word!r}, not {found!r}")

    def name(self, word: str) -> str:
        return str(self._names[word]) if word.startswith("#") else word

    def either(self) -> bool:
        found = self._both()
        while self._words[:1] == ["OR"]:
            self.next()
            found = self._both() or found
        return found

    def _both(self) -> bool:
        found = self._term()
        while self._words[:1] == ["AND"]:
            self.next()
            found = self._term() and found
        return found

    def _term(self) -> bool:
        if self._words[0] == "NOT":
            self.next()
            return not self._term()
        if self._words[0] == "(":
            self.next()
            found = self.either()
            self.expect(")")
            return found
        if self._words[0] in ("attribute_exists", "attribute_not_exists"):
            there = self.next() == "attribute_exists"
            self.expect("(")
            name = self.name(self.next())
            self.expect(")")
            return (name in self._item) == there
        return self._compared(self.operand())

    def _compared(self, left: Any) -> bool:
        sign = self.next()
        if sign == "IN":
            choices = self._list()
            return left is not None and left in choices
        right = self.operand()
        if left is None or right is None:
            # What is absent differs from everything.
            return sign == "<>"
        return _COMPARE[sign](*(_comparable(each) for each in (left, right)))

    def _list(self) -> list[Any]:
        self.expect("(")
        found = [self.operand()]
        while (word := self.next()) == ",":
            found.append(self.operand())
        if word != ")":
            raise ValueError(f"the table in memory expected ')', not {word!r}")
        return found

    def operand(self) -> Any:
        """Return an attribute, a value or a function's result in DynamoDB's JSON; None for an absent attribute."""
        word = self.next()
        if word.startswith(":"):
            return self._values[word]
        if word == "size":
            (found,) = self._list()
            return {"N": str(len(next(iter(found.values()))))} if found else None
        if word == "list_append":
            first, second = self._list()
            return {"L": [*first["L"], *second["L"]]}
        if word == "if_not_exists":
            found, otherwise = self._list()
            return otherwise if found is None else found
        return self._item.get(self.name(word))


def _comparable(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    return Decimal(content) if kind == "N" else content
