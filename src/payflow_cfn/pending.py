"""The former name of payflow_cfn.artifacts.build."""

from __future__ import annotations

from payflow_cfn.artifacts.build import build_artifact, read_vendored, set_artifacts

__all__ = ["build_artifact", "read_vendored", "set_artifacts"]
