"""Compare a report with the page that the templates give: every byte is derived again."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from html import unescape

from payflow_cfn.config.names import parse_environment
from payflow_cfn.errors import FilesError, PayflowError
from payflow_cfn.report.page import MOST_PAYMENTS, RECORD
from payflow_cfn.report.subject import Request

_RECORD = re.compile(rf'<meta name="{RECORD}" content="([^"]*)">')
_SECTION = re.compile(r'<section id="([a-z-]+)"')
_LONGEST = 160
_REMEDY = "name a file that `payflow report` wrote"


def recorded_request(body: bytes, *, name: str) -> Request:
    """What the report has that it was made for; FilesError where it does not say it."""
    found = _RECORD.search(body.decode("utf-8", "replace"))
    try:
        given = json.loads(unescape(found[1])) if found else None
        if not isinstance(given, dict) or set(given) != set(Request._fields):
            raise FilesError(f"{name} is not a report", remedy=_REMEDY)
        request = Request(**given)
        if request.environment:
            parse_environment(request.environment)
        if type(request.payments_per_day) is not int or not 0 < request.payments_per_day <= MOST_PAYMENTS:
            raise FilesError(f"{name} is for {request.payments_per_day!r:.40} payments a day", remedy=_REMEDY)
        if not isinstance(request.against, str):
            raise FilesError(f"{name} has no name of another set", remedy=_REMEDY)
    except (ValueError, TypeError, AttributeError, RecursionError, PayflowError) as error:
        if isinstance(error, FilesError):
            raise
        raise FilesError(f"{name} is not a report: {error}", remedy=_REMEDY) from None
    return request


def differences(body: bytes, wanted: str) -> list[str]:
    """What the report has otherwise than the templates, with the part of the page; empty where each byte agrees."""
    if body == wanted.encode():
        return []
    one, other = body.decode("utf-8", "backslashreplace").split("\n"), wanted.split("\n")
    return list(_told(one, other)) or ["the bytes of the file are not those of a report"]


def _told(one: list[str], other: list[str]) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            continue
        said, true = one[start:end], other[first:last]
        where = _part(other, first)
        if len(said) == len(true):
            yield from (f"{where}: {_pair(*each)}" for each in zip(said, true, strict=True))
            continue
        added, left_out = _block(said), _block(true)
        parts = (f"adds {added}" if added else "", f"leaves out {left_out}" if left_out else "")
        yield f"{where}: the report {' and '.join(filter(None, parts))}"


def _block(lines: list[str]) -> str:
    """The text of lines in one line, cut, with how many there are; empty for none."""
    if not lines:
        return ""
    texts = [_shown(each) for each in lines]
    whole = " ".join(filter(None, texts)) or " ".join(lines)
    text = f"{whole[:_LONGEST]}..." if len(whole) > _LONGEST else whole
    return f"{text!r}{f' ({len(lines)} lines)' if len(lines) > 1 else ''}"


def _part(lines: list[str], at: int) -> str:
    found = [match[1] for line in lines[: at + 1] for match in _SECTION.finditer(line)]
    return found[-1] if found else "head"


def _pair(said: str, true: str) -> str:
    one, other = _text(said), _text(true)
    if one == other:  # only the markup differs
        one, other = said, true
    one, other = _around(one, other)
    return f"the report has {one!r}, the templates {other!r}"


def _text(line: str) -> str:
    """The text of a line without its markup, or the markup where there is no text."""
    return _shown(line) or line


def _shown(line: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", line)).split())


def _around(one: str, other: str) -> tuple[str, str]:
    """Both texts around their first difference, where they are long."""
    if max(len(one), len(other)) <= _LONGEST:
        return one, other
    pairs = enumerate(zip(one, other, strict=False))
    at = next((index for index, (left, right) in pairs if left != right), min(len(one), len(other)))
    start = max(at - _LONGEST // 3, 0)
    return one[start : start + _LONGEST], other[start : start + _LONGEST]
