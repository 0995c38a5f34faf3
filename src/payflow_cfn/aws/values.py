"""Values of a template as far as they are known before a deploy: plain JSON, and symbols for the rest.

Two sets are compared by these values: the same symbol on both sides is the same value, whatever it will turn out to be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.errors import PlanError

Path = tuple[str, ...]
HIDDEN = "****"
_LONGEST = 1_000_000  # characters: CloudFormation takes templates of at most 1 MB, and values of far less


@dataclass(frozen=True, slots=True)
class Pseudo:
    """A pseudo parameter, such as AWS::Region, that nobody gave."""

    name: str


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter without a value; `secret` is the value of a NoEcho parameter, which is compared and never shown."""

    path: Path
    name: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a resource returns: `path` is the logical ids down to it, `name` an attribute or `Ref`."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function that only AWS can work out; `choices` are what it may come to, by key, where that is known."""

    function: str
    argument: Any
    choices: Any = None


@dataclass(frozen=True, slots=True)
class Either:
    """Fn::If on a condition that is not known."""

    condition: Any
    yes: Any
    no: Any


@dataclass(frozen=True, slots=True)
class Text:
    """A text with symbols in it."""

    parts: tuple[Any, ...]


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


# No value: what AWS::NoValue makes of a property, and what one side of a comparison has where the other has more.
ABSENT: Any = _Absent()

_SYMBOLS = (Pseudo, Given, Attribute, Call, Either, Text)


def listed(value: Any) -> list[Any]:
    """A value that may stand alone or in a list, as a list; lists in it (both branches of a condition) are joined."""
    if isinstance(value, list):
        return [item for each in value for item in listed(each)]
    return [] if value is None or value is ABSENT else [value]


def at(value: Any, path: Path) -> Any:
    """What lies at a path of keys; ABSENT where nothing does."""
    for step in path:
        value = value.get(step, ABSENT) if isinstance(value, Mapping) else ABSENT
    return value


def is_symbol(value: Any) -> bool:
    """Whether the value is one that only the deploy will know."""
    return isinstance(value, _SYMBOLS)


def scalar_text(value: Any) -> str:
    """A scalar as CloudFormation hands it over: every one is a text there."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def text_of(parts: Iterable[Any]) -> Any:
    """The parts joined: a plain text where all are known, a single symbol as itself, otherwise a Text."""
    merged: list[Any] = []
    length = 0
    for part in _flat(parts):
        length += len(part) if isinstance(part, str) else 1
        if length > _LONGEST:
            raise PlanError("a value grows without end", remedy="lint the set")
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    if not merged:
        return ""
    return merged[0] if len(merged) == 1 else Text(tuple(merged))


def _flat(parts: Iterable[Any]) -> Iterator[Any]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Text):
            yield from part.parts
        elif is_symbol(part):
            yield part
        else:
            yield json.dumps(part, default=shown) if isinstance(part, dict | list) else scalar_text(part)


def symbols_in(value: Any) -> Iterator[Any]:
    """Every symbol in a value, at any depth, the outer before the inner."""
    if is_symbol(value):
        yield value
    for each in _inside(value):
        yield from symbols_in(each)


def _inside(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case Text():
            return value.parts
        case Call():
            return (value.argument,)
        case Either():
            return (value.condition, value.yes, value.no)
    return ()


def is_known(value: Any) -> bool:
    """Whether nothing in the value is left to the deploy."""
    return next(symbols_in(value), None) is None


def shown(value: Any) -> str:
    """The value as one text: symbols as `${Stack/Resource.Attribute}`, maps and lists as JSON; secrets are hidden."""
    if isinstance(value, dict | list):
        return json.dumps(plain(value), ensure_ascii=False)
    return scalar_text(plain(value))


def plain(value: Any, reference: Callable[[Any], Any] | None = None) -> Any:
    """The value as plain JSON, with a text in place of each symbol.

    `reference` says what stands for a Pseudo, Given or Attribute; with it, Fn::If is a list of both branches.
    """
    match value:
        case str():
            return value
        case dict():
            return {key: plain(each, reference) for key, each in value.items()}
        case list():
            return [plain(each, reference) for each in value]
        case Pseudo() | Given() | Attribute():
            return reference(value) if reference else _reference_text(value)
        case Text() | Call() | Either():
            return _composed(value, reference)
    return "(no value)" if value is ABSENT else value


def _composed(value: Text | Call | Either, reference: Callable[[Any], Any] | None) -> Any:
    match value:
        case Text():
            return "".join(scalar_text(plain(each, reference)) for each in value.parts)
        case Call():
            return {value.function: plain(value.argument, reference)}
        case Either() if reference:
            return [plain(each, reference) for each in (value.yes, value.no) if each is not ABSENT]
    return {"Fn::If": [plain(each, reference) for each in (value.condition, value.yes, value.no)]}


def _reference_text(value: Pseudo | Given | Attribute) -> str:
    match value:
        case Pseudo():
            return f"${{{value.name}}}"
        case Given():
            return f"${{{'/'.join((*value.path, value.name))}}}" if value.secret is None else HIDDEN
        case Attribute():
            suffix = "" if value.name == "Ref" else f".{value.name}"
            return f"${{{'/'.join(value.path)}{suffix}}}"
