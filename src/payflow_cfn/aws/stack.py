"""One stack of a set before a deploy: its parameters, conditions, resources and outputs, evaluated lazily.

References are followed into nested stacks and out of them: a child's parameter is what its parent hands over, and
`Fn::GetAtt: [Child, Outputs.X]` is the value of that output in the child.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from payflow_cfn.aws.conditions import decided, spelled
from payflow_cfn.aws.functions import call, find_in_map, substitute
from payflow_cfn.aws.loops import is_plain, with_policies, written_out
from payflow_cfn.aws.template import StackSource
from payflow_cfn.aws.values import ABSENT, HIDDEN, Attribute, Call, Either, Given, Path, Pseudo
from payflow_cfn.errors import PlanError

T = TypeVar("T")
_OUTPUTS = "Outputs."
_STEPS = 500_000  # values in a whole set; the shipped one has some thousands


class Scope:
    """One stack: `given` says a parameter's value (ABSENT: none), `pseudo` are the known pseudo parameters.

    `answer` decides a condition of a stack by its name, whatever the values; None: the values decide. Without
    `answer` nothing decides: both sides of every condition stay.
    """

    def __init__(
        self,
        source: StackSource,
        path: Path,
        given: Callable[[str], Any],
        pseudo: Mapping[str, str],
        steps: Iterator[int] | None = None,
        answer: Callable[[Path, str], bool | None] | None = lambda _path, _name: None,
    ) -> None:
        self.source = source
        self.template = source.template
        self.path = path
        self._given = given
        self._pseudo = pseudo
        self._answer = answer
        self._steps = steps or iter(range(_STEPS))
        self._memo: dict[tuple[str, str], Any] = {}
        self._open: list[tuple[str, str]] = []
        if not is_plain(self.template):
            self.template = written_out(self.template, self.value)
            self._memo.clear()  # a list may have asked for conditions that a loop makes
            self.template = with_policies(self.template, self.value)

    def resource_ids(self) -> list[str]:
        """The logical ids of the resources that are created, or may be (their condition is not known)."""
        return [name for name, each in self.part("Resources").items() if self._is_made(each) is not False]

    def open_condition(self, logical_id: str) -> Any:
        """What decides whether a resource is there, where that is not known; ABSENT where it is."""
        wanted = self.part("Resources")[logical_id].get("Condition")
        return self.asked(wanted) if isinstance(wanted, str) and self.condition(wanted) is None else ABSENT

    def output_names(self) -> list[str]:
        """The outputs that the stack has, or may have."""
        return [name for name, each in self.part("Outputs").items() if self._is_made(each) is not False]

    def _is_made(self, declared: Mapping[str, Any]) -> bool | None:
        wanted = declared.get("Condition")
        return self.condition(wanted) if isinstance(wanted, str) else True

    def answered(self, answer: Callable[[Path, str], bool | None], *, left_open: bool = False) -> Scope:
        """The same stack with some of its conditions answered, and perhaps with its parameters left open."""
        given = (lambda name: Given((), name)) if left_open else self._given
        return Scope(self.source, self.path, given, self._pseudo, None, answer)

    def child(self, logical_id: str) -> Scope | None:
        """The scope of a nested stack, or None where its template is not at hand."""
        if logical_id not in self.source.children:
            return None
        return self._once("child", logical_id, lambda: self._make_child(logical_id))

    def every(self) -> Iterator[Scope]:
        """This stack and all that are nested in it."""
        yield self
        for logical_id in self.source.children:
            child = self.child(logical_id)
            if child:
                yield from child.every()

    def parameter(self, name: str) -> Any:
        """The parameter's value: what was given, or its default."""
        return self._once("parameter", name, lambda: self._parameter(name))

    def condition(self, name: str) -> bool | None:
        """Whether a condition holds; None where that is not known."""
        return self._once("condition", name, lambda: self._holds(name))

    def asked(self, name: str) -> Any:
        """A condition's expression, with the conditions that it names spelled out: for one that nobody can decide."""
        return self._once("question", name, lambda: self._question(name))

    def _holds(self, name: str) -> bool | None:
        if self._answer is None:
            return None
        declared, answer = self.part("Conditions"), self._answer(self.path, name)
        if answer is not None or name not in declared:
            return answer
        return decided(declared[name], value=self.value, condition=self.condition)

    def _question(self, name: str) -> Any:
        return spelled(self.part("Conditions").get(name, name), value=self.value, question=self.asked)

    def output(self, name: str) -> Any:
        """The value of an output of this stack; ABSENT where the template has none of that name, or no Value for it."""
        declared = self.part("Outputs").get(name)
        if declared is None or "Value" not in declared or self._is_made(declared) is False:
            return ABSENT
        return self._once("output", name, lambda: self.value(declared.get("Value")))

    def value(self, expression: Any) -> Any:
        """An expression of this template, evaluated as far as possible; properties that come to nothing are dropped."""
        if next(self._steps, None) is None:
            raise PlanError("the templates take too long to work out", remedy="lint the set")
        if isinstance(expression, str):
            return expression
        if isinstance(expression, list):
            found = [self.value(each) for each in expression]
            return [each for each in found if each is not ABSENT]
        if not isinstance(expression, dict | Mapping):  # a dict is found faster
            return expression
        if len(expression) == 1:
            ((key, argument),) = expression.items()
            if key == "Ref" or key.startswith("Fn::"):
                return self._function(key, argument)
        worked = {key: self.value(each) for key, each in expression.items()}
        return {key: each for key, each in worked.items() if each is not ABSENT}

    def part(self, name: str) -> Mapping[str, Any]:
        """A section of the template, such as Outputs; empty where it has none."""
        found = self.template.get(name)
        return found if isinstance(found, Mapping) else {}

    def _once(self, kind: str, name: str, make: Callable[[], T]) -> T:
        key = (kind, name)
        if key not in self._memo:
            if key in self._open:
                where = "/".join((*self.path, name))
                raise PlanError(f"the {kind} {where} needs itself", remedy="lint the set", path=where)
            self._open.append(key)
            try:
                self._memo[key] = make()
            finally:
                self._open.pop()
        found: T = self._memo[key]
        return found

    def _make_child(self, logical_id: str) -> Scope:
        passed = self.part("Resources")[logical_id].get("Properties", {}).get("Parameters", {})

        def given(name: str) -> Any:
            return self.value(passed[name]) if isinstance(passed, Mapping) and name in passed else ABSENT

        path = (*self.path, logical_id)
        return Scope(self.source.children[logical_id], path, given, self._pseudo, self._steps, self._answer)

    def _parameter(self, name: str) -> Any:
        declared = self.part("Parameters")[name]
        found = self._given(name)
        if found is ABSENT:
            found = declared.get("Default", ABSENT)
        if str(declared.get("NoEcho", "")).lower() == "true":
            return _secret(self.path, name, found)
        if found is ABSENT:
            return Given(self.path, name)
        kind = str(declared.get("Type", "String"))
        if kind.startswith("AWS::SSM::Parameter::Value<"):
            return Call("SSM parameter", found)
        if isinstance(found, str) and (kind == "CommaDelimitedList" or kind.startswith("List<")):
            return [each.strip() for each in found.split(",")]
        return found

    def _function(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Ref", _:
                found = self.value(argument)
                return self._ref(found) if isinstance(found, str) else Call("Ref", found)
            case "Fn::GetAtt", _:
                return self._get_att(argument)
            case "Fn::Sub", _:
                return self._sub(argument)
            case "Fn::If", [str() as condition, yes, no]:
                return self._if(condition, yes, no)
            case "Fn::FindInMap", _:
                return find_in_map(self.part("Mappings"), self.value(argument))
        return call(name, self.value(argument))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return ABSENT
        if name.startswith("AWS::"):
            return self._pseudo[name] if name in self._pseudo else Pseudo(name)
        if name in self.part("Parameters"):
            return self.parameter(name)
        return Attribute((*self.path, name), "Ref") if name in self.part("Resources") else Call("Ref", name)

    def _get_att(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else self.value(argument)
        if not (isinstance(parts, list) and len(parts) == 2 and all(isinstance(each, str) for each in parts)):
            return Call("Fn::GetAtt", parts)
        logical_id, attribute = parts
        child = self.child(logical_id) if attribute.startswith(_OUTPUTS) else None
        found = child.output(attribute.removeprefix(_OUTPUTS)) if child else ABSENT
        return Attribute((*self.path, logical_id), attribute) if found is ABSENT else found

    def _sub(self, argument: Any) -> Any:
        if isinstance(argument, str):
            return self._once("text", argument, lambda: substitute(argument, self._variable))
        template, extra = argument if isinstance(argument, list) and len(argument) == 2 else (argument, None)
        if not isinstance(template, str) or not isinstance(extra, Mapping):
            return Call("Fn::Sub", self.value(argument))

        found: dict[str, Any] = {}

        def lookup(name: str) -> Any:
            if name not in found:
                found[name] = self.value(extra[name]) if name in extra else self._variable(name)
            return found[name]

        return substitute(template, lookup)

    def _variable(self, name: str) -> Any:
        return self._get_att(name) if "." in name else self._ref(name)

    def _if(self, condition: str, yes: Any, no: Any) -> Any:
        holds = self.condition(condition)
        if holds is None:
            return Either(self.asked(condition), self.value(yes), self.value(no))
        return self.value(yes if holds else no)


def _secret(path: Path, name: str, found: Any) -> Given:
    if isinstance(found, Given):
        return found
    return Given(path, name, None if found is ABSENT or found == HIDDEN else str(found))
