"""Read YAML as CloudFormation does: short forms (`!Ref`), plain text for YAML's dates and octal numbers, one document.

The values are those of the same template in JSON. PyYAML parses the text; it constructs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

from payflow_cfn.errors import FilesError
from payflow_cfn.jsontext import DEEPEST
from payflow_cfn.text import shown

_LARGEST = 250_000  # values, each alias counted as what it stands for
_FUNCTIONS = frozenset(
    {
        *("And", "Base64", "Cidr", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "FindInMap", "GetAtt"),
        *("GetAZs", "If", "ImportValue", "Join", "Length", "Not", "Or", "RefAll", "Select", "Split", "Sub"),
        *("ToJsonString", "Transform", "ValueOf", "ValueOfAll"),
    }
)
_STANDARD = "tag:yaml.org,2002:"
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Not 010, 0x10, 1_000, 10:30 or +49...: YAML 1.1 makes other numbers of these, and the text would be lost.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,15})?")


def parse_yaml(text: str, *, where: str) -> Any:
    """The value of a text with one document; FilesError with the line of what CloudFormation would not take."""
    return _Reader(text, where).document()


def yaml_lines(text: str, *, where: str) -> dict[str, int]:
    """The line, from 1, of every place by its path: `Resources/Table/Properties/Fn::Sub`."""
    reader = _Reader(text, where)
    reader.document()
    return reader.lines


class _Reader:
    def __init__(self, text: str, where: str) -> None:
        self.lines: dict[str, int] = {}
        self._where = where
        self._events = self._parsed(text)
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0

    def document(self) -> Any:
        next(self._events)  # the start of the stream
        if type(next(self._events)).__name__ == "StreamEndEvent":
            self._refuse(1, "the file is empty", "put a template there")
        found = self._value(next(self._events), ())
        next(self._events)  # the end of the document
        after = next(self._events)
        if type(after).__name__ != "StreamEndEvent":
            self._refuse(_line(after), "a second document begins", "keep one template in a file")
        return found

    def _parsed(self, text: str) -> Iterator[Any]:
        import yaml

        try:
            yield from yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.MarkedYAMLError as error:
            at = error.problem_mark or error.context_mark
            line = at.line if at else 0
            remedy = "indent with spaces" if "\t" in text.split("\n")[line] else "correct this line"
            self._refuse(line + 1, f"not YAML: {error.problem or error.context}", remedy)
        except yaml.YAMLError as error:
            position = getattr(error, "position", 0)
            line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
            self._refuse(line, f"not YAML: {getattr(error, 'reason', error)}", "remove the character")

    def _refuse(self, line: int, what: str, remedy: str) -> NoReturn:
        raise FilesError(f"{self._where}:{line}: {what}", remedy=remedy, path=self._where, line=line)

    def _value(self, event: Any, path: tuple[str, ...], line: int = 0) -> Any:
        """The value that begins with this event; `line` is that of its key."""
        here = _line(event)
        self.lines["/".join(path)] = line or here
        self._grow(1, here)
        if len(path) > DEEPEST:
            self._refuse(here, f"nested deeper than {DEEPEST} levels", "render the template again")
        if type(event).__name__ == "AliasEvent":
            return self._aliased(event)
        before = self._count
        function = self._function(event)
        found = self._content(event, (*path, function) if function else path)
        if function == "Fn::GetAtt" and isinstance(found, str):
            found = found.split(".", 1)
        found = {function: found} if function else found
        if event.anchor:
            self._anchors[event.anchor] = found, self._count - before
        return found

    def _aliased(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            self._refuse(_line(event), f"no anchor &{event.anchor} before this alias", "write the value out")
        found, size = self._anchors[event.anchor]
        self._grow(size, _line(event))
        return found

    def _grow(self, size: int, line: int) -> None:
        self._count += size
        if self._count > _LARGEST:
            self._refuse(line, f"more than {_LARGEST} values, with what its aliases stand for", "split the template")

    def _content(self, event: Any, path: tuple[str, ...]) -> Any:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            plain = event.implicit[0] or ((event.tag or "").startswith(_STANDARD) and event.tag != f"{_STANDARD}str")
            return _scalar(event.value) if plain else event.value
        if kind == "SequenceStartEvent":
            items = enumerate(self._until("SequenceEndEvent"))
            return [self._value(each, (*path, str(index))) for index, each in items]
        return self._mapping(path)

    def _mapping(self, path: tuple[str, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: list[Any] = []
        for key in self._until("MappingEndEvent"):
            line = _line(key)
            if type(key).__name__ != "ScalarEvent" or self._function(key) or not key.value:
                self._refuse(line, "a key is not a text", "write the key as a plain text")
            if key.value in found:
                first = self.lines["/".join((*path, key.value))]
                self._refuse(line, f"the key {shown(key.value)} stands there twice, first in line {first}", "keep one")
            value = self._value(next(self._events), (*path, key.value), line)
            if key.value == "<<" and key.implicit[0]:
                merged += value if isinstance(value, list) else [value]
            else:
                found[key.value] = value
        for each in merged:
            if not isinstance(each, dict):
                self._refuse(self.lines["/".join((*path, "<<"))], "what is merged is not a mapping", "write it out")
            found = {**each, **found}
        return found

    def _until(self, end: str) -> Iterator[Any]:
        for event in self._events:
            if type(event).__name__ == end:
                return
            yield event

    def _function(self, event: Any) -> str:
        """The function of a short form; an empty text without one."""
        tag = getattr(event, "tag", None) or "!"
        if tag == "!" or tag.removeprefix(_STANDARD) in ("str", "int", "float", "bool", "null", "map", "seq"):
            return ""
        name = tag.removeprefix("!")
        if name in ("Ref", "Condition"):
            return str(name)
        if name not in _FUNCTIONS:
            self._refuse(_line(event), f"CloudFormation has no tag {shown(tag)}", "write a function that it has")
        return f"Fn::{name}"


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    found = _NUMBER.fullmatch(text)
    if not found:
        return text
    number = float(text) if found[2] else int(text)
    return number if str(number) == text else text
