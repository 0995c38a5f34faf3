"""Parse mappings that people write into checked values; pydantic's errors become errors of one line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, cast

from payflow_cfn.errors import SettingsError, refuse
from payflow_cfn.text import one_line

T = TypeVar("T")
_SHOWN = 60
# The remedy for each of pydantic's error types.
_REMEDIES = {
    "string_type": "write it in quotes",
    "bool_type": "write true or false, without quotes",
    "int_type": "write a whole number, without quotes",
    "int_from_float": "write a whole number, without quotes",
    "float_type": "write a number, without quotes",
    "tuple_type": "write a list in square brackets",
    "dict_type": "write a table",
}


def parse_as(kind: type[T], mapping: Mapping[str, Any], *, where: str) -> T:
    """Build the frozen dataclass `kind` from a mapping; SettingsError names every wrong key, where and why.

    Types are not converted: a text is not a number or a boolean.
    """
    known = [each.name for each in fields(kind)]  # type: ignore[arg-type]
    unknown = [
        SettingsError(f"[{where}] has no key {key!r}", remedy=_nearest(key, known), key=key)
        for key in mapping
        if key not in known
    ]
    made, wrong = _validated(kind, {key: value for key, value in mapping.items() if key in known}, where)
    refuse([*unknown, *(_of_one_key(wrong) if unknown else wrong)])
    return cast(T, made)


def _validated(kind: type[T], given: Mapping[str, Any], where: str) -> tuple[T | None, list[SettingsError]]:
    from pydantic import TypeAdapter, ValidationError

    try:
        # As JSON: there, strict types still allow a list for a tuple and a table for a dataclass.
        return TypeAdapter(kind).validate_json(_json(given, where), strict=True), []
    except SettingsError as error:
        return None, list(error.every)
    except ValidationError as error:
        wrong = error.errors()
    bad = {str(each["loc"][0]) for each in wrong}
    _, more = _validated(kind, {key: value for key, value in given.items() if key not in bad}, where)
    return None, [*(_wrong(kind, each, where) for each in wrong), *_of_one_key(more)]


def _of_one_key(found: list[SettingsError]) -> list[SettingsError]:
    """The errors about one key: rules about several keys cannot be checked while some are missing."""
    return [each for each in found if "key" in each.data]


def _json(mapping: Mapping[str, Any], where: str) -> str:
    try:
        return json.dumps(dict(mapping))
    except RecursionError:
        raise SettingsError(f"[{where}] is nested too deeply", remedy="write it flat") from None
    except (TypeError, ValueError):  # a date, or a number too long to be written
        dated = [key for key, value in mapping.items() if not isinstance(value, (str, int, float, list, tuple, dict))]
        raise SettingsError(
            f"[{where}] holds a value that is not a text, number, list or table{f': {dated[0]}' if dated else ''}",
            remedy="write dates and times in quotes",
        ) from None


def _wrong(kind: type[Any], first: Any, where: str) -> SettingsError:
    place = ".".join([where, *map(str, first["loc"])])
    rules = {each.name: each.metadata.get("rule", "") for each in fields(kind)}
    rule = rules.get(str(first["loc"][0]), "") if len(first["loc"]) == 1 else ""
    remedy = f"it takes {rule}" if rule and first["type"] == "string_pattern_mismatch" else ""
    remedy = remedy or _REMEDIES.get(first["type"]) or str(first["msg"]).replace("Input should be", "it has to be")
    return SettingsError(f"{place} is {_shown(first['input'])}", remedy=remedy, place=place, key=first["loc"][0])


def _shown(value: object) -> str:
    return one_line(json.dumps(value, default=repr), longest=_SHOWN)


def _nearest(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known keys are {', '.join(known)}"
