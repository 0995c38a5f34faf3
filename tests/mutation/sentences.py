"""A state machine said in short sentences, one a fact: every field of every state is in one of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from mutation.mutant import Memory, leaves, spelled
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.worlds import WORLD

Fields = Mapping[str, Any]


def machine_sentences(templates: ParsedSet, memory: Memory | None = None) -> Iterator[str]:
    """Every fact of every state machine in the set, references resolved; a state in `memory` is not looked at again."""
    memory = memory or Memory()
    for stack, _, resource in templates.resources("AWS::StepFunctions::StateMachine"):
        definition = resource.get("Properties", {}).get("Definition", {})
        for key, value in definition.items():
            if key not in ("States", "Comment"):
                yield f"the workflow has {key} {_said(expand(templates, stack, value, WORLD))}"
        for name, state in definition.get("States", {}).items():
            facts = memory.of(state, partial(_state, templates, stack, state))
            yield from (f"{name} {fact}" for fact in facts)


def _state(templates: ParsedSet, stack: str, state: Fields) -> Iterator[str]:
    for key, value in expand(templates, stack, state, WORLD).items():
        if key in _FIELDS:
            yield from _FIELDS[key](value)
        else:
            yield f"has {key} {_said(value)}"


def _assigned(value: Any) -> Iterator[str]:
    yield from (f"remembers {spelled(path)} = {_said(each)}" for path, each in leaves(value))


def _sent(value: Any) -> Iterator[str]:
    yield from (f"sends {spelled(path)} = {_said(each)}" for path, each in leaves(value))


def _repeated(value: Any) -> Iterator[str]:
    for number, each in enumerate(value, 1):
        errors, rest = each.get("ErrorEquals", []), {k: v for k, v in each.items() if k != "ErrorEquals"}
        yield from (f"repeats {number}. after {error} with {_pairs(rest)}" for error in errors or ["nothing"])


def _caught(value: Any) -> Iterator[str]:
    for number, each in enumerate(value, 1):
        told = {k: v for k, v in each.items() if k not in ("ErrorEquals", "Next")}
        errors = " or ".join(each.get("ErrorEquals", [])) or "nothing"
        remembered = f" and remembers {_said(told)}" if told else ""
        yield f"catches {number}. {errors}: goes to {each.get('Next')}{remembered}"


def _chosen(value: Any) -> Iterator[str]:
    for number, each in enumerate(value, 1):
        rest = {k: v for k, v in each.items() if k not in ("Condition", "Next")}
        more = f" {_said(rest)}" if rest else ""
        yield f"chooses {number}. {each.get('Condition')}: goes to {each.get('Next')}{more}"


_FIELDS: Mapping[str, Callable[[Any], Iterator[str]]] = MappingProxyType(
    {
        "Assign": _assigned,
        "Arguments": _sent,
        "Retry": _repeated,
        "Catch": _caught,
        "Choices": _chosen,
        "Next": lambda value: iter([f"goes to {value}"]),
        "Default": lambda value: iter([f"otherwise goes to {value}"]),
    }
)


def _pairs(value: Fields) -> str:
    return ", ".join(f"{key} {_said(each)}" for key, each in value.items())


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
