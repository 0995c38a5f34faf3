"""Whether a changed workflow treats any payment of the stories differently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mutation.kill import Judge
from mutation.stories import STORIES, Story
from mutation.story_desk import tell
from payflow_cfn.aws.data_resources import MACHINE
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.worlds import WORLD


def treats_a_payment_differently(original: ParsedSet, stories: Iterable[Story] = STORIES) -> Judge:
    """Notices a workflow under which a story goes otherwise; stories that meet no changed state are not told again."""
    base = _expanded(original, _definition(original))
    met = {story.name: _met(base, story) for story in stories}
    states = _definition(original)["States"]

    def differs(templates: ParsedSet) -> bool:
        definition = _definition(templates)
        found = definition["States"]
        touched = {name for name in {*states, *found} if found.get(name) is not states.get(name)}
        if not touched and templates is not original:
            return bool(definition.get("StartAt") != base["StartAt"])
        changed = {name: expand(templates, "workflow", found[name], WORLD) for name in touched if name in found}
        kept = {name: each for name, each in base["States"].items() if name in found}
        mutated = {**base, "States": {**kept, **changed}}
        told = (each for each in stories if templates is original or met[each.name] & touched)
        return any(tell(mutated, each) != each.trace for each in told)

    return differs


def _definition(templates: ParsedSet) -> dict[str, Any]:
    """The one machine's definition, unresolved, so that a state that is shared with another set is the same object."""
    ((_, _, machine),) = templates.resources(MACHINE)
    found: dict[str, Any] = machine["Properties"]["Definition"]
    return found


def _expanded(templates: ParsedSet, definition: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = expand(templates, "workflow", definition, WORLD)
    return found


def _met(definition: Mapping[str, Any], story: Story) -> set[str]:
    """The states that the story goes through: a dictionary that remembers what it was asked for."""
    states = _Watched(definition["States"])
    tell({**definition, "States": states}, story)
    return states.asked


class _Watched(dict[str, Any]):
    """States that remember their names when they are looked up."""

    def __init__(self, states: Mapping[str, Any]) -> None:
        super().__init__(states)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """As a dictionary does."""
        self.asked.add(key)
        return super().get(key, default)
