"""The differences of two values: the shortest list of paths, each with the value before and after.

A step of a path is a key, or for an item of a list `[0]`, or `[Key=Environment]` where each has a name.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.values import ABSENT, Call, Path, Text, is_symbol, plain, scalar_text, shown, symbols_in

# What names an item of a list; the first that every item has, with another value each, is taken.
_NAMES = ("Key", "Sid", "PolicyName", "AttributeName", "IndexName", "Name", "Id")
# Lists whose order means nothing to AWS.
_UNORDERED = frozenset({"Key", "Sid", "PolicyName"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two values differ; ABSENT on the side that has nothing there."""

    path: Path
    before: Any
    after: Any


def differences(before: Any, after: Any, *, path: Path = (), typed: bool = False) -> Iterator[Difference]:
    """The places where `after` differs from `before`; `typed` tells the number 5 from the text "5" as well."""
    if same(before, after, typed=typed):
        return
    lookups = list(_other_lookups(before, after))
    if lookups:
        for one, other in lookups:
            yield from _of_entries(one.choices, other.choices, path, ())
        return
    one, other = _opened(before), _opened(after)
    if isinstance(one, dict) and isinstance(other, dict):
        yield from _of_maps(one, other, path, typed)
    elif isinstance(one, list) and isinstance(other, list):
        yield from _of_lists(one, other, path, typed)
    else:
        yield Difference(path, before, after)


def same(one: Any, other: Any, *, typed: bool = False) -> bool:
    """Whether two values are the same to CloudFormation, which hands every scalar over as a text unless `typed`."""
    if one is ABSENT or other is ABSENT:
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key], typed=typed) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b, typed=typed) for a, b in zip(one, other, strict=True))
    if is_symbol(one) or is_symbol(other) or isinstance(one, dict | list) or isinstance(other, dict | list):
        return type(one) is type(other) and bool(one == other)
    if typed:
        return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
    return scalar_text(one) == scalar_text(other)


def _opened(value: Any) -> Any:
    """A text that holds JSON (a dashboard's body, a policy) as what it holds, so that the place in it is found."""
    if not isinstance(value, str | Text):
        return value
    text = shown(value)
    if text[:1] not in ("{", "["):
        return value
    try:
        return json.loads(text)
    except ValueError:
        return value


def _other_lookups(before: Any, after: Any) -> Iterator[tuple[Call, Call]]:
    """The lookups in a mapping that are all that differs: their keys are open, and their mapping changed."""
    if isinstance(before, dict | list) or isinstance(after, dict | list) or plain(before) != plain(after):
        return
    for one, other in zip(symbols_in(before), symbols_in(after), strict=False):
        if isinstance(one, Call) and isinstance(other, Call) and one.choices != other.choices:
            yield one, other


def _of_entries(one: Any, other: Any, path: Path, keys: Path) -> Iterator[Difference]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys((*one, *other)):
            yield from _of_entries(one.get(key, ABSENT), other.get(key, ABSENT), path, (*keys, key))
    elif not same(one, other):
        yield Difference((*path, f"[{'.'.join(keys)}]"), one, other)


def _of_maps(one: dict[str, Any], other: dict[str, Any], path: Path, typed: bool) -> Iterator[Difference]:
    for key in dict.fromkeys((*one, *other)):
        yield from differences(one.get(key, ABSENT), other.get(key, ABSENT), path=(*path, key), typed=typed)


def _of_lists(one: list[Any], other: list[Any], path: Path, typed: bool) -> Iterator[Difference]:
    name = _name_of_items(one, other)
    if name:
        yield from _of_named(name, one, other, path, typed)
    elif not any(isinstance(each, dict | list) for each in (*one, *other)):
        yield Difference(path, one, other)
    elif len(one) == len(other):
        for index, (before, after) in enumerate(zip(one, other, strict=True)):
            yield from differences(before, after, path=(*path, f"[{index}]"), typed=typed)
    else:
        yield from _aligned(one, other, path, typed)


def item_steps(items: list[Any]) -> list[str]:
    """The step of a path for each item of a list: by its name where all have one, otherwise by its place."""
    name = _name_of_items(items, items)
    return [f"[{name}={shown(each[name])}]" if name else f"[{index}]" for index, each in enumerate(items)]


def _name_of_items(one: list[Any], other: list[Any]) -> str:
    return next((name for name in _NAMES if _names_all(one, name) and _names_all(other, name)), "")


def _names_all(items: list[Any], name: str) -> bool:
    found = [shown(each[name]) for each in items if isinstance(each, dict) and name in each]
    return bool(items) and len(found) == len(items) == len(set(found))


def _of_named(name: str, one: list[Any], other: list[Any], path: Path, typed: bool) -> Iterator[Difference]:
    before = {shown(each[name]): each for each in one}
    after = {shown(each[name]): each for each in other}
    kept = [key for key in before if key in after]
    if name not in _UNORDERED and kept != [key for key in after if key in before]:
        yield Difference(path, one, other)
        return
    for key in dict.fromkeys((*before, *after)):
        step = f"[{name}={key}]"
        yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), path=(*path, step), typed=typed)


def _aligned(one: list[Any], other: list[Any], path: Path, typed: bool) -> Iterator[Difference]:
    """Items put in or taken out: what stays is found first, so that one insertion is one difference."""
    for (first, last), (start, end) in _changed_runs(one, other):
        paired = min(last - first, end - start)
        for index in range(paired):
            step = f"[{first + index}]"
            yield from differences(one[first + index], other[start + index], path=(*path, step), typed=typed)
        for index in range(first + paired, last):
            yield Difference((*path, f"[{index}]"), one[index], ABSENT)
        for index in range(start + paired, end):
            yield Difference((*path, f"[{index}]"), ABSENT, other[index])


def _changed_runs(one: list[Any], other: list[Any]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The stretches of both lists that do not match each other.

    The matcher's answer depends on which list is first; one order for both directions makes a comparison the other way
    round its mirror image.
    """
    before, after = ([json.dumps(plain(each), sort_keys=True) for each in items] for items in (one, other))
    mirrored = after < before
    sides = (after, before) if mirrored else (before, after)
    for kind, first, last, start, end in difflib.SequenceMatcher(None, *sides, autojunk=False).get_opcodes():
        if kind != "equal":
            yield ((start, end), (first, last)) if mirrored else ((first, last), (start, end))
