"""The manifest of a template set: the hash of every file, and the contents of the artifacts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from payflow_cfn.artifacts.dependencies import Pin, pin_of
from payflow_cfn.artifacts.digest import LIMIT_UNZIPPED
from payflow_cfn.errors import FilesError
from payflow_cfn.jsontext import json_text, parse_json
from payflow_cfn.text import shown

MANIFEST = "manifest.json"
FORMAT = 1

# One path in a set: plain names joined by single slashes. Nothing else can be written or read through a manifest.
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
_PATH = re.compile(rf"{_PART}(?:/{_PART}){{0,3}}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")

# CloudFormation takes a template of at most 1 MB; a manifest lists none that is larger.
LIMIT_TEMPLATE = 1_000_000
LIMIT_TEMPLATES = 100


class Recorded(NamedTuple):
    """The SHA-256 (hex) and the size in bytes that one file must have."""

    sha256: str
    size: int


class Inputs(NamedTuple):
    """The contents of one artifact: its identity, the count and bytes of our sources, and the pinned distributions."""

    name: str
    identity: str
    files: int
    size: int
    pins: tuple[Pin, ...]


class Applied(NamedTuple):
    """An extension that was applied: its name "module:function", and the SHA-256 of its module."""

    name: str
    digest: str


class Manifest(NamedTuple):
    """A checked manifest: the set's version, the hash of each template and bill of materials, and the artifacts."""

    version: str
    templates: Mapping[str, Recorded]
    bills: Mapping[str, Recorded]
    artifacts: Mapping[str, Inputs]
    extensions: tuple[Applied, ...] = ()


EMPTY = Manifest("", {}, {}, {})


def recorded(body: bytes) -> Recorded:
    """The manifest's entry for a file with these bytes."""
    return Recorded(hashlib.sha256(body).hexdigest(), len(body))


def manifest_text(
    rendered: Mapping[str, str],
    *,
    version: str,
    artifacts: Iterable[Inputs],
    bills: Mapping[str, str],
    extensions: Iterable[Applied] = (),
) -> str:
    """The text of manifest.json for the templates {file name: text}, the bills {path: text} and the artifacts' inputs.

    Of an artifact it records the inputs and not the zip: the zip also depends on the builder's Python.
    """
    document = {
        "format": FORMAT,
        "version": version,
        "templates": {name: _described(text) for name, text in rendered.items()},
        "bills": {path: _described(text) for path, text in bills.items()},
        "artifacts": {each.name: _inputs(each) for each in artifacts},
    }
    if applied := [{"name": each.name, "sha256": each.digest} for each in extensions]:
        document["extensions"] = applied
    return json_text(document) + "\n"


def _described(text: str) -> dict[str, Any]:
    found = recorded(text.encode())
    return {"sha256": found.sha256, "size": found.size}


def _inputs(each: Inputs) -> dict[str, Any]:
    vendored = {pin.name: {"version": pin.version, "record": pin.record} for pin in each.pins}
    return {"identity": each.identity, "files": each.files, "size": each.size, "vendored": vendored}


def parse_manifest(text: str) -> Manifest:
    """Parse and check the text of a manifest, which may be foreign; any fault is one FilesError."""
    document = _object(parse_json(text, where=MANIFEST), "the manifest")
    if document.get("format") != FORMAT:
        raise _refused(f"its format is {shown(document.get('format'))}, this release reads {FORMAT}")
    artifacts = _object(document.get("artifacts"), "artifacts")
    return Manifest(
        version=_text(document.get("version"), "version"),
        templates=_files(document.get("templates"), "templates"),
        bills=_files(document.get("bills", {}), "bills"),
        artifacts={check_path(name): _inputs_of(name, _object(value, name)) for name, value in artifacts.items()},
        extensions=tuple(_applied(each) for each in _list(document.get("extensions", []), "extensions")),
    )


def _files(value: Any, what: str) -> dict[str, Recorded]:
    files = _object(value, what)
    if len(files) > LIMIT_TEMPLATES:
        raise _refused(f"it lists {len(files)} {what}, at most {LIMIT_TEMPLATES} are read")
    return {check_path(name): _recorded(name, each) for name, each in files.items()}


def check_path(path: str) -> str:
    """Return `path` if it stays inside its folder and needs no quoting anywhere, else raise FilesError."""
    if not _PATH.match(path):
        raise FilesError(
            f"the path {shown(path)} is not allowed in a template set",
            remedy="use letters, digits, '_', '-' and '.' in relative names joined by '/'",
            path=path,
        )
    return path


def _recorded(name: str, value: Any) -> Recorded:
    entry = _object(value, name)
    return Recorded(_digest(entry.get("sha256"), name), _count(entry.get("size"), "size", name, LIMIT_TEMPLATE))


def _inputs_of(name: str, entry: Mapping[str, Any]) -> Inputs:
    identity = _digest(entry.get("identity"), name)
    files, size = (_count(entry.get(what), what, name, LIMIT_UNZIPPED) for what in ("files", "size"))
    vendored = _object(entry.get("vendored"), f"vendored of {name}").items()
    return Inputs(name, identity, files, size, tuple(_pin(each, _object(value, each)) for each, value in vendored))


def _applied(value: Any) -> Applied:
    entry = _object(value, "an extension")
    name = _text(entry.get("name"), "the name of an extension", longest=300)
    return Applied(name, _digest(entry.get("sha256"), name))


def _pin(name: str, entry: Mapping[str, Any]) -> Pin:
    return pin_of(check_path(name), check_path(_text(entry.get("version"), name)), _digest(entry.get("record"), name))


def _count(value: Any, what: str, name: str, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise _refused(f"the {what} of {name} is {shown(value)}, allowed are 0 to {most}")
    return value


def _digest(value: Any, name: str) -> str:
    if not isinstance(value, str) or not _SHA256.match(value):
        raise _refused(f"the SHA-256 of {name} is {shown(value)}")
    return value


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _refused(f"{shown(name)} is {shown(value)}, not an object")
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > LIMIT_TEMPLATES:
        raise _refused(f"{name} is {shown(value)}, not a list of at most {LIMIT_TEMPLATES}")
    return value


def _text(value: Any, name: str, *, longest: int = 100) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
        raise _refused(f"{name} is {shown(value)}")
    return value


def _refused(why: str) -> FilesError:
    return FilesError(f"{MANIFEST} cannot be used, {why}", remedy="render the set again", path=MANIFEST)
