"""Work with CloudFormation: open a change set, execute and follow it; destroy, recover, drift, diagnose."""

from __future__ import annotations

from payflow_cfn.deploy.changeset.aws_cli_script import deploy_commands
from payflow_cfn.deploy.changeset.diagnose import Diagnosis, diagnose, diagnose_change_set, diagnose_stack
from payflow_cfn.deploy.changeset.outcome import Deployment
from payflow_cfn.deploy.changeset.preflight import Collision, Preflight, find_collisions
from payflow_cfn.deploy.changeset.propose import OpenChangeSet, open_change_set
from payflow_cfn.deploy.changeset.resume import resume
from payflow_cfn.deploy.changeset.stack_policy import lift_deletion_protection
from payflow_cfn.deploy.changeset.wait import Pace
from payflow_cfn.deploy.cloudformation.changes import PropertyChange, Proposal, ProposedChange
from payflow_cfn.deploy.cloudformation.events import DeployEvent, OnEvent, event_data
from payflow_cfn.deploy.cloudformation.findings import Cause
from payflow_cfn.deploy.cloudformation.name_lookup import Clients
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.stack import (
    Stack,
    StackResource,
    find_stack,
    list_resources,
    look_up_stack,
    need_stack,
    read_outputs,
)
from payflow_cfn.deploy.cloudformation.stack_statuses import STATES, StateRule, rule_for
from payflow_cfn.deploy.cloudformation.text import event_line, proposal_text
from payflow_cfn.deploy.operations.deployed_templates import Deployed, read_deployed
from payflow_cfn.deploy.operations.destroy import Destruction, destroy, plan_destroy
from payflow_cfn.deploy.operations.drift import detect_drift
from payflow_cfn.deploy.operations.drift_report import Drift
from payflow_cfn.deploy.operations.leftovers import Leftovers, find_leftovers
from payflow_cfn.deploy.operations.recover import Recovery, plan_recovery, recover
from payflow_cfn.deploy.operations.retained_resources import Retained
from payflow_cfn.deploy.operations.status import NestedStatus, Operation, SetStatus, read_status

__all__ = [
    "STATES",
    "Cause",
    "Clients",
    "Collision",
    "DeployEvent",
    "Deployed",
    "Deployment",
    "Destruction",
    "Diagnosis",
    "Drift",
    "Leftovers",
    "NestedStatus",
    "OnEvent",
    "OpenChangeSet",
    "Operation",
    "Pace",
    "Preflight",
    "PropertyChange",
    "Proposal",
    "ProposedChange",
    "Recovery",
    "Request",
    "Retained",
    "SetStatus",
    "Stack",
    "StackResource",
    "StateRule",
    "deploy_commands",
    "destroy",
    "detect_drift",
    "diagnose",
    "diagnose_change_set",
    "diagnose_stack",
    "event_data",
    "event_line",
    "find_collisions",
    "find_leftovers",
    "find_stack",
    "lift_deletion_protection",
    "list_resources",
    "look_up_stack",
    "need_stack",
    "open_change_set",
    "plan_destroy",
    "plan_recovery",
    "proposal_text",
    "read_deployed",
    "read_outputs",
    "read_status",
    "recover",
    "resume",
    "rule_for",
]
