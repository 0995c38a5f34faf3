"""Compare the verdict of `diff` on each changed property with CloudFormation's resource schemas.

    python benchmarks/verdicts.py FOLDER...

Every template (JSON) in a folder is compared with a copy in which one value is another, is gone, or is new: each value
of each resource, and each property of its schema that the template leaves out. The schema says what has to be found:
a createOnly property replaces the resource, a conditionalCreateOnly one perhaps, any other updates it.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payflow_cfn.aws.schemas import find_schema, schema_folder
from payflow_cfn.diff import Change, Effect, ResourceChange, diff_sets
from payflow_cfn.diff.compare import same
from payflow_cfn.diff.default_values import default_value

Template = dict[str, Any]
Steps = tuple[str | int, ...]
UPDATES, PERHAPS, REPLACES, REFUSED = "updates", "perhaps", "replaces", "refused"
# A refusal is a replacement that cannot be: of a resource with a fixed name, or what AWS documents as immutable.
_VERDICTS = {
    Effect.NO_INTERRUPTION: UPDATES,
    Effect.MAY_INTERRUPT: UPDATES,
    Effect.MAY_REPLACE: PERHAPS,
    Effect.REPLACES: REPLACES,
    Effect.REFUSED: REPLACES,
}
# AWS documents more than the schema says: see FACTS in src/payflow_cfn/diff/effects.py.
_DOCUMENTED = {
    ("AWS::DynamoDB::Table", "KeySchema"): REPLACES,
    ("AWS::DynamoDB::Table", "LocalSecondaryIndexes"): REPLACES,
    ("AWS::DynamoDB::Table", "AttributeDefinitions"): REPLACES,
    ("AWS::Logs::LogGroup", "LogGroupClass"): REPLACES,
    **{("AWS::KMS::Key", name): REPLACES for name in ("KeySpec", "KeyUsage", "Origin", "MultiRegion")},
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One value of a resource's properties that becomes another; `how` is changed, removed or added."""

    logical_id: str
    steps: Steps
    how: str
    value: Any = None

    def made(self, template: Template) -> Template:
        """A copy of the template with the edit."""
        found = copy.deepcopy(template)
        target = found["Resources"][self.logical_id].setdefault("Properties", {})
        for step in self.steps[:-1]:
            target = target[step]
        if self.how == "removed":
            del target[self.steps[-1]]
        else:
            target[self.steps[-1]] = self.value
        return found


def edits(template: Template) -> Iterator[Edit]:
    """Every edit of the resources whose type has a schema."""
    for logical_id, resource in template["Resources"].items():
        schema = read_schema(resource["Type"])
        properties = resource.get("Properties", {})
        if schema is None or not isinstance(properties, dict):
            continue
        for steps, value in _leaves(properties, ()):
            yield Edit(logical_id, steps, "changed", other(value))
        for steps, value in _list_items(properties, ()):
            yield Edit(logical_id, steps, "removed", value)
        defaults = find_schema(resource["Type"])
        for name, value in properties.items():
            if not same(value, default_value(resource["Type"], defaults, (name,))):
                yield Edit(logical_id, (name,), "removed", value)
        read_only = {each.split("/")[2] for each in schema.get("readOnlyProperties", ()) if each.count("/") == 2}
        for name in schema["properties"].keys() - properties.keys() - read_only:
            value = _new_value(schema, schema["properties"][name])
            is_default = value is True and default_value(resource["Type"], defaults, (name,)) is True
            yield Edit(logical_id, (name,), "added", False if is_default else value)


def expected(resource_type: str, edit: Edit) -> str:
    """The verdict of the schema, or of AWS's documentation where it says more."""
    names = tuple(each for each in edit.steps if isinstance(each, str))
    if names[0] == "AttributeDefinitions" and (names[-1] == "AttributeName" or edit.how != "changed"):
        return UPDATES  # a definition may come or go; the type of one may not change
    if (resource_type, names[0]) in _DOCUMENTED:
        return _DOCUMENTED[resource_type, names[0]]
    schema = read_schema(resource_type) or {}
    for key, found in (("createOnlyProperties", REPLACES), ("conditionalCreateOnlyProperties", PERHAPS)):
        if any(_touches(_names(pointer), names, edit.value) for pointer in schema.get(key) or ()):
            return found
    return UPDATES


def _names(pointer: str) -> tuple[str, ...]:
    return tuple(step for step in pointer.split("/")[2:] if step not in ("*", "properties", "items"))


def _touches(wanted: tuple[str, ...], names: tuple[str, ...], value: Any) -> bool:
    """Whether an edit at these names is one of the property `wanted`: in it, or of a value that holds it."""
    if names[: len(wanted)] == wanted:
        return True
    return wanted[: len(names)] == names and _has(value, wanted[len(names) :])


