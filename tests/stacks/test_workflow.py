"""Where the state machine's log goes and what is in it, and that its role is there before it."""

from __future__ import annotations

from typing import Any

import pytest

from governed_sets import EVERYTHING, parsed, properties, statements
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.worlds import World
from payflow_cfn.config.settings import Settings

SETS = pytest.mark.parametrize("settings", [Settings(), EVERYTHING], ids=["plain", "everything"])


def machine(templates: ParsedSet) -> dict[str, Any]:
    return properties(templates, "AWS::StepFunctions::StateMachine")["PaymentWorkflow"]


@SETS
@pytest.mark.parametrize("environment", ["dev", "prod", "pr-17", "e" * 38])
def test_the_log_goes_to_a_vended_group_by_its_physical_name(environment: str, settings: Settings) -> None:
    templates = parsed(settings)
    (destination,) = machine(templates)["LoggingConfiguration"]["Destinations"]
    arn = destination["CloudWatchLogsLogGroup"]["LogGroupArn"]
    place = templates.origin("workflow", arn)
    assert place is not None
    # Fn::GetAtt Arn of a log group ends in `:*`, as the service wants it.
    assert place.attribute == "Arn"
    name = expand(templates, place.stack, templates.resource(place)["Properties"]["LogGroupName"], World(environment))
    assert name == f"/aws/vendedlogs/states/sfn-payment-workflow-{environment}"


@pytest.mark.parametrize("level", ["ALL", "ERROR", "FATAL", "OFF"])
@pytest.mark.parametrize("data", [True, False])
def test_level_and_execution_data_are_settings(level: Any, data: bool) -> None:
    logging = machine(parsed(Settings(workflow_log_level=level, log_execution_data=data)))["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == (level, data)


@SETS
def test_the_machine_comes_after_a_role_that_may_deliver_its_log(settings: Settings) -> None:
    templates = parsed(settings)
    place = templates.origin("workflow", machine(templates)["RoleArn"])
    assert place is not None
    assert (place.resource, place.attribute) == ("WorkflowRole", "Arn")
    # The rights are in the role itself: a policy of its own might come after the machine.
    granted = {
        each for found in statements(templates.resource(place)["Properties"]).values() for each in found["Action"]
    }
    assert granted >= {"logs:CreateLogDelivery", "logs:PutResourcePolicy", "logs:DescribeLogGroups"}
