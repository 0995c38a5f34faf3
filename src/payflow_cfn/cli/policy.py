"""`policy`: the IAM policies for the people and the applications of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

from payflow_cfn.cli.shared import (
    bucket_option,
    chosen_set,
    environment_option,
    needed,
    prefix_option,
    print_document,
    set_option,
    tell_of_unlisted,
)
from payflow_cfn.errors import SettingsError

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.config.environment import Target
    from payflow_cfn.iam import Access, Scope

_DEFAULT_ROLE = "-"
_UNBOUNDED = (
    "warning: {environment} has no permissions boundary, so a user of these documents can become the account's "
    "administrator; set PermissionsBoundary in [environments.{environment}.parameters] of payflow.toml (docs/access.md)"
)


@click.command()
@click.argument("role", type=click.Choice(["deployer", "planner", "operator", "reader", "keeper", "caller"]))
@environment_option
@click.option("--account", help="The 12 digits of the account (or in payflow.toml).")
@click.option("--region", help="Region of the stack (or in payflow.toml).")
@bucket_option
@prefix_option
@click.option(
    "--with-service-role",
    "service_role",
    metavar="[ARN]",
    is_flag=False,
    flag_value=_DEFAULT_ROLE,
    help="CloudFormation assumes this role (by default service_role_arn of payflow.toml, which needs no option, or "
    "role-cloudformation-payflow-ENV).",
)
@set_option
@click.option("--out", help="Folder to write each document to as a file, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; the output is always JSON.")
def policy(
    role: Any,
    environment: str,
    account: str | None,
    region: str | None,
    bucket: str | None,
    prefix: str,
    service_role: str | None,
    folder: str | None,
    out: str | None,
    as_json: bool,  # noqa: ARG001 - every command that reports takes it
) -> int:
    """Print the least IAM policies for a role, as JSON.

    \b
    deployer  plans, deploys, recovers and destroys
    planner   plans, and executes nothing
    operator  starts, stops and reads payments, and handles undelivered notices
    reader    sees the deployment and its alarms, and no payment
    keeper    forgets customers, and marks payments after a restore
    caller    is the application: starts payments and reads their results

    Needs no credentials and no network. The deployer's is for an environment with a permissions boundary: the parameter
    PermissionsBoundary in payflow.toml. Without one, a deployer can become the account's administrator.

    `bootstrap` needs none of these: AWS's managed policy PowerUserAccess is enough for it. Run it once, before a
    deployer has anything to deploy into.
    """
    from payflow_cfn.aws.tags import FIXED_TAGS
    from payflow_cfn.config.project import read_project
    from payflow_cfn.iam import Scope, access_for, children_of

    project = read_project()
    tell_of_unlisted(project, environment)
    target = project.target(environment)
    templates = chosen_set(folder, project)
    scope = Scope(
        environment,
        account=_agreed(environment, "account", account, target.account),
        region=_agreed(environment, "region", region, target.region),
        children=children_of(templates),
        bucket=needed(bucket or target.bucket, "--bucket") if role in ("deployer", "planner") else "",
        prefix=prefix,
        bucket_key=target.bucket_key,
        owner=templates.tags.get("Owner", FIXED_TAGS["Owner"]),
        role_path=target.parameters.get("RolePath", "/"),
        boundary=target.parameters.get("PermissionsBoundary", ""),
        key_arns=_key_arns(templates, target),
        parameters=target.parameters,
    )
    found = access_for(role, scope, templates, service_role=_service_role(service_role, target, scope))
    for each in found.left_out:
        click.echo(f"not granted: {each}; grant it yourself (docs/access.md)", err=True)
    if role == "deployer" and not scope.boundary:
        click.echo(_UNBOUNDED.format(environment=environment), err=True)
    if out:
        _write(out, found)
    print_document(_report(role, scope, found))
    return 0


def _agreed(environment: str, what: str, said: str | None, filed: str) -> str:
    """The option's value or the file's; SettingsError when they differ, as in the commands that call AWS."""
    if said and filed and said != filed:
        raise SettingsError(
            f"{environment} belongs to {filed}, and --{what} is {said}",
            remedy=f"leave --{what} out, or correct payflow.toml",
        )
    return needed(said or filed, f"--{what}")


def _key_arns(templates: TemplateSet, target: Target) -> dict[str, str]:
    from payflow_cfn.config.settings import KeyPurpose

    names = {purpose: f"{purpose.capitalize()}KeyArn" for purpose in get_args(KeyPurpose)}
    return {
        purpose: needed(target.parameters.get(name, ""), f"parameter {name}")
        for purpose, name in names.items()
        if name in templates.parameters
    }


def _service_role(said: str | None, target: Target, scope: Scope) -> str:
    if said is None:
        return target.service_role_arn
    if said != _DEFAULT_ROLE:
        return said
    return target.service_role_arn or scope.role(f"/role-cloudformation-payflow-{scope.environment}")


def _report(role: str, scope: Scope, found: Access) -> dict[str, Any]:
    report: dict[str, Any] = {
        "role": role,
        "environment": scope.environment,
        "account": scope.account,
        "region": scope.region,
        "partition": scope.partition,
        "documents": [_listed(each) for each in found.documents],
    }
    if found.trust:
        report["service_role"] = {"trust": found.trust, "documents": [_listed(each) for each in found.service]}
    return {**report, "wildcards": found.wildcards(), "left_out": list(found.left_out)}


def _listed(document: Any) -> dict[str, Any]:
    return {"name": document.name, "characters": document.characters, "document": document.body}


def _write(out: str, found: Access) -> None:
    import json

    from payflow_cfn.disk import write_files

    files = {f"{each.name}.json": each.body for each in (*found.documents, *found.service)}
    if found.trust:
        files["trust-cloudformation.json"] = dict(found.trust)
    texts = {name: f"{json.dumps(body, indent=2)}\n".encode() for name, body in files.items()}
    changed = write_files(out, texts)
    click.echo(f"{out}: {len(texts)} files, {len(changed)} changed", err=True)
