"""Write JSON for people and diffs (sorted keys, two spaces a level), and parse foreign JSON safely."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from json.encoder import encode_basestring
from typing import Any

from payflow_cfn.errors import FilesError
from payflow_cfn.text import shown

# For a file that is not what it should be: its set may be rendered, or the file may be a team's own.
REPAIR = "render the set again, or correct or remove a file that render did not write"


def json_text(value: Any, line: str = "\n") -> str:
    """The text of `json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)`, for string keys only.

    Up to Python 3.13 the standard library indents with generators, which took a tenth of a whole render.
    """
    if isinstance(value, str):
        return encode_basestring(value)
    if type(value) is int:  # most scalars are, and json.dumps would make an encoder for each call
        return str(value)
    inner = f"{line}  "
    if isinstance(value, dict) and value:
        items = [f"{encode_basestring(key)}: {json_text(value[key], inner)}" for key in sorted(value)]
        return f"{{{inner}{f',{inner}'.join(items)}{line}}}"
    if isinstance(value, list | tuple) and value:
        return f"[{inner}{f',{inner}'.join([json_text(each, inner) for each in value])}{line}]"
    return json.dumps(value)


def parse_json(text: str, *, where: str) -> Any:
    """Parse foreign JSON; FilesError for duplicate keys, too deep nesting and too long numbers."""
    try:
        return json.loads(text, object_pairs_hook=_no_doubles)
    except RecursionError:
        raise FilesError(f"{where} is nested too deeply", remedy=REPAIR, path=where) from None
    except json.JSONDecodeError as error:
        raise FilesError(f"{where}:{error.lineno} is not JSON: {error.msg}", remedy=REPAIR, path=where) from None
    except ValueError as error:
        raise FilesError(f"{where} is not JSON: {error}", remedy=REPAIR, path=where) from None


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise ValueError(f"the key {shown(twice)} stands there twice")
    return found


# Our deepest template, with the state machine, has under 20 levels; rules may recurse to this depth.
DEEPEST = 100


def too_deep(value: Any) -> bool:
    """Whether a parsed value has more than DEEPEST levels, computed without recursion."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
