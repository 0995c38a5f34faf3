"""Read the files of a template set as a tree of stacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.artifacts.manifest import MANIFEST
from payflow_cfn.aws.loops import is_loop
from payflow_cfn.aws.nesting import left_out, nested_files, root_of
from payflow_cfn.aws.template import StackSource, parse_text, stack_source
from payflow_cfn.errors import PlanError
from payflow_cfn.jsontext import DEEPEST, too_deep

_PARTS = ("Parameters", "Resources", "Outputs")
Files = Mapping[str, str | Mapping[str, Any]]


EMPTY = StackSource({})


def stack_tree(files: Files) -> StackSource:
    """The set as a tree. PlanError where a file is not a template, there is no root, or a template nests itself.

    FilesError where a text is neither JSON nor YAML, or holds a key twice: CloudFormation's own parsers do not agree on
    that one. A nested template that is not among the files (it lies somewhere in S3) is left out: its stack is compared
    by its own properties then.
    """
    parsed = {name: parsed_template(name, each) for name, each in files.items()}
    artifacts = _identities(parsed.pop(MANIFEST, {}))
    return stack_source(root_of(parsed), parsed, lambda name: nested_files(name, parsed[name], parsed), artifacts)


def not_compared(tree: StackSource, files: Files) -> list[str]:
    """The templates among the tree's files that no TemplateURL leads to, so that the tree lacks them."""
    if set(files) <= {MANIFEST, *_files_of(tree)}:
        return []
    return left_out({name: parsed_template(name, each) for name, each in files.items() if name != MANIFEST})


def _files_of(tree: StackSource) -> Iterator[str]:
    yield tree.file
    for each in tree.children.values():
        yield from _files_of(each)


def parsed_template(name: str, given: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """The template, perhaps still a text; PlanError where a part of it has another shape than a template's."""
    found = parse_text(given, where=name) if isinstance(given, str) else given
    if too_deep(found):
        raise PlanError(
            f"{name} is nested deeper than {DEEPEST} levels", remedy="compare rendered templates", file=name
        )
    if not isinstance(found, Mapping) or (name != MANIFEST and not all(map(_is_part, map(found.get, _PARTS)))):
        raise PlanError(f"{name} is not a template", remedy="lint the set: a part of it is not an object", file=name)
    return found


def _is_part(part: Any) -> bool:
    if part is None:
        return True
    return isinstance(part, Mapping) and all(
        is_loop(name, each) or (isinstance(each, Mapping) and isinstance(each.get("Properties", {}), Mapping))
        for name, each in part.items()
    )


def _identities(manifest: Mapping[str, Any]) -> dict[str, str]:
    artifacts = manifest.get("artifacts")
    found = artifacts.items() if isinstance(artifacts, Mapping) else ()
    return {name: str(each["identity"]) for name, each in found if isinstance(each, Mapping) and "identity" in each}
