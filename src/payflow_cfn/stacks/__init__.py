"""The stacks of the set, one module each; `build_stacks` makes them all."""

from __future__ import annotations

from collections.abc import Mapping

from troposphere import Template

from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.customer_resources import KEYS
from payflow_cfn.stacks.encryption import encryption_stack
from payflow_cfn.stacks.functions import functions_stack
from payflow_cfn.stacks.monitoring import monitoring_stack
from payflow_cfn.stacks.notifications import notifications_stack
from payflow_cfn.stacks.root import interface, root_stack
from payflow_cfn.stacks.storage import storage_stack
from payflow_cfn.stacks.workflow import workflow_stack


def build_stacks(settings: Settings, identities: Mapping[str, str]) -> dict[str, Template]:
    """The templates by stack name, in deploy order, root last.

    `identities` are the content hashes of the artifacts `validation` and `processing`: published versions follow them.
    """
    children = build_children(settings, identities)
    return {**children, "root": root_stack(settings, {name: interface(each) for name, each in children.items()})}


def build_children(settings: Settings, identities: Mapping[str, str]) -> dict[str, Template]:
    """The nested stacks of `build_stacks`, without the root that connects them."""
    # CloudFormation refuses a stack without resources, so it is left out when all keys exist already.
    keys = {} if set(settings.existing_keys) == set(KEYS) else {"encryption": encryption_stack(settings)}
    return {
        **keys,
        "storage": storage_stack(settings),
        "notifications": notifications_stack(settings),
        "functions": functions_stack(settings, identities),
        "workflow": workflow_stack(settings),
        "monitoring": monitoring_stack(settings),
    }
