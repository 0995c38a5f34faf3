"""Execute or discard a change set that `plan --keep` left for a review."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from payflow_cfn.artifacts.set_folder import ROOT
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.client_types import CloudFormationClient, S3Client
from payflow_cfn.config.options import DEFAULTS, Options
from payflow_cfn.deploy import Clients, Deployment, Drift, OnEvent, Pace, Proposal, Request, Stack, detect_drift
from payflow_cfn.deploy.changeset.change_set import ChangeSet, read_change_set
from payflow_cfn.deploy.changeset.outcome import refused_state
from payflow_cfn.deploy.changeset.preflight import require_free_names
from payflow_cfn.deploy.changeset.propose import OpenChangeSet
from payflow_cfn.deploy.changeset.read_tree import read_proposal
from payflow_cfn.deploy.changeset.review_stack import take_back
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, explained, refusal, says_missing
from payflow_cfn.deploy.cloudformation.events import Explained, LeftBehind, Proposed, ignore
from payflow_cfn.deploy.cloudformation.request import options_mark, planned_call
from payflow_cfn.deploy.cloudformation.stack import find_stack, list_resources, need_stack
from payflow_cfn.deploy.cloudformation.stack_statuses import rule_for
from payflow_cfn.deploy.cloudformation.template import parameter_list
from payflow_cfn.deploy.deploy_set import publish_request
from payflow_cfn.deploy.preview import Preview, preview_proposal, refuse_losses
from payflow_cfn.deploy.preview.drift import is_drifted
from payflow_cfn.deploy.publish.destination import Encryption
from payflow_cfn.diff import Effect, ResourceChange
from payflow_cfn.errors import BusyError, DeployError

_AGAIN = "`payflow plan --keep` makes a new plan"


def deploy_planned(
    cloudformation: CloudFormationClient,
    s3: S3Client,
    templates: TemplateSet,
    *,
    change_set: str,
    bucket: str,
    parameters: Mapping[str, str],
    prefix: str = "payflow",
    on_event: OnEvent = ignore,
    tags: Mapping[str, str] | None = None,
    confirm: Callable[[Preview], bool] | None = None,
    sse: Encryption | None = None,
    expected_owner: str = "",
    options: Options = DEFAULTS,
    clients: Clients | None = None,
    pace: Pace | None = None,
) -> Deployment:
    """Execute the change set that `plan_set` kept, by its name or ARN; the other arguments are those of `deploy_set`.

    DeployError, before anything is changed, when a deploy with these arguments would now do something else: when the
    stack, the templates, the parameters or the options changed since the plan, or a planned resource was changed
    outside CloudFormation. A change set that is refused or declined stays.
    """
    request = publish_request(
        cloudformation,
        s3,
        templates,
        bucket=bucket,
        parameters=parameters,
        prefix=prefix,
        tags=tags,
        sse=sse,
        expected_owner=expected_owner,
        options=options,
    )
    return execute_planned(
        cloudformation,
        request,
        change_set=change_set,
        clients=clients,
        confirm=confirm,
        on_event=on_event,
        pace=pace,
    )


def execute_planned(
    cloudformation: CloudFormationClient,
    request: Request,
    *,
    change_set: str,
    clients: Clients | None = None,
    confirm: Callable[[Preview], bool] | None = None,
    on_event: OnEvent = ignore,
    pace: Pace | None = None,
) -> Deployment:
    """As `deploy_planned`, for a request whose set is in the bucket."""
    pace = pace or Pace()
    plan = _executable(cloudformation, request, change_set)
    with explained("comparing the plan with the stack", stack_name=request.stack_name):
        proposal = read_proposal(cloudformation, plan.change_set, kind=plan.kind)
        _refuse(request.stack_name, _differences(cloudformation, request, plan, proposal))
    if plan.before is None and clients is not None:
        require_free_names(clients, request, on_event)
    drift = detect_drift(cloudformation, stack_name=request.stack_name, pace=pace) if plan.before else None
    proposal = replace(proposal, notes=(*proposal.notes, *_unchecked(drift)))
    on_event(Proposed(proposal))
    seen = preview_proposal(cloudformation, proposal, request, clients=clients)
    on_event(Explained(seen))
    refuse_losses(seen, allowed=request.options.allow_replace)
    _refuse(request.stack_name, _drifted(drift, seen))
    opened = OpenChangeSet(cloudformation, request, plan.before, plan.change_set, False, on_event, pace)
    if confirm and not confirm(seen):
        return opened.leave(declined=True)
    try:
        opened.execute()
    except BusyError as error:
        raise BusyError(error.message, remedy=_AGAIN, **error.data) from error
    return opened.follow()


def discard_planned(
    cloudformation: CloudFormationClient,
    *,
    stack_name: str,
    change_set: str,
    on_event: OnEvent = ignore,
    pace: Pace | None = None,
) -> str:
    """Delete a change set that was not executed, and the empty stacks that exist only for it; returns its name.

    What cannot be deleted is a LeftBehind event.
    """
    stack, found = _find(cloudformation, stack_name, change_set)
    if found.execution.startswith("EXECUTE_"):
        raise DeployError(
            f"the change set {found.name} of {stack_name} is {found.execution}",
            remedy="it stays in the history of the stack",
            stack_name=stack_name,
        )
    take_back(
        cloudformation,
        stack_name,
        found.name,
        found,
        made=found.change_set_id,
        is_new=stack.status == "REVIEW_IN_PROGRESS",
        pace=pace or Pace(),
        on_left=lambda text: on_event(LeftBehind(stack_name, text)),
    )
    return found.name


@dataclass(frozen=True, slots=True)
class _Plan:
    """A change set that can be executed; `before` is the stack that it updates."""

    stack: Stack
    before: Stack | None
    change_set: ChangeSet

    @property
    def kind(self) -> str:
        return "UPDATE" if self.before else "CREATE"


def _executable(cloudformation: CloudFormationClient, request: Request, name: str) -> _Plan:
    stack, found = _find(cloudformation, request.stack_name, name)
    rule = rule_for(stack.status)
    if rule.deploy == "busy":
        raise BusyError(
            f"the stack {stack.name} is busy: {rule.why}",
            remedy=rule.remedy,
            stack_name=stack.name,
            status=stack.status,
        )
    if rule.deploy not in ("create", "update"):
        raise refused_state(cloudformation, stack, rule)
    if (found.status, found.execution) != ("CREATE_COMPLETE", "AVAILABLE"):
        status = found.execution if found.status == "CREATE_COMPLETE" else found.status
        raise DeployError(
            f"the change set {found.name} of {stack.name} is {status} and cannot be executed",
            remedy=_AGAIN,
            stack_name=stack.name,
        )
    return _Plan(stack, stack if rule.deploy == "update" else None, found)


def _find(cloudformation: CloudFormationClient, stack_name: str, name: str) -> tuple[Stack, ChangeSet]:
    """The stack and its change set; DeployError when it has none of this name, or the ARN is another place's."""
    stack = need_stack(cloudformation, stack_name)
    region, account = stack.stack_id.split(":")[3:5]
    missing = DeployError(
        f"{stack_name} in {account}, {region} has no change set {name}",
        remedy=f"it was executed or discarded, or belongs to another account or stack; {_AGAIN}",
        stack_name=stack_name,
    )
    if name.startswith("arn:") and name.split(":")[3:5] != [region, account]:
        raise missing
    try:
        found = read_change_set(cloudformation, name, stack_name=stack_name)
    except aws_errors() as error:
        if says_missing(error):
            raise missing from error
        raise refusal(error, f"reading the change set {name}", stack_name=stack_name) from error
    if found.stack_id != stack.stack_id:
        raise missing
    return stack, found


