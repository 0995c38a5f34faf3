"""Checked values out of mappings that people write: pydantic's verdict as one clear line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from payflow_cfn.errors import SettingsError

T = TypeVar("T")


def parse_as(kind: type[T], mapping: Mapping[str, Any], *, where: str) -> T:
    """Build the frozen dataclass `kind` from a mapping; SettingsError names the first wrong key, where and why."""
    from pydantic import TypeAdapter, ValidationError

    known = [each.name for each in fields(kind)]  # type: ignore[arg-type]
    for key in mapping:
        if key not in known:
            raise SettingsError(f"[{where}] has no key {key!r}", remedy=_nearest(key, known), key=key)
    try:
        return TypeAdapter(kind).validate_python(dict(mapping))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join([where, *map(str, first["loc"])])
        raise SettingsError(f"{place}: {first['msg']}", remedy="correct it in payflow.toml", place=place) from None


def _nearest(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known keys are {', '.join(known)}"
