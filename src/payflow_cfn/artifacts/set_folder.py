"""Find the folder of a template set: the given one, or the only set right below it."""

from __future__ import annotations

import os

from payflow_cfn.disk import LARGEST_TEMPLATE, file_errors, read_bytes
from payflow_cfn.errors import FilesError

ROOT = "root.json"
_RENDERED = "name the folder of one set, such as templates/1.0.0: the folder that render wrote, with root.json in it"


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
    raise FilesError(f"no template set in {top}: {_looked_for(top)}", remedy=_RENDERED, path=top)


def _holds_set(folder: str) -> bool:
    """Whether a template lies right in the folder: root.json, or JSON that declares resources."""
    with file_errors(folder, doing="list"):
        names = os.listdir(folder)
    return ROOT in names or any(_declares_resources(folder, name) for name in names if name.endswith(".json"))


def _declares_resources(folder: str, name: str) -> bool:
    path = os.path.join(folder, name)
    if name.startswith(".") or os.path.islink(path) or not os.path.isfile(path):
        return False
    return b'"Resources"' in read_bytes(path, limit=LARGEST_TEMPLATE)


def _folders(top: str) -> list[str]:
    with file_errors(top, doing="list"), os.scandir(top) as entries:
        return sorted(each.path for each in entries if not each.name.startswith(".") and each.is_dir())


def _looked_for(top: str) -> str:
    looked = f"no {ROOT}, no other JSON template, in it or in a folder right below it"
    yaml = sorted(name for name in os.listdir(top) if name.endswith((".yaml", ".yml", ".template")))
    return f"{looked} ({yaml[0]} is not read: a set is JSON)" if yaml else looked
