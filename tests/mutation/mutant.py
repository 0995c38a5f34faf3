"""A mutant: one small change of a parsed set, made without touching the set; and how such changes are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: its `kind` (a family, a comma, what is done), where it is, what it does, and how to get it."""

    kind: str
    where: str
    change: str
    make: Callable[[], ParsedSet]

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.change}"


def get(value: Any, path: Path) -> Any:
    """What is at the path."""
    for each in path:
        value = value[each]
    return value


def put(value: Any, path: Path, new: Any) -> Any:
    """A copy with `new` at the path; everything beside the path is shared, not copied."""
    if not path:
        return new
    first, *rest = path
    copied: Any = list(value) if isinstance(value, list) else dict(value)
    here = copied[first] if isinstance(value, list) or first in value else {}
    copied[first] = put(here, tuple(rest), new)
    return copied


def drop(value: Any, path: Path) -> Any:
    """A copy without what is at the path."""
    *parents, last = path
    parent = get(value, tuple(parents))
    kept: Any
    if isinstance(parent, list):
        kept = [each for index, each in enumerate(parent) if index != last]
    else:
        kept = {key: each for key, each in parent.items() if key != last}
    return put(value, tuple(parents), kept)


def changed(templates: ParsedSet, path: Path, new: Any) -> ParsedSet:
    """The set with `new` at a path that begins with the stack's name."""
    return ParsedSet(put(templates.templates, path, new), templates.texts)


def without(templates: ParsedSet, path: Path) -> ParsedSet:
    """The set without what is at the path."""
    return ParsedSet(drop(templates.templates, path), templates.texts)


def replaced(templates: ParsedSet, kind: str, path: Path, new: Any, *, where: str = "") -> Mutant:
    """The mutant that has `new` at the path; `where` is how the place is called, if not by its path."""
    return Mutant(kind, where or spelled(path), f"is {new}", lambda: changed(templates, path, new))


def removed(templates: ParsedSet, kind: str, path: Path, *, where: str = "") -> Mutant:
    """The mutant that has nothing at the path."""
    return Mutant(kind, where or spelled(path), "removed", lambda: without(templates, path))


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value inside that holds no other, and every CloudFormation function, with its path."""
    if isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from leaves(each, (*path, index))
    elif isinstance(value, dict) and value and not _is_function(value):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    else:
        yield path, value


def _is_function(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


class Memory:
    """Texts made from parts of a set, each part once: mutants share what they do not change."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, list[str]]] = {}

    def of(self, part: Any, make: Callable[[], Iterable[str]]) -> list[str]:
        """What `make` says of this very part; the part is kept, so that its identity stays its own."""
        if id(part) not in self._known:
            self._known[id(part)] = (part, list(make()))
        return self._known[id(part)][1]


def spelled(path: Path) -> str:
    """The path as text."""
    return "/".join(map(str, path))