def _has(value: Any, steps: tuple[str, ...]) -> bool:
    """Whether a value that comes, goes or changes as a whole has something at these steps."""
    if not steps:
        return True
    if isinstance(value, list):
        return any(_has(each, steps) for each in value)
    return isinstance(value, dict) and steps[0] in value and _has(value[steps[0]], steps[1:])


def verdict(changes: list[Change], edit: Edit) -> str:
    """What the comparison says of the edited resource; a text of its own where it lists another change."""
    found = [each for each in changes if isinstance(each, ResourceChange)]
    own = [each for each in found if each.path == (edit.logical_id,)]
    others = [each for each in found if each not in own and any(not one.dynamic for one in each.properties)]
    if not own:
        return "nothing"
    if others or own[0].action != "modify":
        return f"also {others or own[0].action}"
    return _VERDICTS.get(own[0].effect, str(own[0].effect.words))


def read_schema(resource_type: str) -> Mapping[str, Any] | None:
    """The schema document of a type, None where AWS publishes none."""
    if resource_type not in _cache:
        top = Path(schema_folder() or "")
        names = json.loads((top / "providers" / "us-east-1.json").read_text())
        name = names.get(resource_type)
        _cache[resource_type] = json.loads((top / "resources" / f"{name}.json").read_text()) if name else None
    return _cache[resource_type]


_cache: dict[str, Mapping[str, Any] | None] = {}


def _leaves(value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    """Every scalar and every function in a value, with the way to it."""
    if isinstance(value, dict) and not _is_function(value):
        for key, each in value.items():
            yield from _leaves(each, (*steps, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _leaves(each, (*steps, number))
    else:
        yield steps, value


def _list_items(value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    """Every item of a list outside functions, with the way to it."""
    if isinstance(value, dict) and not _is_function(value):
        for key, each in value.items():
            yield from _list_items(each, (*steps, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield (*steps, number), each
            yield from _list_items(each, (*steps, number))


def _is_function(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def other(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}-other" if value.lower() not in ("true", "false") else str(value.lower() == "false").lower()
    return "another value"


def _new_value(schema: Mapping[str, Any], declared: Mapping[str, Any]) -> Any:
    """A value for a property that has none; not its default."""
    while "$ref" in declared:
        name = declared["$ref"].rpartition("/")[2]
        declared = schema.get("definitions", {}).get(name, {})
    kind = declared.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    made = {"boolean": True, "integer": 987654, "number": 987654, "array": [], "object": {}}.get(
        str(kind), "a new value"
    )
    if kind == "array":
        made = [_new_value(schema, declared["items"])] if declared.get("items") else ["a new value"]
    elif kind == "object":
        made = {"ANewKey": "a new value"}
    return made


def unconditional(template: Template) -> Template:
    """The template with every resource in it, whatever its condition."""
    found = copy.deepcopy(template)
    for resource in found["Resources"].values():
        resource.pop("Condition", None)
    return found


def checked(template: Template, *, every: int = 1) -> Iterator[tuple[Edit, str, str, str]]:
    """(edit, type, expected verdict, verdict) of edits of one template; `every` takes only each n-th."""
    template = unconditional(template)
    for edit in itertools.islice(edits(template), 0, None, every):
        kind = template["Resources"][edit.logical_id]["Type"]
        sides: list[Any] = [{"root.json": each} for each in (template, edit.made(template))]
        changes = diff_sets(*sides) or diff_sets(*sides, hidden=True)
        yield edit, kind, expected(kind, edit), verdict(changes, edit)


def _templates(folder: Path) -> Iterator[tuple[Path, Template]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".json", ".template") or not path.is_file():
            continue
        try:
            found = json.loads(path.read_text())
        except ValueError:
            continue
        made = found.get("Resources") if isinstance(found, dict) else None
        if isinstance(made, dict) and all(isinstance(each, dict) and "Type" in each for each in made.values()):
            yield path, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--verbose", action="store_true", help="print every wrong verdict")
    given = parser.parse_args()
    total: Counter[str] = Counter()
    for folder in given.folders:
        counts: Counter[str] = Counter()
        for path, template in _templates(folder):
            for edit, kind, wanted, found in checked(template):
                how = "right" if wanted == found else "missed" if found == "nothing" else "false"
                counts[how] += 1
                if how != "right" and given.verbose:
                    print(f"{path.name}: {edit.logical_id} ({kind}) {edit.how} {edit.steps}: {wanted}, not {found}")
        print(f"{folder}: {counts['right']} right, {counts['missed']} missed, {counts['false']} false", flush=True)
        total += counts
    print(f"all: {total['right']} right, {total['missed']} missed, {total['false']} false")


if __name__ == "__main__":
    main()
