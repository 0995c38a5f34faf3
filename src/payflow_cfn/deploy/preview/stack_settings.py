"""Compare the settings of the stack itself with those of a deploy: tags, role, notices, alarms, guards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.changeset.stack_policy import is_protected
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.stack import Stack
from payflow_cfn.diff import InterfaceChange
from payflow_cfn.errors import DeployError


def sent_settings(stack: Stack, request: Request) -> tuple[InterfaceChange, ...]:
    """What the change set sets of a stack that exists; an option that is not given leaves the stack's own."""
    return tuple(_sent(stack, request))


def guards(
    cloudformation: CloudFormationClient, stack: Stack, request: Request
) -> tuple[tuple[InterfaceChange, ...], tuple[str, ...]]:
    """The guards that a deploy changes after the operation, and a note where the stack's policy may not be read."""
    options, found = request.options, []
    wanted = options.termination_protection
    if wanted is not None and wanted != stack.protected:
        found.append(_change("termination protection", stack.protected, wanted, is_weaker=not wanted))
    if not options.protect_stateful:
        return tuple(found), ()
    try:
        is_guarded = is_protected(cloudformation, stack)
    except DeployError as error:
        return tuple(found), (f"the stack policy is not compared: {error.message}",)
    if not is_guarded:
        found.append(_change("stack policy", "another, or none", "protects what holds data"))
    return tuple(found), ()


def _sent(stack: Stack, request: Request) -> Iterator[InterfaceChange]:
    options = request.options
    if request.tags is not None:
        yield from _other_tags(stack.tags, request.tags)
    if options.role_arn and options.role_arn != stack.role_arn:
        yield _change("service role", stack.role_arn or None, options.role_arn)
    pairs = (
        ("notification target", stack.notification_arns, options.notification_arns),
        ("rollback alarm", stack.rollback_alarms, options.rollback_alarms),
    )
    for name, old, new in pairs:
        if new:
            yield from _other_items(name, old, new)
    if options.rollback_alarms and options.monitoring_minutes != stack.monitoring_minutes:
        yield _change("minutes of monitoring", stack.monitoring_minutes, options.monitoring_minutes)


def _other_tags(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[InterfaceChange]:
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            yield _change(f"tag {key}", old.get(key), new.get(key))


def _other_items(name: str, old: Iterable[str], new: Iterable[str]) -> Iterator[InterfaceChange]:
    for each in dict.fromkeys((*old, *new)):
        if each not in new:
            yield _change(name, each, None, is_weaker=True)
        elif each not in old:
            yield _change(name, None, each)


def _change(name: str, before: Any, after: Any, *, is_weaker: bool = False) -> InterfaceChange:
    text = "new" if before is None else "removed" if after is None else "changed"
    return InterfaceChange("stack", name, text, before, after, breaking=is_weaker)
