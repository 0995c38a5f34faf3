"""The call that makes a change set holds what was asked for, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.session import Session
from botocore.validate import validate_parameters

from payflow_cfn.config.options import Options
from payflow_cfn.deploy.cloudformation.request import Request, change_set_call
from payflow_cfn.deploy.cloudformation.template import RootTemplate

CREATE = Session().get_service_model("cloudformation").operation_model("CreateChangeSet").input_shape
ROOT = RootTemplate({"TemplateURL": "https://b.s3.amazonaws.com/root.json"}, {}, False)


def call(kind: str, **options: Any) -> dict[str, Any]:
    made = change_set_call(
        Request("payflow-dev", ROOT, {}, options=Options(**options)), [], kind=kind, name="payflow-1"
    )
    assert CREATE is not None
    validate_parameters(made, CREATE)
    return made


@pytest.mark.parametrize(("kind", "mode"), [("UPDATE", "REVERT_DRIFT"), ("CREATE", None)])
def test_a_drift_aware_change_set_is_for_a_stack_that_exists(kind: str, mode: str | None) -> None:
    assert call(kind, revert_drift=True).get("DeploymentMode") == mode


def test_express_mode_keeps_the_rollback() -> None:
    assert call("CREATE", express=True)["DeploymentConfig"] == {"Mode": "EXPRESS", "DisableRollback": False}


def test_neither_is_sent_unless_it_is_asked_for() -> None:
    assert {"DeploymentMode", "DeploymentConfig"}.isdisjoint(call("UPDATE"))