def _refuse(stack_name: str, reasons: Iterator[str]) -> None:
    found = list(reasons)
    if found:
        raise DeployError(
            f"the plan of {stack_name} no longer holds, nothing was changed: {'; '.join(found)}",
            remedy=_AGAIN,
            stack_name=stack_name,
            reasons=tuple(found),
        )


def _differences(
    cloudformation: CloudFormationClient, request: Request, plan: _Plan, proposal: Proposal
) -> Iterator[str]:
    if plan.before is not None:
        yield from _changed_stacks(cloudformation, plan.before, plan.change_set)
    yield from _changed_templates(cloudformation, request, plan.change_set, proposal)
    values, _ = parameter_list(request.root, request.parameters, stack=plan.before)
    yield from _changed_parameters(request, values, plan.change_set.parameters)
    call = planned_call(replace(request, options=replace(request.options, express=False)), values, kind="", name="")
    if plan.change_set.description != options_mark(call):
        yield "tags, roles, topics or alarms differ from those of the plan, or no plan made the change set"


def _changed_stacks(cloudformation: CloudFormationClient, root: Stack, change_set: ChangeSet) -> Iterator[str]:
    nested = (each.physical_id for each in list_resources(cloudformation, root.stack_id) if each.is_nested)
    for each in (root, *(find_stack(cloudformation, stack_id) for stack_id in nested)):
        if each and each.changed_at and change_set.created_at and each.changed_at > change_set.created_at:
            at = f"{each.changed_at:%Y-%m-%d %H:%M:%S %Z}".rstrip()
            yield f"the stack {each.name} was changed after the plan, at {at}"


