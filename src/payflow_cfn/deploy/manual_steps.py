"""Write a deploy of the whole set as shell lines with the AWS CLI."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from payflow_cfn.artifacts.digest import artifact_key
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.client_types import CloudFormationClient, S3Client
from payflow_cfn.config.names import ROOT_STACK
from payflow_cfn.config.options import DEFAULTS, Options
from payflow_cfn.deploy import deploy_commands
from payflow_cfn.deploy.changeset.change_set import unique_name
from payflow_cfn.deploy.cloudformation.stack import look_up_stack
from payflow_cfn.deploy.cloudformation.stack_statuses import rule_for
from payflow_cfn.deploy.cloudformation.template import needed_capabilities, parameter_list
from payflow_cfn.deploy.prepare import prepare
from payflow_cfn.deploy.publish.destination import Encryption, destination, located_set


def deploy_lines(
    cloudformation: CloudFormationClient,
    s3: S3Client,
    templates: TemplateSet,
    *,
    bucket: str,
    prefix: str,
    parameters: Mapping[str, str],
    tags: Mapping[str, str] | None = None,
    options: Options = DEFAULTS,
    sse: Encryption | None = None,
) -> tuple[str, ...]:
    """The lines for a POSIX shell that do what `deploy_set` would: our own packaging, then the AWS CLI.

    One request, which reads the stack: the lines of a first deploy differ from those of an update.
    """
    region, stack_name = cloudformation.meta.region_name, ROOT_STACK.text(parameters["Environment"])
    made = prepare(cloudformation, templates, parameters, options, tags=tags)
    stack = look_up_stack(cloudformation, stack_name)
    sent, _ = parameter_list(made.root, made.parameters, stack=stack)
    to = destination(s3, bucket=bucket, prefix=prefix, region=region)
    keys = {name: artifact_key(name, each.identity) for name, each in templates.artifacts.items()}
    place = located_set(to, rendered=templates.templates, artifacts=keys)
    where = ["--env", parameters["Environment"], "--bucket", bucket, "--prefix", prefix, "--region", region]
    where += ["--set", templates.folder] if templates.folder else []
    where += ["--kms-key", sse.key] if sse and sse.key else []
    lines = deploy_commands(
        stack_name=stack_name,
        template=place.root_url,
        parameters={each["ParameterKey"]: each["ParameterValue"] for each in sent},
        capabilities=needed_capabilities(made.root, templates.templates.values()),
        tags=tags,
        options=options,
        region=region,
        create=rule_for(stack.status if stack else None).deploy == "create",
        change_set=unique_name(),
    )
    return (shlex.join(["payflow", "package", *where]), *lines)
