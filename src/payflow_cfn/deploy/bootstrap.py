"""Create the artifact bucket of an environment as a small stack of its own, and find it through that stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.config.names import BOOTSTRAP_STACK
from payflow_cfn.config.options import Options
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy import Deployment, OnEvent, Stack, look_up_stack, rule_for
from payflow_cfn.deploy.cloudformation.events import ignore
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.template import read_root
from payflow_cfn.deploy.deploy_set import deploy
from payflow_cfn.deploy.preview import Preview
from payflow_cfn.deploy.publish.destination import Encryption
from payflow_cfn.errors import DeployError
from payflow_cfn.stacks.render import render_template

Kind = Literal["aws:kms", "AES256"]


@dataclass(frozen=True, slots=True)
class ArtifactBucket:
    """A bucket for templates and artifacts; `key_arn` is empty where S3's own key encrypts."""

    name: str
    key_arn: str = ""

    @property
    def encryption(self) -> Encryption:
        """The encryption of each object in it."""
        return Encryption("aws:kms", self.key_arn) if self.key_arn else Encryption()


def bootstrap(
    cloudformation: CloudFormationClient,
    settings: Settings,
    *,
    environment: str,
    bucket_name: str = "",
    encryption: Kind | None = None,
    tags: Mapping[str, str] | None = None,
    confirm: Callable[[Preview], bool] | None = None,
    on_event: OnEvent = ignore,
) -> Deployment:
    """Create or update the environment's artifact bucket as the stack bootstrap-payflow-{environment}.

    An argument that is not given keeps its deployed value; a new bucket gets a name from CloudFormation and a KMS key
    of its own. The bucket and its key stay when the stack is deleted. DeployError when CloudFormation refuses, or when
    the bucket exists under another name or would lose its key.
    """
    stack_name = BOOTSTRAP_STACK.text(environment)
    stack = look_up_stack(cloudformation, stack_name)
    if stack:
        _check_kept(stack, bucket_name, encryption)
    deployed = dict(stack.parameters) if stack else {}
    request = Request(
        stack_name,
        read_root(cloudformation, bootstrap_template(settings), stack_name=stack_name),
        {
            "Environment": environment,
            "BucketName": deployed.get("BucketName", bucket_name),
            "Encryption": encryption or deployed.get("Encryption", "aws:kms"),
        },
        tags=tags,
        # A failed first create leaves nothing behind, so the stack may be recreated.
        options=Options(termination_protection=True, recreate=True),
    )
    try:
        return deploy(cloudformation, request, confirm=confirm, on_event=on_event)
    except DeployError as error:
        if "changes" in error.data:  # the remedy names an option that `bootstrap` does not have
            raise DeployError(error.message, remedy="undo the change", **error.data) from None
        raise


def _check_kept(stack: Stack, bucket_name: str, encryption: Kind | None) -> None:
    found = stack.outputs.get("ArtifactBucketName", "")
    if found and bucket_name not in ("", found):
        raise DeployError(
            f"the stack {stack.name} has the bucket {found}, and a bucket keeps its name",
            remedy=f"leave {bucket_name} out, or name it as the environment's bucket in payflow.toml",
            stack_name=stack.name,
        )
    if encryption == "AES256" and "ArtifactKeyArn" in stack.outputs:
        raise DeployError(
            f"what is in the bucket {found} is encrypted with a key of its own, which the stack {stack.name} keeps",
            remedy="leave AES256 out",
            stack_name=stack.name,
        )


def bootstrap_template(settings: Settings) -> str:
    """The text of the bootstrap stack's template."""
    from payflow_cfn.stacks.bootstrap import bootstrap_stack

    return render_template(bootstrap_stack(settings))


def find_bucket(cloudformation: CloudFormationClient, *, environment: str) -> ArtifactBucket | None:
    """The bucket that `bootstrap` made for the environment, or None."""
    name = BOOTSTRAP_STACK.text(environment)
    stack = look_up_stack(cloudformation, name)
    if stack is None:
        return None
    found = ArtifactBucket(stack.outputs.get("ArtifactBucketName", ""), stack.outputs.get("ArtifactKeyArn", ""))
    if not found.name:
        raise DeployError(
            f"the stack {name} is {stack.status} and names no bucket: {rule_for(stack.status).why}",
            remedy="run bootstrap again, or delete that stack",
            stack_name=name,
        )
    return found
