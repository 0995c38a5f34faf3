"""Work with CloudFormation: open a change set, execute and follow it; destroy, recover, drift, diagnose."""

from __future__ import annotations

from payflow_cfn.deploy.changes import PropertyChange, Proposal, ProposedChange
from payflow_cfn.deploy.deployed import Deployed, read_deployed
from payflow_cfn.deploy.destroy import Destruction, destroy, plan_destroy
from payflow_cfn.deploy.diagnose import Cause, Diagnosis, diagnose, diagnose_change_set, diagnose_stack
from payflow_cfn.deploy.drift import detect_drift
from payflow_cfn.deploy.drifted import Drift
from payflow_cfn.deploy.events import DeployEvent, OnEvent, event_data
from payflow_cfn.deploy.lines import event_line, proposal_text
from payflow_cfn.deploy.looks import Clients
from payflow_cfn.deploy.outcome import Deployment
from payflow_cfn.deploy.preflight import Collision, Preflight, find_collisions
from payflow_cfn.deploy.propose import OpenChangeSet, open_change_set
from payflow_cfn.deploy.protect import lift_deletion_protection
from payflow_cfn.deploy.recover import Recovery, plan_recovery, recover
from payflow_cfn.deploy.request import Request
from payflow_cfn.deploy.resume import resume
from payflow_cfn.deploy.retained import Retained
from payflow_cfn.deploy.show_cli import deploy_command, deploy_commands
from payflow_cfn.deploy.stack import (
    Stack,
    StackResource,
    find_stack,
    list_resources,
    look_up_stack,
    need_stack,
    read_outputs,
)
from payflow_cfn.deploy.states import STATES, StateRule, rule_for
from payflow_cfn.deploy.status import NestedStatus, Operation, SetStatus, read_status
from payflow_cfn.deploy.wait import Pace

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
    "deploy_command",
    "deploy_commands",
    "destroy",
    "detect_drift",
    "diagnose",
    "diagnose_change_set",
    "diagnose_stack",
    "event_data",
    "event_line",
    "find_collisions",
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
