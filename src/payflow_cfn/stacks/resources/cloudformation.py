"""AWS CloudFormation."""

from __future__ import annotations

from typing import Any

from troposphere import Tags
from troposphere.cloudformation import Stack


def nested_stack(title: str, *, url: str, parameters: dict[str, Any], tags: Tags) -> Stack:
    """A child stack; `url` is a path beside the root template until the set is packaged.

    It goes with its parent; what must outlive it says so itself.
    """
    return Stack(
        title,
        TemplateURL=url,
        Parameters=parameters,
        Tags=tags,
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )
