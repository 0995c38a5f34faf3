"""Deploying: look, propose, execute, follow, explain; and its opposites destroy, recover and drift."""

from __future__ import annotations

from payflow_cfn.deploy.changes import PropertyChange, Proposal, ProposedChange
from payflow_cfn.deploy.diagnose import Cause, Diagnosis, diagnose, diagnose_change_set
from payflow_cfn.deploy.events import DeployEvent, OnEvent, event_data
from payflow_cfn.deploy.execute import deploy, resume
from payflow_cfn.deploy.outcome import Deployment
from payflow_cfn.deploy.stack import Stack, StackResource, find_stack, list_resources, need_stack, read_outputs
from payflow_cfn.deploy.states import STATES, StateRule, rule_for
from payflow_cfn.deploy.wait import Pace

__all__ = [
    "STATES",
    "Cause",
    "DeployEvent",
    "Deployment",
    "Diagnosis",
    "OnEvent",
    "Pace",
    "PropertyChange",
    "Proposal",
    "ProposedChange",
    "Stack",
    "StackResource",
    "StateRule",
    "deploy",
    "diagnose",
    "diagnose_change_set",
    "event_data",
    "find_stack",
    "list_resources",
    "need_stack",
    "read_outputs",
    "resume",
    "rule_for",
]
