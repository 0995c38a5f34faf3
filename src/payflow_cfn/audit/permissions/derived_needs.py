"""Derive the needs of the state machine's role from the calls in its definition."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.audit.permissions.grants import Conditions
from payflow_cfn.audit.permissions.terms import Need
from payflow_cfn.aws.data_resources import MACHINE
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.template import notes_of
from payflow_cfn.aws.values import listed
from payflow_cfn.aws.worlds import WORLD, World
from payflow_cfn.lint.task_permissions import Call, Integration, calls_of

_Use = tuple[Integration, str, Conditions]


def invoked(templates: ParsedSet, world: World = WORLD) -> Iterator[Need]:
    """One need for each action and resource that a Task state uses; the reason names the states."""
    for stack, _, machine in templates.resources(MACHINE):
        role = templates.origin(stack, machine["Properties"].get("RoleArn"))
        users: dict[_Use, list[str]] = {}
        declared = _declared(templates, role)
        for call in calls_of(templates, stack, machine, world):
            if call.integration is None and _verb(call.name) in declared:
                continue  # an extension said what the role needs for it
            users.setdefault(_use(templates, stack, call, world), []).append(call.state)
        for (integration, resource, conditions), states in sorted(users.items(), key=_order):
            yield Need(
                f"identity {role.resource if role else '?'}",
                integration.action,
                resource,
                f"called by {', '.join(sorted(states))}",
                integration.source,
                conditions=conditions,
                seen="derived",
            )


def _declared(templates: ParsedSet, role: Place | None) -> set[str]:
    """The actions that an extension's notes say the role needs, without their service."""
    needs = notes_of(templates.resource(role)).get("needs", {}) if role else {}
    return {_verb(action) for each in needs.get("identity", ()) for action in listed(each.get("Action"))}


def _verb(name: str) -> str:
    """The action alone, as policies and integrations share it: putevents of events:putEvents.waitForTaskToken."""
    return str(name).rpartition(":")[2].partition(".")[0].lower()


def _use(templates: ParsedSet, stack: str, call: Call, world: World) -> _Use:
    integration = call.integration or Integration(f"unknown:{call.name}", "")
    conditions: Conditions = ()
    if integration.condition:
        operator, key, argument = integration.condition
        conditions = ((operator, key, (str(expand(templates, stack, call.arguments.get(argument), world)),)),)
    return integration, call.resource, conditions


def _order(item: tuple[_Use, list[str]]) -> tuple[str, str]:
    (integration, resource, _), _states = item
    return integration.action, resource
