"""A template set as a tree: the root template and, by logical id, what is nested in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payflow_cfn.artifacts.manifest import MANIFEST
from payflow_cfn.artifacts.set_folder import ROOT
from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.errors import PlanError
from payflow_cfn.jsontext import DEEPEST, parse_json, too_deep

_PARTS = ("Parameters", "Resources", "Outputs")
# A JSON file with none of these is not a template (a package.json beside the set).
_SECTIONS = frozenset({*_PARTS, "Conditions", "Mappings", "Rules", "Transform"})
Files = Mapping[str, str | Mapping[str, Any]]
# A packaged template is named after its content: storage-<SHA-256>.json.
_HASHED = re.compile(r"-[0-9a-f]{64}(?=\.json$)")


@dataclass(frozen=True, slots=True)
class StackSource:
    """One template, the templates nested in it by logical id, and what is known of the code it names.

    `artifacts` is {name: identity}, for templates that name their code by a local path.
    """

    template: Mapping[str, Any]
    children: Mapping[str, StackSource] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)


EMPTY = StackSource({})


def stack_tree(files: Files) -> StackSource:
    """The set as a tree. PlanError where a file is not a template, there is no root, or a template nests itself.

    FilesError where a text is not JSON, or holds a key twice: CloudFormation's own parsers do not agree on that one.
    A nested template that is not among the files (it lies somewhere in S3) is left out: its stack is compared by its
    own properties then.
    """
    parsed = {name: _parsed(name, each) for name, each in files.items()}
    artifacts = _identities(parsed.pop(MANIFEST, {}))
    return _tree(_root(parsed), parsed, artifacts, ())


def _parsed(name: str, given: str | Mapping[str, Any]) -> Mapping[str, Any]:
    found = parse_json(given, where=name) if isinstance(given, str) else given
    if too_deep(found):
        raise PlanError(
            f"{name} is nested deeper than {DEEPEST} levels", remedy="compare rendered templates", file=name
        )
    if not isinstance(found, Mapping) or (name != MANIFEST and not all(map(_is_part, map(found.get, _PARTS)))):
        raise PlanError(
            f"{name} is not a template", remedy="lint the set: a part of it is not a JSON object", file=name
        )
    return found


def _is_part(part: Any) -> bool:
    """Whether a part of a template is there as {name: object}, or not at all."""
    if part is None:
        return True
    return isinstance(part, Mapping) and all(
        isinstance(each, Mapping) and isinstance(each.get("Properties", {}), Mapping) for each in part.values()
    )


def _identities(manifest: Mapping[str, Any]) -> dict[str, str]:
    artifacts = manifest.get("artifacts")
    found = artifacts.items() if isinstance(artifacts, Mapping) else ()
    return {name: str(each["identity"]) for name, each in found if isinstance(each, Mapping) and "identity" in each}


def _root(parsed: Mapping[str, Mapping[str, Any]]) -> str:
    templates = {name for name, each in parsed.items() if not _SECTIONS.isdisjoint(each)}
    if ROOT in templates:
        return ROOT
    nested = {name for each in parsed.values() for name in _nested(each, parsed).values()}
    roots = sorted(templates - nested)
    if len(roots) != 1:
        raise PlanError(
            f"no root template: {', '.join(roots) or 'none'} could be it",
            remedy=f"name the folder of one set, with {ROOT} in it",
        )
    return roots[0]


def _tree(
    name: str, parsed: Mapping[str, Mapping[str, Any]], artifacts: Mapping[str, str], above: tuple[str, ...]
) -> StackSource:
    if name in above:
        raise PlanError(f"the template {name} nests itself", remedy="render the set again", path=above)
    nested = _nested(parsed[name], parsed)
    children = {logical: _tree(each, parsed, artifacts, (*above, name)) for logical, each in nested.items()}
    return StackSource(parsed[name], children, artifacts)


def _nested(template: Mapping[str, Any], parsed: Mapping[str, Any]) -> dict[str, str]:
    """{logical id: file name} of the nested stacks whose template is in the set."""
    found = {}
    for logical, resource in template.get("Resources", {}).items():
        url = resource.get("Properties", {}).get("TemplateURL") if resource.get("Type") == STACK else None
        name = _file_name(url) if isinstance(url, str) else ""
        if name in parsed:
            found[logical] = name
    return found


def _file_name(url: str) -> str:
    """The file that a TemplateURL names: `storage.json` for ./storage.json and for .../storage-<hash>.json?..."""
    return _HASHED.sub("", url.partition("?")[0].rpartition("/")[2])
