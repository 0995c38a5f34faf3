"""Changes that the values at hand hide: behind a condition that does not hold, or a parameter with another value.

The sets are compared again under every answer that activates some part of them, and once with the parameters
left open. A change that is found only then is listed, with its condition.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.values import ABSENT, Path, plain
from payflow_cfn.diff.changes import AccessChange, Change, Effect, InterfaceChange, PropertyChange, ResourceChange
from payflow_cfn.diff.compare import same
from payflow_cfn.diff.guards import Guards, Questions, implied

Answers = Mapping[str, bool]
Compare = Callable[[tuple[Scope, Scope]], list[Change]]
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9]+)\}")


class _Side:
    """One set: its questions, and what is decided by the values at hand."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.questions = Questions(scope.answered(lambda _path, _name: None, left_open=scope.part("Parameters")))
        self.decided = {
            question: _stack(scope, path).condition(name) for path, name, question in self.questions.places()
        }
        self.values = {name: str(plain(scope.parameter(name))) for name in scope.part("Parameters")}

    def answered(self, answers: Answers, *, left_open: bool) -> Scope:
        """The set with these answers; with parameters left open, all others stay those of the values at hand.

        A parameter that is empty at hand is left open where an answer depends on it: the answer needs another value.
        """
        known = implied(answers)
        asked = set[str]().union(*map(_VARIABLE.findall, answers))
        names = self.values if left_open else {name for name in asked if self.values.get(name) == ""}
        given = {**self.decided, **known} if names else known
        return self.scope.answered(lambda path, name: given.get(self.questions.question(path, name)), left_open=names)

    def filled(self, value: Any) -> str:
        """A value with the root's parameters as they are at hand, as text."""
        return _VARIABLE.sub(lambda found: self.values.get(found[1], found[0]), json.dumps(value, sort_keys=True))


def _stack(root: Scope, path: Path) -> Scope:
    for logical_id in path:
        root = root.child(logical_id) or root
    return root


def hidden_changes(told: Sequence[Change], before: Scope, after: Scope, compare: Compare) -> list[Change]:
    """What `told`, the comparison by the values at hand, leaves out; each change says where it holds (`only`)."""
    return _Search(told, _Side(before), _Side(after), compare).found()


class _Search:
    def __init__(self, told: Sequence[Change], one: _Side, other: _Side, compare: Compare) -> None:
        self._told = list(told)
        self._hidden: list[Change] = []
        self._sides = (one, other)
        self._compared = compare

    def _compare(self, answers: Answers, *, left_open: bool = False) -> list[Change]:
        one, other = (side.answered(answers, left_open=left_open) for side in self._sides)
        return self._compared((one, other))

    def found(self) -> list[Change]:
        chains = sorted(set(self._chains()), key=lambda chain: (len(implied(dict(self._turned(chain)))), chain))
        for turned in dict.fromkeys(map(self._turned, chains)):
            self._tell(self._not_told(dict(turned)), turned)
        groups = _groups(chains)
        for answers in groups:  # what shows only under the answers of several chains at once
            turned = self._shrunk(answers, self._not_told)
            self._tell(self._not_told(dict(turned)), turned)
        for answers in ({}, *groups):
            turned = self._shrunk(answers, self._not_told_open)
            self._tell(self._not_told_open(dict(turned)), turned, left_open=True)
        return [*self._conditions(), *_mappings(*(each.scope for each in self._sides)), *self._hidden]

    def _chains(self) -> Iterator[Guards]:
        """The answers under which something is there, without those that nobody can give and those that contradict."""
        for side in self._sides:
            for chain in side.questions.chains:
                known = tuple(dict.fromkeys(each for each in chain if None not in self._decisions(each[0])))
                if known and len(dict(known)) == len(known):
                    yield known

    def _decisions(self, question: str) -> set[bool | None]:
        return {side.decided[question] for side in self._sides if question in side.decided}

    def _turned(self, chain: Guards) -> Guards:
        """The answers that are others than those at hand, on a side at least."""
        return tuple((question, answer) for question, answer in chain if self._decisions(question) != {answer})

    def _shrunk(self, answers: Answers, left: Callable[[Answers], list[Change]]) -> Guards:
        """As few of the answers as still show what the changes told so far leave out; none where nothing is left."""
        kept = self._turned(tuple(answers.items()))
        if not kept or not left(dict(kept)):
            return ()
        for each in kept:
            fewer = tuple(one for one in kept if one != each)
            if left(dict(fewer)):
                kept = fewer
        return kept

    def _not_told(self, answers: Answers) -> list[Change]:
        """The changes under these answers, without those that are listed already."""
        known = set(map(self._at_hand, self._told))
        found = [each for each in self._compare(answers) if self._at_hand(each) not in known]
        rest = (_rest(each, self._told, self._at_hand) for each in found)
        return [each for each in rest if each is not None]

    def _at_hand(self, change: Any) -> str:
        """A change as text, without the names of the parameters that are empty at hand."""
        empty = {name for side in self._sides for name, value in side.values.items() if value == ""}
        return _VARIABLE.sub(lambda found: "" if found[1] in empty else found[0], repr(change))

    def _not_told_open(self, answers: Answers) -> list[Change]:
        """What only other values of the parameters show under these answers, without those that are listed already."""
        known = set(map(repr, self._told))
        rest = map(self._only_open, self._compare(answers, left_open=True))
        return [each for each in rest if each is not None and repr(each) not in known]

    def _tell(self, changes: Sequence[Change], turned: Guards, *, left_open: bool = False) -> None:
        everyone = set[str]().union(*map(self._parameters, changes)) if left_open else set()
        for each in changes:
            names = (self._parameters(each) or everyone) if left_open else set()
            parts = [f"{' or '.join(sorted(names)) or 'a parameter'} has another value"] if left_open else []
            self._told.append(each)
            self._hidden.append(replace(each, only=" and ".join([*parts, *self._words(turned)])))

    def _words(self, turned: Guards) -> list[str]:
        return [f"Condition {self._name(question)} is {str(answer).lower()}" for question, answer in turned]

    def _name(self, question: str) -> str:
        """The condition's name in the stack nearest to the root; which set's, where the other's asks something else."""
        for number in (1, 0):
            questions, others = self._sides[number].questions, self._sides[1 - number].questions
            found = [(path, name) for path, name, each in questions.places() if each == question]
            if found:
                path, name = min(found, key=lambda each: len(each[0]))
                changed = others.question(path, name) not in ("", question)
                return "/".join((*path, name)) + (f" of the {('old', 'new')[number]} set" if changed else "")
        return question

    def _only_open(self, change: Change) -> Change | None:
        """The part of a change that no told one is, with the parameters as they are at hand."""
        match change:
            case ResourceChange(action="modify"):
                # A change that follows a listed resource is listed with it, by the names at hand.
                known = {each.path for each in self._told if isinstance(each, ResourceChange)}
                fresh = [each for each in change.properties if each.cause not in known]
                kept = [each for each in fresh if change.path not in known or self._agree(each)]
                kept = [each for each in kept if not self._is_told(change.path, each)]
                return _with_properties(change, kept) if kept else None
            case InterfaceChange(kind="output"):
                known_names = {each.name for each in self._told if isinstance(each, InterfaceChange)}
                return change if change.name not in known_names or self._agree(change) else None
            case AccessChange():
                known = {each.path for each in self._told if isinstance(each, AccessChange)}
                return change if change.path not in known else None
        return None

    def _agree(self, change: PropertyChange | InterfaceChange) -> bool:
        return bool(self._sides[0].filled(change.before) == self._sides[1].filled(change.after))

    def _is_told(self, path: Path, change: PropertyChange) -> bool:
        return any(
            repr(change) in map(repr, each.properties)
            for each in self._told
            if isinstance(each, ResourceChange) and each.path == path
        )

    def _parameters(self, change: Change) -> set[str]:
        if isinstance(change, AccessChange):
            names = set(_VARIABLE.findall(change.text))
        else:
            pairs = change.properties if isinstance(change, ResourceChange) else (change,)
            names = set[str]().union(*(_names(each.before) ^ _names(each.after) for each in pairs))
        return {name for name in names if any(name in side.values for side in self._sides)}

    def _conditions(self) -> Iterator[InterfaceChange]:
        one, other = (side.questions for side in self._sides)
        for place, asked in one.asked.items():
            decides = one.question(*place) or other.question(*place)  # where not, the comparison by values has it
            if place in other.asked and decides and not same(asked, other.asked[place]):
                name = "/".join((*place[0], place[1]))
                yield InterfaceChange("condition", name, "asks something else", asked, other.asked[place])


