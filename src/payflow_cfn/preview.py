"""The former name of payflow_cfn.deploy.preview."""

from __future__ import annotations

from payflow_cfn.deploy.preview import *  # noqa: F403
from payflow_cfn.deploy.preview import __all__ as __all__
