"""AWS CloudFormation."""

from __future__ import annotations

from typing import Any

from troposphere import Tags
from troposphere.cloudformation import Stack


def nested_stack(title: str, *, url: str, parameters: dict[str, Any], tags: Tags) -> Stack:
    """A nested stack; `url` is a path beside the root template until the set is packaged.

    It is deleted with its parent; a resource that has to stay has its own DeletionPolicy.
    """
    return Stack(
        title,
        TemplateURL=url,
        Parameters=parameters,
        Tags=tags,
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )
