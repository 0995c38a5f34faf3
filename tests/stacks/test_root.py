"""Root keeps its promised outputs and joins its children by name; a name without exactly one owner is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governed_sets import EVERYTHING, IDENTITIES, parsed
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import RenderError
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.root import interface, parameters_of, root_stack
from payments.exemptions import ExemptionsError, read_exemptions

ALARMS = ("WorkflowFailures", "ValidationErrors", "ValidationThrottles", "ProcessingErrors", "ProcessingThrottles")
# What others build on: a key that goes breaks them.
PROMISED = {
    *("StateMachineArn", "StateMachineName", "StateMachineId", "StateMachineRoleArn"),
    *(f"{f}Function{p}" for f in ("Validation", "Processing") for p in ("Name", "Arn", "InvokeArn", "RoleArn")),
    *("TransactionsTableName", "TransactionsTableArn", "TransactionsTableId"),
    *("NotificationsTopicArn", "NotificationsTopicName"),
    *(f"{group}LogGroup{part}" for group in ("Validation", "Processing", "Workflow") for part in ("Name", "Arn")),
    *(f"{key}Key{part}" for key in ("Dynamodb", "Sns", "Cloudwatch") for part in ("Id", "Arn")),
    *(f"{alarm}Alarm{part}" for alarm in (*ALARMS, "PaymentDuration") for part in ("Name", "Arn")),
    *("AccountId", "Region", "TemplateVersion"),
}


@pytest.mark.parametrize("settings", [Settings(), EVERYTHING], ids=["plain", "everything"])
def test_root_keeps_every_promised_output(settings: Settings) -> None:
    assert len(PROMISED) == 44
    assert PROMISED - set(parsed(settings).templates["root"]["Outputs"]) == set()


def test_a_parameter_without_an_owner_is_refused() -> None:
    stacks = build_stacks(Settings(), IDENTITIES)
    del stacks["root"], stacks["encryption"].outputs["DynamodbKeyArn"]
    with pytest.raises(RenderError, match="DynamodbKeyArn of storage has no owner"):
        root_stack(Settings(), {name: interface(each) for name, each in stacks.items()})


def test_an_output_with_two_owners_is_refused() -> None:
    stacks = build_stacks(Settings(), IDENTITIES)
    stacks["storage"].outputs["SnsKeyArn"] = stacks["encryption"].outputs["SnsKeyArn"]
    del stacks["root"]
    with pytest.raises(RenderError, match="SnsKeyArn is an output of both encryption and storage"):
        root_stack(Settings(), {name: interface(each) for name, each in stacks.items()})


PIECES = st.sampled_from(["a", "Z", "7", "[0-9]", "[A-Z_]", "[a-f0-9]", "{2}", "{1,3}", ".", "-", "#", "(", "*", "[9-"])
ENTRIES = st.tuples(st.sampled_from(["a", "metadata.x", "transaction_id"]), st.lists(PIECES, min_size=1, max_size=8))


@given(st.lists(ENTRIES, max_size=3))
def test_root_takes_every_exemption_that_the_function_takes(entries: list[tuple[str, list[str]]]) -> None:
    text = "; ".join(f"{field} = {''.join(pieces)}" for field, pieces in entries)
    pattern = parameters_of(Settings())["CardSearchExemptions"]["AllowedPattern"]
    try:
        read_exemptions(text)
    except ExemptionsError:
        return
    assert re.fullmatch(pattern, text)


@pytest.mark.parametrize("text", ["a", "a=", "=a", "a=(b)", "a=.*", "a=[^0-9]", "a=b;;c=d", "{% $input %}"])
def test_root_refuses_what_is_no_exemption(text: str) -> None:
    pattern = parameters_of(Settings())["CardSearchExemptions"]["AllowedPattern"]
    assert not re.fullmatch(pattern, text)
