"""What makes a published version of a function: its code, and the properties that Lambda freezes with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
# Tags and reserved concurrency are not among them, and Lambda refuses a version without a difference.
_FROZEN = (
    *("Architectures", "Description", "Environment", "Handler", "KmsKeyArn", "Layers", "LoggingConfig"),
    *("MemorySize", "Role", "Runtime", "Timeout", "TracingConfig", "VpcConfig"),
)


def version_digits(properties: Mapping[str, Any], identity: str) -> str:
    """Ten hexadecimal digits that change exactly when a published version of the function would.

    `properties` are the function's, `identity` is the content hash of its artifact.
    """
    frozen = {key: properties[key] for key in _FROZEN if key in properties}
    text = json.dumps([identity, frozen], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
