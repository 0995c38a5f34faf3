"""The former name of payflow_cfn.diff."""

from __future__ import annotations

from payflow_cfn.diff import *  # noqa: F403
from payflow_cfn.diff import __all__ as __all__
