"""The `aws` commands that do what a deploy does, quoted for a shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.config.options import DEFAULTS, Options
from payflow_cfn.deploy.changeset.stack_policy import stack_policy
from payflow_cfn.deploy.cloudformation.request import EXPRESS, rollback_configuration


def deploy_commands(
    *,
    stack_name: str,
    template: str,
    parameters: Mapping[str, str],
    capabilities: Sequence[str] = ("CAPABILITY_NAMED_IAM",),
    tags: Mapping[str, str] | None = None,
    options: Options = DEFAULTS,
    region: str = "",
    create: bool = False,
    change_set: str = "payflow-by-hand",
) -> tuple[str, ...]:
    """The commands for one deploy: make a change set with the nested stacks, wait, describe it, execute, wait, guard.

    `template` is an https URL or a file's path; `create` is for a stack that does not exist yet. All lines use the name
    `change_set`, which no other run may have used: CloudFormation keeps the names of executed change sets. If there is
    nothing to change, the second line ends with an error: AWS reports it so.
    """
    where = ["--template-url", template] if template.startswith(("https://", "http://")) else _body(template)
    both = ["--stack-name", stack_name, "--change-set-name", change_set, *_region(region)]
    kind = "CREATE" if create else "UPDATE"
    make = ["create-change-set", *both, "--change-set-type", kind, "--include-nested-stacks", *where]
    make += ["--parameters", _pairs(parameters, "ParameterKey", "ParameterValue"), "--capabilities", *capabilities]
    make += ["--tags", _pairs(tags, "Key", "Value")] if tags else []
    make += ["--role-arn", options.role_arn] if options.role_arn else []
    make += ["--notification-arns", *options.notification_arns] if options.notification_arns else []
    alarms = _compact(rollback_configuration(options))
    make += ["--rollback-configuration", alarms] if options.rollback_alarms else []
    make += ["--deployment-mode", "REVERT_DRIFT"] if options.revert_drift and not create else []
    make += ["--deployment-config", _compact(EXPRESS)] if options.express else []
    ended = ["wait", "stack-create-complete" if create else "stack-update-complete", "--stack-name", stack_name]
    lines = [
        _line(make),
        _line(["wait", "change-set-create-complete", *both]),
        _line(["describe-change-set", *both, "--include-property-values"]),
        _line(["execute-change-set", *both, "--no-disable-rollback"]),
        _line([*ended, *_region(region)]),
    ]
    if options.protect_stateful:
        if not create:
            lines.insert(3, _policy_line(stack_name, region, options.allow_replace))
        lines.append(_policy_line(stack_name, region, ()))
    protection = options.termination_protection
    if protection is not None:
        how = "--enable-termination-protection" if protection else "--no-enable-termination-protection"
        lines.append(_line(["update-termination-protection", how, "--stack-name", stack_name, *_region(region)]))
    return tuple(lines)


def _policy_line(stack_name: str, region: str, allow_replace: Collection[str]) -> str:
    """One line of sh that puts the policy on every nested stack, whose ids it lists, and on the root."""
    query = f"StackResourceSummaries[?ResourceType=='{STACK}'].PhysicalResourceId"
    listing = _line(
        ["list-stack-resources", "--stack-name", stack_name, "--query", query, "--output", "text", *_region(region)]
    )
    policy = ["--stack-policy-body", stack_policy(allow_replace=allow_replace), *_region(region)]
    setting = f'{_line(["set-stack-policy", *policy])} --stack-name "$stack"'
    return f"for stack in $({listing}) {shlex.quote(stack_name)}; do {setting}; done"


def _body(path: str) -> list[str]:
    return ["--template-body", f"file://{path}"]


def _region(region: str) -> list[str]:
    return ["--region", region] if region else []


def _pairs(values: Mapping[str, str], key: str, value: str) -> str:
    """A list in JSON: the shorthand form would cut a value at a comma and remove quotes."""
    return _compact([{key: name, value: text} for name, text in sorted(values.items())])


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _line(words: Sequence[str]) -> str:
    return shlex.join(["aws", "cloudformation", *words])
