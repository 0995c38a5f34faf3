"""The rule about the errors that a Task waits for: what it calls can raise them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import cache

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.integrations import called, integration
from payflow_cfn.lint.machine import all_states
from payflow_cfn.lint.service_models import Action

# What the errors of these services begin with, by the service's name in lower case: the optimized integration's
# spelling and the SDK's. https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
_BEGIN = {
    "dynamodb": ("DynamoDB", "DynamoDb"),
    "lambda": ("Lambda", "Lambda"),
    "sns": ("SNS", "Sns"),
    "sqs": ("SQS", "Sqs"),
}
_ENDS = re.compile(r"(Exception|Fault|Error)+$")


def errors_can_be_raised(templates: ParsedSet) -> Iterator[Breach]:
    """PF084: a Retry and a Catch name errors that the called service can raise, as this integration spells them.

    Step Functions accepts any name. An entry for another one never holds, so a condition that failed is taken for an
    outage (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
    """
    for state in all_states(templates):
        name = integration(templates, state) if state.kind == "Task" else ""
        for field in ("Retry", "Catch") if name else ():
            for number, entry in enumerate(state.fields.get(field, [])):
                for error in entry.get("ErrorEquals", []):
                    if problem := _problem(name, str(error)):
                        yield Breach(state.stack, f"{state.path}/{field}/{number}/ErrorEquals", problem)


def _problem(name: str, error: str) -> str:
    prefix, _, own = error.partition(".")
    service = name.removeprefix("aws-sdk:").partition(":")[0].lower()
    if prefix.lower() not in _BEGIN or not own:
        return ""
    if prefix.lower() != service:
        return f"{name} does not raise {error}"
    begin = _BEGIN[service][name.startswith("aws-sdk:")]
    if prefix != begin:
        return f"{name} raises {begin}.{own}, not {error}"
    found = called(name)
    meant = _close(own, frozenset(_raised(found))) if isinstance(found, Action) else ""
    return f"{service} has no error {own}, it has {meant}" if meant else ""


def _raised(action: Action) -> Iterator[str]:
    """The errors in a service's model."""
    yield from (name for name, shape in action.model["shapes"].items() if shape.get("exception"))


@cache
def _close(name: str, known: frozenset[str]) -> str:
    """The error that a slip of this name is; empty where it is one itself, or like none."""
    roots = {_ENDS.sub("", each): each for each in known}
    root = _ENDS.sub("", name)
    if root in roots:
        # An SDK may end a name otherwise than the model does, but not without an end that the model has.
        return roots[root] if name == root and roots[root] != root else ""
    return next((roots[each] for each in difflib.get_close_matches(root, roots, 1, 0.85)), "")
