"""The rule about the attributes of a message: the type fits the value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.filter_policies import attribute_texts
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.integrations import integration
from payflow_cfn.lint.machine import all_states
from payflow_cfn.lint.metric_sources import number
from payflow_cfn.lint.results import assigned_shapes

_SENDING = ("sns:publish", "sqs:sendMessage")


def attributes_fit_their_types(templates: ParsedSet) -> Iterator[Breach]:
    """PF106: an attribute of a message that is a Number has a number.

    SNS and SQS refuse the message otherwise, so that each notice is lost
    (https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html).
    """
    states = list(all_states(templates))
    variables = assigned_shapes(templates, states)
    for state in states:
        name = integration(templates, state).removeprefix("aws-sdk:") if state.kind == "Task" else ""
        given = state.fields.get("Arguments", state.fields.get("Parameters"))
        attributes = given.get("MessageAttributes") if isinstance(given, dict) and name.startswith(_SENDING) else None
        for key, value in attributes.items() if isinstance(attributes, dict) else ():
            if text := _no_number(value, variables):
                field = "Arguments" if "Arguments" in state.fields else "Parameters"
                told = f"{key} is a Number, and its value is {text!r}"
                yield Breach(state.stack, f"{state.path}/{field}/MessageAttributes/{key}", told)


def _no_number(attribute: Any, variables: Mapping[str, Any]) -> str:
    """A text that the value of a Number can be, and that is not one."""
    is_number = isinstance(attribute, dict) and str(attribute.get("DataType")).split(".")[0] == "Number"
    texts = attribute_texts(attribute.get("StringValue"), variables) if is_number else None
    return min((each for each in texts or () if number(each) is None), default="")
