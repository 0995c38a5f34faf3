"""The `aws` commands that do what a deploy does, quoted so that a shell hands over every character."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence


def deploy_commands(
    *,
    stack_name: str,
    template: str,
    parameters: Mapping[str, str],
    capabilities: Sequence[str] = ("CAPABILITY_NAMED_IAM",),
    tags: Mapping[str, str] | None = None,
    role_arn: str = "",
    notification_arns: Sequence[str] = (),
    region: str = "",
    create: bool = False,
    change_set: str = "payflow-by-hand",
) -> tuple[str, ...]:
    """The commands for one deploy: make a change set with the nested stacks, wait, look, execute, wait.

    `template` is an https URL or a file's path; `create` is for a stack that does not exist yet. One change set name is
    used by all lines: change it when two people may do this at once. A change set without changes ends the second line
    with an error, which is AWS's way to say that there is nothing to do.
    """
    where = ["--template-url", template] if template.startswith(("https://", "http://")) else _body(template)
    both = ["--stack-name", stack_name, "--change-set-name", change_set, *_region(region)]
    kind = "CREATE" if create else "UPDATE"
    make = ["create-change-set", *both, "--change-set-type", kind, "--include-nested-stacks", *where]
    make += ["--parameters", _pairs(parameters, "ParameterKey", "ParameterValue"), "--capabilities", *capabilities]
    make += ["--tags", _pairs(tags, "Key", "Value")] if tags else []
    make += ["--role-arn", role_arn] if role_arn else []
    make += ["--notification-arns", *notification_arns] if notification_arns else []
    ended = ["wait", "stack-create-complete" if create else "stack-update-complete", "--stack-name", stack_name]
    return tuple(
        _line(each)
        for each in (
            make,
            ["wait", "change-set-create-complete", *both],
            ["describe-change-set", *both, "--include-property-values"],
            ["execute-change-set", *both],
            [*ended, *_region(region)],
        )
    )


def deploy_command(
    *,
    stack_name: str,
    template_file: str,
    parameters: Mapping[str, str],
    capabilities: Sequence[str] = ("CAPABILITY_NAMED_IAM",),
    tags: Mapping[str, str] | None = None,
    role_arn: str = "",
    bucket: str = "",
    region: str = "",
) -> str:
    """The one line of `aws cloudformation deploy` for a packaged root template in a file.

    Every parameter is in it, because the command keeps the deployed value of those that are not. `bucket` is needed
    above 51,200 bytes. It says nothing about nested stacks beforehand, which `deploy_commands` does.
    """
    line = ["deploy", "--stack-name", stack_name, "--template-file", template_file, "--no-fail-on-empty-changeset"]
    line += ["--capabilities", *capabilities]
    line += (
        ["--parameter-overrides", *(f"{key}={value}" for key, value in sorted(parameters.items()))]
        if parameters
        else []
    )
    line += ["--tags", *(f"{key}={value}" for key, value in sorted(tags.items()))] if tags else []
    line += ["--role-arn", role_arn] if role_arn else []
    line += ["--s3-bucket", bucket] if bucket else []
    return _line([*line, *_region(region)])


def _texts(values: Mapping[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in sorted(values.items())]


def _body(path: str) -> list[str]:
    return ["--template-body", f"file://{path}"]


def _region(region: str) -> list[str]:
    return ["--region", region] if region else []


def _pairs(values: Mapping[str, str], key: str, value: str) -> str:
    """A list in JSON: the shorthand form would cut a value at a comma and take quotes away."""
    return json.dumps([{key: name, value: text} for name, text in sorted(values.items())], separators=(",", ":"))


def _line(words: Sequence[str]) -> str:
    return shlex.join(["aws", "cloudformation", *words])
