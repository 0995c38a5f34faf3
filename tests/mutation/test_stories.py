"""The rendered workflow treats each payment of the stories as it should, and a changed workflow is noticed by them."""

from __future__ import annotations

from typing import Any

import pytest

from mutation.mutant import Path, changed, without
from mutation.stories import STORIES, Story
from mutation.story_desk import tell
from mutation.story_judge import treats_a_payment_differently
from mutation.whole import walked
from payflow_cfn.audit.permissions.configurations import WIDEST
from payflow_cfn.audit.permissions.needs_vs_grants import set_of
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.worlds import WORLD

SET = set_of(WIDEST)
DEFINITION: Path = ("workflow", "Resources", "PaymentWorkflow", "Properties", "Definition")
WORKFLOW = expand(
    SET, "workflow", SET.templates["workflow"]["Resources"]["PaymentWorkflow"]["Properties"]["Definition"], WORLD
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_payment_goes_as_its_story(story: Story) -> None:
    assert tell(WORKFLOW, story) == story.trace


def test_every_state_is_in_a_story() -> None:
    met = treats_a_payment_differently(SET)
    for name in WORKFLOW["States"]:
        assert met(without(SET, (*DEFINITION, "States", name))), name


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("StartAt",), "ProcessPayment"),
        (("States", "ProcessPayment", "Catch", 1, "Next"), "PaymentComplete"),
        (("States", "NotifyFailure", "Retry"), []),
        (("States", "ClaimNotice", "Retry", 0, "MaxAttempts"), 3),
        (("States", "MarkTold", "Retry", 0, "ErrorEquals"), ["Another"]),
        (("States", "MarkTold", "Catch", 1, "Output"), "another"),
        (("States", "AwaitNotice", "Seconds"), 0),
        (("States", "RouteProcessing", "Choices", 4, "Next"), "PaymentFailed"),
        (("States", "ReconcilePayment", "Arguments", "Payload", "last"), False),
        (
            ("States", "ValidatePayment", "Arguments", "Payload", "payment"),
            {"transaction_id": "{% $input.transaction_id %}"},
        ),
        (("States", "WaitForOutcome", "Seconds"), 0),
    ],
)
@pytest.mark.slow
def test_another_workflow_is_noticed(path: Path, value: Any) -> None:
    assert treats_a_payment_differently(SET)(changed(SET, (*DEFINITION, *path), value))


def test_the_workflow_itself_is_not() -> None:
    assert not treats_a_payment_differently(SET)(SET)


@pytest.mark.slow
def test_the_stories_notice_most_of_what_can_be_done_to_the_workflow() -> None:
    """Each seventh change here; `tox -e mutation` makes all of them."""
    share, missed = walked(SET, treats_a_payment_differently(SET), every=7)
    assert share > 0.85
    assert missed == []