def _changed_templates(
    cloudformation: CloudFormationClient, request: Request, change_set: ChangeSet, proposal: Proposal
) -> Iterator[str]:
    files = {hashlib.sha256(text.encode()).hexdigest(): file for file, text in request.rendered.items()}
    documents = {file: json.loads(text) for file, text in request.rendered.items()}
    if not _is_template_of(cloudformation, change_set.change_set_id, request.stack_name, documents[ROOT]):
        yield f"{ROOT} is not that of the plan"
        return  # the files of the nested stacks cannot be found by it
    below: dict[tuple[str, ...], str] = {(): ROOT}
    for each in proposal.changes:
        resources = documents[below[each.path[:-1]]]["Resources"] if each.path[:-1] in below else {}
        url = resources.get(each.logical_id, {}).get("Properties", {}).get("TemplateURL", "")
        file = next((file for digest, file in files.items() if isinstance(url, str) and digest in url), "")
        if each.nested_change_set and file:
            below[each.path] = file
            if not _is_template_of(cloudformation, each.nested_change_set, each.physical_id, documents[file]):
                yield f"{file} is not that of the plan"


def _is_template_of(cloudformation: CloudFormationClient, change_set_id: str, stack: str, document: Any) -> bool:
    of_stack: dict[str, Any] = {"StackName": stack} if stack else {}  # a new nested stack has no id in the change set
    answer = cloudformation.get_template(ChangeSetName=change_set_id, TemplateStage="Original", **of_stack)
    body: Any = answer["TemplateBody"]
    return bool((json.loads(body) if isinstance(body, str) else body) == document)


def _changed_parameters(request: Request, values: list[dict[str, Any]], planned: Mapping[str, str]) -> Iterator[str]:
    """The parameters with another value than in the plan; a secret's value is not compared, for nobody shows it."""
    for each in values:
        name, value = each["ParameterKey"], each.get("ParameterValue")
        if value is None or request.root.parameters[name].secret:
            continue
        if planned.get(name) != value:
            was = f"{planned[name]!r} in the plan" if name in planned else "not in the plan"
            yield f"the parameter {name} is {value!r}, and {was}"


def _drifted(drift: Drift | None, seen: Preview) -> Iterator[str]:
    """The planned resources that were changed outside CloudFormation, without those whose drift the plan shows."""
    shown = {each.path for each in seen.proposal.changes if is_drifted(each)}
    planned = {
        each.path for each in seen.changes if isinstance(each, ResourceChange) and each.effect is not Effect.NOTHING
    }
    for each in drift.real if drift else ():
        if each.path in planned - shown:
            yield f"{'/'.join(each.path)} was changed outside CloudFormation ({each.status})"


def _unchecked(drift: Drift | None) -> Iterator[str]:
    for where, reason in drift.unchecked if drift else ():
        yield f"it is not known whether {where} was changed outside CloudFormation: {reason}"
