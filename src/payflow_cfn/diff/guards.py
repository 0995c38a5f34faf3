"""The conditions of a set, and the combinations of answers that activate each part of it.

A condition is known by its question with the root's parameters left open, not by its name: a renamed condition, or a
nested stack's own that asks the same, is the same one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.values import Path, plain

Guards = tuple[tuple[str, bool], ...]  # (question, answer), from the outside to the inside
_Place = tuple[Path, str]  # the stack, and the condition's name in it


def implied(answers: Mapping[str, bool]) -> dict[str, bool]:
    """The answers with those that follow from them: both parts of an And that holds, of an Or that does not."""
    found: dict[str, bool] = {}
    for question, answer in answers.items():
        match json.loads(question), answer:
            case ({"Fn::And": list() as parts}, True) | ({"Fn::Or": list() as parts}, False):
                found |= implied({json.dumps(each, sort_keys=True): answer for each in parts})
            case {"Fn::Not": [part]}, _:
                found |= implied({json.dumps(part, sort_keys=True): not answer})
    return {**found, **answers}


class Questions:
    """A set's conditions: what each asks, and which answers decide what is there (`chains`, outer ones first).

    The set is one whose parameters are left open.
    """

    def __init__(self, left_open: Scope) -> None:
        self._asked: dict[_Place, Any] = {}
        self._open: dict[_Place, str] = {}
        self.chains: tuple[Guards, ...] = tuple(dict.fromkeys(self._of_stack(left_open, ())))

    @property
    def asked(self) -> dict[tuple[Path, str], Any]:
        """What is asked by each condition that something depends on."""
        return self._asked

    def question(self, path: Path, name: str) -> str:
        """The question of a condition; empty where no parameter can change its answer, or nothing depends on it."""
        return self._open.get((path, name), "")

    def places(self) -> Iterator[tuple[Path, str, str]]:
        """(stack, name, question) of each condition that parameters decide."""
        for (path, name), question in self._open.items():
            yield path, name, question

    def _of_stack(self, scope: Scope, above: Guards) -> Iterator[Guards]:
        for section in ("Resources", "Outputs"):
            for logical_id, declared in scope.part(section).items():
                inside = above
                wanted = declared.get("Condition")
                if isinstance(wanted, str):
                    yield self._with(scope, wanted, above, answer=False)
                    inside = self._with(scope, wanted, above, answer=True)
                    yield inside
                yield from self._branches(scope, declared, inside)
                child = scope.child(logical_id) if section == "Resources" else None
                if child:
                    yield from self._of_stack(child, inside)

    def _branches(self, scope: Scope, value: Any, above: Guards) -> Iterator[Guards]:
        match value:
            case {"Fn::If": [str() as name, yes, no]}:
                for answer, part in ((True, yes), (False, no)):
                    inside = self._with(scope, name, above, answer=answer)
                    yield inside
                    yield from self._branches(scope, part, inside)
            case dict():
                for each in value.values():
                    yield from self._branches(scope, each, above)
            case list():
                for each in value:
                    yield from self._branches(scope, each, above)

    def _with(self, scope: Scope, name: str, above: Guards, *, answer: bool) -> Guards:
        question = self._ask(scope, name)
        return (*above, (question, answer)) if question else above

    def _ask(self, scope: Scope, name: str) -> str:
        place = (scope.path, name)
        if place not in self._asked:
            asked = plain(scope.asked(name))
            self._asked[place] = asked
            if name in scope.part("Conditions") and scope.condition(name) is None:
                self._open[place] = json.dumps(asked, sort_keys=True)
        return self._open.get(place, "")
