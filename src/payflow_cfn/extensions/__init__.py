"""Change the set without a fork: a function gets the draft of the set, and returns it changed by these makers.

`[settings] extensions = ["module:function"]` in payflow.toml names the functions; docs/extensions/makers.md lists
the makers.
"""

from payflow_cfn.config.alarms import Alarm, Threshold
from payflow_cfn.extensions.alarms import add_alarm
from payflow_cfn.extensions.change import override, remove
from payflow_cfn.extensions.functions import add_function
from payflow_cfn.extensions.modules import add_gateway, add_rule
from payflow_cfn.extensions.naming import add_tags, name_prefix
from payflow_cfn.extensions.permissions import Permission, admit, allow
from payflow_cfn.extensions.resources import add_output, add_parameter, add_resource, add_stack
from payflow_cfn.extensions.roles import add_role
from payflow_cfn.extensions.routes import add_choice, add_wait
from payflow_cfn.extensions.steps import add_step
from payflow_cfn.extensions.subscribers import add_subscriber
from payflow_cfn.stacks.draft import Draft

__all__ = [
    "Alarm",
    "Draft",
    "Permission",
    "Threshold",
    "add_alarm",
    "add_choice",
    "add_function",
    "add_gateway",
    "add_output",
    "add_parameter",
    "add_resource",
    "add_role",
    "add_rule",
    "add_stack",
    "add_step",
    "add_subscriber",
    "add_tags",
    "add_wait",
    "admit",
    "allow",
    "name_prefix",
    "override",
    "remove",
]
