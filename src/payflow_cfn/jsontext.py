"""JSON for people and for diffs: sorted keys, two spaces a level."""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any


def json_text(value: Any, line: str = "\n") -> str:
    """The text that `json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)` gives, keys being strings.

    Up to Python 3.13 the standard library indents by generators, which was a tenth of a whole render.
    """
    if isinstance(value, str):
        return encode_basestring(value)
    inner = f"{line}  "
    if isinstance(value, dict) and value:
        items = [f"{encode_basestring(key)}: {json_text(value[key], inner)}" for key in sorted(value)]
        return f"{{{inner}{f',{inner}'.join(items)}{line}}}"
    if isinstance(value, list | tuple) and value:
        return f"[{inner}{f',{inner}'.join([json_text(each, inner) for each in value])}{line}]"
    return json.dumps(value)
