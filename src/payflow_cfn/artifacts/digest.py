"""A Lambda artifact before it is built: its sources, its identity and its S3 key, which is all that a render needs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from payflow_cfn.artifacts.dependencies import CORE, Pin

Sources = Mapping[str, bytes]
"""The files of one artifact: {POSIX path in the zip: bytes}."""

# Lambda's quotas (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), in bytes.
LIMIT_ZIPPED = 50 * 1024 * 1024
LIMIT_UNZIPPED = 250 * 1024 * 1024

# Raise it when a change of the packaging changes the code that runs: then every identity is new.
_FORMAT = "payflow artifact 1"


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
