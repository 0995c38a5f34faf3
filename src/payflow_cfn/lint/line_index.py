"""The line that each place of a template's text begins on."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from payflow_cfn.aws.template import is_json
from payflow_cfn.yamltext import yaml_lines

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_BODY = re.compile(r"(\w+)(?:/Fn::ForEach::[^/]+/2)+/([^/]*[$&]\{[^/]*)")
_VARIABLE = re.compile(r"\\[$&]\\\{.*?\\\}")  # of an escaped text
_Tokens = Iterator[re.Match[str]]


def line_numbers(text: str, name: str) -> dict[str, int]:
    """Line, from 1, by slash-separated path (`Resources/Table/Type`, `Outputs/A/Value/Fn::Join/0`) of a valid file."""
    return _json_lines(text) if is_json(text, name) else yaml_lines(text, where=name)


def _json_lines(text: str) -> dict[str, int]:
    ends = [each.start() for each in re.finditer("\n", text)]
    tokens = _TOKEN.finditer(text)
    first = next(tokens)
    places = _places(tokens, first, "", first.start())
    return {path.removeprefix("/"): bisect_right(ends, offset) + 1 for path, offset in places}


def nearest_line(lines: Mapping[str, int], path: str) -> int:
    """The line of this place, or of the nearest one around it that the text has; what a loop makes is in the loop."""
    path = _in_loop(lines, path)
    while path and path not in lines:
        path = path.rpartition("/")[0]
    return lines.get(path, 1)


def _in_loop(lines: Mapping[str, int], path: str) -> str:
    """The path in a loop's body where the text itself has no such entry, but a loop that makes entries of this name."""
    section, _, rest = path.partition("/")
    name, _, inside = rest.partition("/")
    if name and f"{section}/{name}" not in lines:
        for each in lines:
            body = _BODY.fullmatch(each)
            if body and body[1] == section and re.fullmatch(_VARIABLE.sub(".+", re.escape(body[2])), name):
                return f"{each}/{inside}"
    return path


def _places(tokens: _Tokens, value: re.Match[str], path: str, offset: int) -> Iterator[tuple[str, int]]:
    yield path, offset
    if value[0] == "{":
        for key in _until(tokens, "}"):
            next(tokens)  # the colon
            yield from _places(tokens, next(tokens), f"{path}/{json.loads(key[0])}", key.start())
    elif value[0] == "[":
        for index, item in enumerate(_until(tokens, "]")):
            yield from _places(tokens, item, f"{path}/{index}", item.start())


def _until(tokens: _Tokens, end: str) -> _Tokens:
    for token in tokens:
        if token[0] == end:
            return
        if token[0] != ",":
            yield token
