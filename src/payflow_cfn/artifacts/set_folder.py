"""Find the folder of a template set, and read the texts of one that was made elsewhere."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from payflow_cfn.artifacts.manifest import MANIFEST
from payflow_cfn.aws.template import OTHER_SUFFIXES, ROOTS, is_template, parse_text
from payflow_cfn.disk import (
    LARGEST_TEMPLATE,
    as_text,
    file_errors,
    is_skipped,
    read_bytes,
    read_inside,
    read_templates,
)
from payflow_cfn.errors import FilesError
from payflow_cfn.jsontext import too_deep
from payflow_cfn.version import TEMPLATE_VERSION

ROOT = ROOTS[0]
_EXAMPLE = f"templates/{TEMPLATE_VERSION}"
_RENDERED = f"name the folder of one set, such as {_EXAMPLE}: the folder that render wrote, with root.json in it"
_SUFFIXES = (".json", *OTHER_SUFFIXES)
_RESOURCES = re.compile(rb'^(\xef\xbb\xbf)?["\']?Resources["\']?[ \t]*:', re.MULTILINE)
MOST_FILES = 20_000  # files below a folder that are looked through for nested templates


def find_set(folder: str | os.PathLike[str]) -> str:
    """The folder of the set: `folder`, or the single folder right below it that holds one, as render writes.

    FilesError, with what was looked for, where it is not a folder, or has no set or several.
    """
    top = os.fspath(folder)
    if os.path.lexists(top) and not os.path.isdir(top):
        raise FilesError(f"{top} is a file, not the folder of a template set", remedy=_RENDERED, path=top)
    if _holds_set(top):
        return top
    below = [each for each in _folders(top) if _holds_set(each)]
    if len(below) == 1:
        return below[0]
    if below:
        names = ", ".join(below)
        raise FilesError(f"{top} holds {len(below)} template sets: {names}", remedy="name one of them", path=top)
    looked = f"no {ROOT}, no other template in JSON or YAML, in it or in a folder right below it"
    raise FilesError(f"no template set in {top}: {looked}", remedy=_RENDERED, path=top)


def read_texts(given: str | os.PathLike[str]) -> tuple[str, dict[str, str]]:
    """The folder of a set, and its templates and manifest by file name; nothing is verified.

    `given` may be the file of a root. Without a manifest, files of a folder that declare no resources are skipped.
    Templates in folders below are read where a TemplateURL names them.
    """
    top = os.fspath(given)
    if os.path.isfile(top) and top.endswith(_SUFFIXES):
        folder, name = os.path.split(top)
        return folder or ".", _with_nested(folder or ".", [name])
    top = find_set(top)
    names = _templates(top)
    ours = read_templates(top) if MANIFEST in names else {}
    read = [name for name in names if name in ours or name == ROOT or _declares_resources(top, name)]
    return top, _with_nested(top, read, ours)


def _with_nested(top: str, names: list[str], known: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    from payflow_cfn.aws.nesting import named_files  # the templates of a deploy are read without

    below = [*names, *_below(top)]
    found: dict[str, str] = {}
    todo = list(names)
    while todo:
        name = todo.pop()
        found[name] = known[name] if name in known else _text(top, name)
        template = {} if name == MANIFEST else parse_text(found[name], where=name)
        is_readable = is_template(template) and not too_deep(template)  # anything else is refused later
        nested = named_files(name, template, below) if is_readable else set()
        todo += nested - found.keys() - set(todo)
    return dict(sorted(found.items()))


def _text(top: str, name: str) -> str:
    return as_text(name, read_inside(top, name, limit=LARGEST_TEMPLATE))


def _below(top: str) -> list[str]:
    """The paths of what may be templates in the folder and below it, as far as no link leads there."""
    found: list[str] = []
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(each for each in folders if not is_skipped(each) and each != "node_modules")
        inside = os.path.relpath(folder, top).replace(os.sep, "/")
        prefix = "" if inside == "." else f"{inside}/"
        found += [f"{prefix}{each}" for each in sorted(files) if each.endswith(_SUFFIXES) and not is_skipped(each)]
        if len(found) > MOST_FILES:
            raise FilesError(f"{top} holds more than {MOST_FILES} files", remedy="name the folder of one set", path=top)
    return found


def _holds_set(folder: str) -> bool:
    names = _templates(folder)
    return ROOT in names or any(_declares_resources(folder, name) for name in names)


def _templates(folder: str) -> list[str]:
    with file_errors(folder, doing="list"):
        return sorted(each for each in os.listdir(folder) if each.endswith(_SUFFIXES) and not is_skipped(each))


def _declares_resources(folder: str, name: str) -> bool:
    path = os.path.join(folder, name)
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    body = read_bytes(path, limit=LARGEST_TEMPLATE)
    return b'"Resources"' in body or (not name.endswith(".json") and _RESOURCES.search(body) is not None)


def _folders(top: str) -> Iterator[str]:
    with file_errors(top, doing="list"), os.scandir(top) as entries:
        yield from sorted(each.path for each in entries if not each.name.startswith(".") and each.is_dir())
