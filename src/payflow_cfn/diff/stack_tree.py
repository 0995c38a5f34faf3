"""Read the files of a template set as a tree of stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payflow_cfn.artifacts.manifest import MANIFEST
from payflow_cfn.artifacts.set_folder import ROOT
from payflow_cfn.aws.template import StackSource, nested_files, stack_source
from payflow_cfn.errors import PlanError
from payflow_cfn.jsontext import DEEPEST, parse_json, too_deep

_PARTS = ("Parameters", "Resources", "Outputs")
# A JSON file with none of these is not a template (a package.json beside the set).
_SECTIONS = frozenset({*_PARTS, "Conditions", "Mappings", "Rules", "Transform"})
Files = Mapping[str, str | Mapping[str, Any]]


EMPTY = StackSource({})


def stack_tree(files: Files) -> StackSource:
    """The set as a tree. PlanError where a file is not a template, there is no root, or a template nests itself.

    FilesError where a text is not JSON, or holds a key twice: CloudFormation's own parsers do not agree on that one.
    A nested template that is not among the files (it lies somewhere in S3) is left out: its stack is compared by its
    own properties then.
    """
    parsed = {name: _parsed(name, each) for name, each in files.items()}
    artifacts = _identities(parsed.pop(MANIFEST, {}))
    return stack_source(_root(parsed), parsed, lambda name: nested_files(parsed[name]), artifacts)


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
    nested = {name for each in parsed.values() for name in nested_files(each).values()}
    roots = sorted(templates - nested)
    if len(roots) != 1:
        raise PlanError(
            f"no root template: {', '.join(roots) or 'none'} could be it",
            remedy=f"name the folder of one set, with {ROOT} in it",
        )
    return roots[0]
