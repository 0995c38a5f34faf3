"""AWS Key Management Service."""

from __future__ import annotations

from typing import Any

from troposphere import Ref, Tags
from troposphere.kms import Alias, Key


def key(title: str, *, purpose: str, policy: Any, pending_window_days: int, tags: Tags) -> Key:
    """A symmetric key, rotated each year, kept without its stack: without the key, the encrypted data is lost."""
    return Key(
        title,
        Description=purpose,
        EnableKeyRotation=True,
        KeyPolicy=policy,
        PendingWindowInDays=pending_window_days,
        Tags=tags,
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )


def alias(key: Key, *, name: Any) -> Alias:
    """The key's readable name."""
    return Alias(f"{key.title}Alias", AliasName=name, TargetKeyId=Ref(key))
