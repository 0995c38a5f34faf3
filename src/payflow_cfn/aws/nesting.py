"""The file of a set that each nested stack is made from, by its TemplateURL, whatever function writes the URL."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping
from itertools import takewhile
from typing import Any

from payflow_cfn.aws.conditions import both_sides
from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.template import ROOTS, StackSource
from payflow_cfn.aws.values import ABSENT, Path, Text, listed
from payflow_cfn.errors import PlanError

# A packaged template is named after its content: storage-<SHA-256>.json.
_HASHED = re.compile(r"-[0-9a-f]{64}(?=\.json$)")
# The AWS CLI names what it packages by a hash alone.
_NAMELESS = re.compile(r"[0-9a-f]+\.template")
_SECTIONS = frozenset({"Parameters", "Resources", "Outputs", "Conditions", "Mappings", "Rules", "Transform"})


def nested_files(file: str, template: Mapping[str, Any], files: Collection[str]) -> dict[str, str]:
    """{logical id: file} of the nested stacks whose TemplateURL, with the defaults of parameters, ends with a file."""
    found = {logical: _named(file, url, files) for logical, url in _urls(template).items()}
    return {logical: next(iter(names)) for logical, names in found.items() if len(names) == 1}


def named_files(file: str, template: Mapping[str, Any], files: Collection[str]) -> set[str]:
    """Every file that a TemplateURL may end with, whatever the values are."""
    urls = _urls(template, decided=False).values()
    return {name for each in urls for name in _named(file, each, files)}


def missing_files(file: str, template: Mapping[str, Any], files: Collection[str]) -> dict[str, str]:
    """{logical id: path} of the nested stacks whose TemplateURL is a path in the set's folder without a file."""
    found = {logical: url for logical, url in _urls(template).items() if isinstance(url, str) and _is_local(url)}
    paths = {logical: _beside(file, url) for logical, url in found.items() if not _named(file, url, files)}
    return {logical: path for logical, path in paths.items() if not path.startswith("../")}


def nameless(template: Mapping[str, Any]) -> list[str]:
    """The nested stacks whose TemplateURL ends with a hash: which file that was, only the logical id can tell."""
    return [key for key, url in _urls(template).items() if isinstance(url, str) and _NAMELESS.fullmatch(_base(url))]


def root_of(templates: Mapping[str, Mapping[str, Any]]) -> str:
    """The file of the root: of that name, or the one that no other names; of several, the only one that nests stacks.

    PlanError without one, or with several.
    """
    own = next((name for name in ROOTS if name in templates), "")
    if own:
        return own
    parts = {name: each for name, each in templates.items() if not _SECTIONS.isdisjoint(each)}
    named = {name for file, each in parts.items() for name in named_files(file, each, parts) if name != file}
    roots = sorted(parts.keys() - named)
    if len(roots) > 1:
        roots = [name for name in roots if _urls(parts[name])] or roots
    if len(roots) != 1:
        raise PlanError(
            f"no root template: {', '.join(roots) or 'none'} could be it",
            remedy=f"name the file of one of them, or the folder of one set, with {ROOTS[0]} in it",
        )
    return roots[0]


def left_out(templates: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The templates that no TemplateURL leads to from the root."""
    reached = {root_of(templates)}
    todo = list(reached)
    while todo:
        file = todo.pop()
        more = named_files(file, templates[file], templates) - reached
        reached |= more
        todo += more
    return sorted(name for name, each in templates.items() if name not in reached and not _SECTIONS.isdisjoint(each))


def _urls(template: Mapping[str, Any], *, decided: bool = True) -> dict[str, Any]:
    """The value of each TemplateURL; without `decided` both sides of each condition stay."""
    scope = Scope(StackSource(template), (), lambda _name: ABSENT, {}, None, _open if decided else None)
    nested = {key: each for key, each in scope.part("Resources").items() if each.get("Type") == STACK}
    return {key: scope.value(each.get("Properties", {}).get("TemplateURL")) for key, each in nested.items()}


def _open(_path: Path, _name: str) -> None:
    """No answer to a condition: the values decide."""


def _named(file: str, url: Any, files: Collection[str]) -> set[str]:
    return {name for each in listed(both_sides(url)) for name in _nearest(file, each, files)}


def _nearest(file: str, url: Any, files: Collection[str]) -> Iterable[str]:
    """The file that a URL ends with; of several with its last name, those that share most folders with it."""
    if isinstance(url, str) and _is_local(url):
        path = _beside(file, url)
        return {path, _HASHED.sub("", path)} & set(files)
    end = url.parts[-1] if isinstance(url, Text) else url
    steps = _HASHED.sub("", end.partition("?")[0]).split("/") if isinstance(end, str) else []
    shared = {each: _shared(steps, each.split("/")) for each in files}
    most = max(shared.values(), default=(0, False))
    found = [each for each, counted in shared.items() if counted == most]
    return found if most[0] else ()


def _shared(url: list[str], file: list[str]) -> tuple[int, bool]:
    """How many steps both share at their ends, and whether these are all of the file's."""
    pairs = zip(reversed(url), reversed(file), strict=False)
    count = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
    return count, count == len(file)


def _beside(file: str, url: str) -> str:
    """A local URL as a path from the set's folder."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), url))


def _is_local(url: str) -> bool:
    return "://" not in url and not url.startswith("/")


def _base(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]
