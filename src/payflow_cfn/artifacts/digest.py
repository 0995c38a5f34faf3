"""A Lambda artifact before it is built: its sources, its identity, its S3 key and the version that is made of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from payflow_cfn.artifacts.dependencies import CORE, Pin

Sources = Mapping[str, bytes]
"""The files of one artifact: {POSIX path in the zip: bytes}."""

# Lambda's quotas (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), in bytes.
LIMIT_ZIPPED = 50 * 1024 * 1024
LIMIT_UNZIPPED = 250 * 1024 * 1024

# Raise it when a change of the packaging changes the code that runs: then every identity is new.
_FORMAT = "payflow artifact 1"

# What a published version keeps (https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html).
# Tags and reserved concurrency are not among them, and Lambda refuses a version without a difference.
_FROZEN = (
    *("Architectures", "Description", "Environment", "Handler", "KmsKeyArn", "Layers", "LoggingConfig"),
    *("MemorySize", "Role", "Runtime", "Timeout", "TracingConfig", "VpcConfig"),
)


def artifact_key(name: str, identity: str) -> str:
    """The last part of an artifact's S3 key."""
    return f"{name}-{identity}.zip"


def artifact_identity(
    name: str,
    sources: Sources,
    *,
    runtime: str = "python3.11",
    architecture: str = "x86_64",
    pins: tuple[Pin, ...] = CORE,
) -> str:
    """The SHA-256 (hex) over everything that goes into the artifact `name`: our sources and the pinned distributions.

    The zip itself is not hashed: its bytes also depend on the builder's Python (bytecode, zlib), and that changes
    nothing that runs.
    """
    digest = hashlib.sha256(f"{_FORMAT}\n{name} {runtime} {architecture}\n".encode())
    for pin in sorted(pins, key=lambda each: each.name):
        digest.update(f"{pin.name} {pin.version} {pin.record}\n".encode())
    for path in sorted(sources):
        digest.update(f"{path}\0{hashlib.sha256(sources[path]).hexdigest()}\n".encode())
    return digest.hexdigest()


def version_digits(properties: Mapping[str, Any], identity: str) -> str:
    """Ten hexadecimal digits that change exactly when a published version of the function would.

    `properties` are the function's, `identity` is the content hash of its artifact.
    """
    frozen = {key: properties[key] for key in _FROZEN if key in properties}
    text = json.dumps([identity, frozen], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
