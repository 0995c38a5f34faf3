"""Deploy a root template that stands alone, through the same steps as the whole set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payflow_cfn.deploy import Deployment
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.template import read_root
from payflow_cfn.deploy.deploy_set import deploy

OF_REQUEST = ("rendered", "tags", "options")


def deploy_template(
    cloudformation: Any,
    *,
    stack_name: str,
    root_template: str,
    parameters: Mapping[str, str],
    **more: Any,
) -> Deployment:
    """`root_template` is a text or a URL; `more` belongs to the request or to `deploy`."""
    root = read_root(cloudformation, root_template, stack_name=stack_name)
    asked = {key: more.pop(key) for key in OF_REQUEST if key in more}
    return deploy(cloudformation, Request(stack_name, root, parameters, **asked), **more)