def _mappings(before: Scope, after: Scope) -> Iterator[InterfaceChange]:
    """The mappings of both sets, at any depth, whose values differ: which one counts depends on the key."""
    stacks = {each.path: each.part("Mappings") for each in after.every()}
    for scope in before.every():
        for name, old in scope.part("Mappings").items():
            new = stacks.get(scope.path, {}).get(name, ABSENT)
            if new is not ABSENT and not same(old, new):
                yield InterfaceChange("mapping", "/".join((*scope.path, name)), "changed", old, new)


def _names(value: Any) -> set[str]:
    return set(_VARIABLE.findall(json.dumps(value)))


def _groups(chains: Sequence[Guards]) -> list[dict[str, bool]]:
    """The chains' answers joined to as few sets of answers as do not contradict each other."""
    groups: list[dict[str, bool]] = []
    for chain in chains:
        fits = next((each for each in groups if all(each.get(key, answer) == answer for key, answer in chain)), None)
        if fits is None:
            groups.append(dict(chain))
        else:
            fits.update(chain)
    return groups


def _rest(change: Change, told: Sequence[Change], shown: Callable[[Any], str]) -> Change | None:
    if not isinstance(change, ResourceChange):
        return change
    alike = [
        each
        for each in told
        if isinstance(each, ResourceChange) and each.path == change.path and each.action == change.action
    ]
    worst = max((each.effect for each in alike), default=None)
    if worst is None:
        return change
    properties = {shown(one) for each in alike for one in each.properties}
    losses = {loss for each in alike for loss in each.losses}
    fresh = [each for each in change.properties if shown(each) not in properties]
    lost = tuple(each for each in change.losses if each not in losses)
    if not fresh and not lost and change.effect <= worst:
        return None
    found = _with_properties(change, fresh)
    effect = change.effect if change.effect > worst else found.effect
    return replace(found, effect=effect, losses=lost)


def _with_properties(change: ResourceChange, properties: Sequence[PropertyChange]) -> ResourceChange:
    if len(properties) == len(change.properties):
        return change
    effect = max((each.effect for each in properties), default=Effect.NOTHING)
    fate = change.fate if effect >= Effect.MAY_REPLACE else ""
    return replace(change, properties=tuple(properties), effect=effect, fate=fate)
