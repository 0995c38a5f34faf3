"""The preview of a deploy, from the templates and a change set: one plan for the root and all nested stacks."""

from __future__ import annotations

from payflow_cfn.deploy.preview.losses import refuse_losses
from payflow_cfn.deploy.preview.merge import Preview, preview
from payflow_cfn.deploy.preview.stack import preview_change, preview_proposal

__all__ = ["Preview", "preview", "preview_change", "preview_proposal", "refuse_losses"]
