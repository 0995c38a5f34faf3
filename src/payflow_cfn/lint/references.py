"""Values of a set in one deployment, and the resources that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from payflow_cfn.aws.intrinsics import as_text
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.values import ABSENT, Attribute, Either, listed, symbols_in
from payflow_cfn.aws.worlds import World

# An environment whose name nobody writes into a template: a name that is written out does not fit by chance.
APART = World(environment="some-environment")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def evaluated(templates: ParsedSet, stack: str, value: Any) -> Any:
    """The value as far as it is known before the deploy; what is not known is a symbol."""
    return templates.scope(stack, APART).value(value)


def text_in(templates: ParsedSet, value: Any) -> str:
    """An evaluated value as text; a parameter of the root has its default, and what comes to nothing is empty."""
    return "" if value is ABSENT else str(as_text(templates, value, APART))


def alternatives(value: Any) -> Iterator[Any]:
    """What an evaluated value may be: both branches of each condition, also in a list."""
    if isinstance(value, list):
        for each in value:
            yield from alternatives(each)
    elif isinstance(value, Either):
        yield from alternatives(value.yes)
        yield from alternatives(value.no)
    else:
        yield from listed(value)


def is_open(value: Any) -> bool:
    """Whether the value depends on more than the set and the place where it is deployed."""
    return any(not isinstance(each, Attribute) for each in symbols_in(value))


def placed(templates: ParsedSet, value: Any) -> Place | None:
    """The resource of the set that an evaluated value is an attribute of."""
    return templates.place(value) if isinstance(value, Attribute) else None


def kind_of(templates: ParsedSet, place: Place) -> str:
    """The type of the resource."""
    return str(templates.resource(place).get("Type"))


def targets(templates: ParsedSet, stack: str, value: Any, *kinds: str) -> Iterator[Place]:
    """The resources of these types that the value may name by a reference."""
    for each in alternatives(evaluated(templates, stack, value)):
        place = placed(templates, each)
        if place is not None and kind_of(templates, place) in kinds:
            yield place


def confused(templates: ParsedSet, subject: Place, target: Place) -> str:
    """The resource that `subject` names by its own name while it refers to `target`; empty where that is not so.

    Both sides have to have a counterpart: A refers to the target that is named like B, and one named like A exists.
    """
    kind, own = kind_of(templates, target), _names(templates, kind_of(templates, subject))
    others = _names(templates, kind)
    words, aim = own.get(subject[:2], frozenset()), others.get(target[:2], frozenset())
    if not words or not aim or words & aim or not any(aim & each for each in own.values()):
        return ""
    fitting = [logical for (_, logical), each in others.items() if each and each <= words]
    return fitting[0] if len(fitting) == 1 else ""


def _names(templates: ParsedSet, kind: str) -> dict[tuple[str, str], frozenset[str]]:
    """The words in the logical ids of a type's resources that not all of them have."""
    found = {(stack, logical): _words(logical) for stack, logical, _ in templates.resources(kind)}
    shared = frozenset.intersection(*found.values()) if found else frozenset()
    return {each: words - shared for each, words in found.items()}


def _words(logical: str) -> frozenset[str]:
    return frozenset(each.lower() for each in _WORD.findall(logical) if len(each) > 2)
