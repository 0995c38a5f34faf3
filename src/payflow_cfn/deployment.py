"""The former name of payflow_cfn.deploy.deploy_set."""

from __future__ import annotations

from payflow_cfn.deploy.deploy_set import deploy, deploy_set, plan_set, publish_request

__all__ = ["deploy", "deploy_set", "plan_set", "publish_request"]
