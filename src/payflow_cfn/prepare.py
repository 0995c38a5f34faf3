"""The former name of payflow_cfn.deploy.prepare."""

from __future__ import annotations

from payflow_cfn.deploy.prepare import prepare

__all__ = ["prepare"]
