"""Compare two template sets before anything is sent: what changes where, and what that does to what exists.

Nothing here needs AWS. What it knows, from where, and what it cannot know is in docs/plan.md.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from payflow_cfn.artifacts.manifest import MANIFEST
from payflow_cfn.artifacts.template_set import TemplateSet, read_set
from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.template import StackSource
from payflow_cfn.aws.values import ABSENT, Path
from payflow_cfn.diff.access_diff import access_changes
from payflow_cfn.diff.attachments import doubled_attachments, lost_attachments
from payflow_cfn.diff.changes import AccessChange, Change, Effect, InterfaceChange, PropertyChange, ResourceChange
from payflow_cfn.diff.equal_values import in_old_form
from payflow_cfn.diff.interface import output_changes, parameter_changes, template_changes
from payflow_cfn.diff.propagation import spread
from payflow_cfn.diff.resource_diff import forgotten_versions, static_changes
from payflow_cfn.diff.resources import all_resources
from payflow_cfn.diff.stack_tree import EMPTY, Files, stack_tree
from payflow_cfn.diff.text import change_data, text, tree
from payflow_cfn.errors import PlanError

__all__ = [
    "EMPTY",
    "AccessChange",
    "Change",
    "Effect",
    "InterfaceChange",
    "PropertyChange",
    "ResourceChange",
    "Set",
    "StackSource",
    "change_data",
    "diff_sets",
    "plan",
    "root_parameters",
    "stack_tree",
    "text",
    "tree",
]

Set = TemplateSet | Files | StackSource


def diff_sets(
    old: Set,
    new: Set,
    *,
    old_parameters: Mapping[str, str] | None = None,
    new_parameters: Mapping[str, str] | None = None,
    pseudo: Mapping[str, str] | None = None,
    region: str = "us-east-1",
    metadata: bool = False,
    hidden: bool = False,
) -> list[Change]:
    """What deploying `new` over `old` changes: access first, then the root's parameters and outputs, then resources.

    A side may also be {file name: template text or parsed template}, or a StackSource. The parameters are values of the
    root template; a parameter without one has its default. `pseudo` are known pseudo parameters, such as
    {"AWS::Region": "eu-west-2"}; `region` is whose resource schemas hold. `metadata` also compares Metadata. `hidden`
    also finds what these values hide (a condition that does not hold, another value of a parameter): such a change says
    where it is there (`only`). The list is empty when the sets are equal. Raises PlanError where a set is not one,
    FilesError where a text is not JSON.
    """
    one, other = _source(old), _source(new)
    old_values, new_values = dict(old_parameters or {}), dict(new_parameters or {})
    if one == other and old_values == new_values:
        return []
    before = _scope(one, old_values, pseudo or {})
    after = _scope(other, new_values, pseudo or {})

    def compared(sides: tuple[Scope, Scope]) -> list[Change]:
        return _compared(*sides, new_values, metadata=metadata, region=region)

    try:
        found = compared((before, after))
        if not hidden:
            return found
        from payflow_cfn.diff.hidden import hidden_changes  # only this needs it

        return [*found, *hidden_changes(found, before, after, compared)]
    except RecursionError:
        raise PlanError("a template is nested too deeply to be read", remedy="lint the set") from None


def plan(old: Set | str | os.PathLike[str], new: Set | str | os.PathLike[str], **options: Any) -> list[Change]:
    """The former name of `diff_sets`; a side may be the folder of a set."""
    warnings.warn("plan(old, new): use diff_sets(read_set(folder), ...)", DeprecationWarning, stacklevel=2)
    read = (read_set(each, verify=False) if isinstance(each, str | os.PathLike) else each for each in (old, new))
    return diff_sets(*read, **options)


def root_parameters(given: Set) -> frozenset[str]:
    """The names of the parameters that a set's root takes."""
    return frozenset(_source(given).template.get("Parameters") or ())


def _source(given: Set) -> StackSource:
    if isinstance(given, StackSource):
        return given
    if isinstance(given, TemplateSet):
        given = {**given.templates, **({MANIFEST: given.manifest} if given.manifest else {})}
    return stack_tree(given)


def _scope(source: StackSource, values: Mapping[str, str], pseudo: Mapping[str, str]) -> Scope:
    return Scope(source, (), lambda name: values.get(name, ABSENT), pseudo)


def _compared(before: Scope, after: Scope, given: Mapping[str, str], *, metadata: bool, region: str) -> list[Change]:
    one = all_resources(before, metadata=metadata, region=region)
    other = in_old_form(one, all_resources(after, metadata=metadata, region=region))
    found: dict[Path, ResourceChange] = {}
    changes: list[Change] = []
    if one != other:  # most of the comparisons that look for what is hidden end here
        found = spread({each.path: each for each in static_changes(one, other)}, one, other)
        for path, note in (*forgotten_versions(found, other), *doubled_attachments(one, other)):
            found[path] = replace(found[path], notes=(*found[path].notes, note))
        for path, loss in lost_attachments(one, other):
            found[path] = replace(found[path], losses=(*found[path].losses, loss))
        changes += access_changes(one, other)
    changes += parameter_changes(before, after, given)
    changes += template_changes(before, after)
    changes += output_changes(before, after, found, (one, other))
    order = {path: index for index, path in enumerate(dict.fromkeys((*other, *one)))}
    return [*changes, *sorted(found.values(), key=lambda each: order[each.path])]
