"""Mutants that mean the same as what they were made from, each with its reason; every line has to match a mutant."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ANYBODY = (
    "in a policy of a resource, * and {AWS: *} are both anybody "
    "(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)"
)

_DENIALS = (
    ("queue", "NotificationsDeadLetterQueue DenyPlainTransport"),
    ("topic", "NotificationsTopic DenyPlainTransport"),
    ("secret", "GatewaySecret DenyOtherReaders"),
)

EQUIVALENT: Mapping[str, str] = MappingProxyType(
    {f"{kind} policy, principal widened: {kind} {where}/Principal: is *": _ANYBODY for kind, where in _DENIALS}
)
