"""A comparison in fewer lines: permissions counted for each party, equal changes of many resources told once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from payflow_cfn.diff.changes import AccessChange, Effect, PropertyChange, ResourceChange

FEW = 6  # lines of access that nobody minds to read
_MANY = 4  # resources
_SERVICE = re.compile(r"\b([a-z][a-z0-9-]*):(?=[A-Za-z*])")


def counted(changes: Sequence[AccessChange]) -> list[str]:
    """A line for each party that may do more, or less: how many permissions of which services."""
    parties: dict[tuple[str, bool], list[AccessChange]] = {}
    for each in changes:
        parties.setdefault((each.who, each.wider), []).append(each)
    return [_count(who, found, wider=wider) for (who, wider), found in parties.items()]


def _count(who: str, found: Sequence[AccessChange], *, wider: bool) -> str:
    services = sorted({name for each in found for name in _SERVICE.findall(_actions(each))})
    number = f"{len(found)} {'more' if wider else 'fewer'} permission{'' if len(found) == 1 else 's'}"
    of_services = f" ({', '.join(services)})" if services else ""
    return f"{'+' if wider else '-'} {who}: {number}{of_services}"


def _actions(change: AccessChange) -> str:
    """The sentence without the party before its actions, and what it is about and its condition after them."""
    return change.text.removeprefix(change.who).partition(" on ")[0].partition(" if ")[0]


def shared(
    resources: Sequence[ResourceChange], line: Callable[[PropertyChange], str]
) -> tuple[list[str], list[ResourceChange]]:
    """A line for each harmless change that many resources have in common, and the resources without these changes.

    `line` formats one change of a property.
    """
    harmless = [each for each in resources if each.action == "modify" and each.effect <= Effect.NO_INTERRUPTION]
    counts = Counter(told for each in harmless for told in {*_lines(each, line)})
    many = {told: count for told, count in counts.items() if count >= _MANY}
    rest = (_without(each, many, line) if each in harmless else each for each in resources)
    return [f"{told} ({count} resources)" for told, count in many.items()], [each for each in rest if each is not None]


def _lines(each: ResourceChange, line: Callable[[PropertyChange], str]) -> list[str]:
    if _is_only_named(each):
        return [f"= {'; '.join(each.notes)}"]
    return [f"~ {line(change)}" for change in each.properties if change.effect <= Effect.NO_INTERRUPTION]


def _is_only_named(each: ResourceChange) -> bool:
    return each.effect is Effect.NOTHING and not each.properties and bool(each.notes)


def _without(
    each: ResourceChange, many: Collection[str], line: Callable[[PropertyChange], str]
) -> ResourceChange | None:
    if not any(told in many for told in _lines(each, line)):
        return each
    if _is_only_named(each):
        return None
    kept = tuple(change for change in each.properties if f"~ {line(change)}" not in many)
    return replace(each, properties=kept) if kept or each.notes or each.losses else None
