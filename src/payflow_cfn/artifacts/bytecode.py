"""Compile hash-based bytecode for the artifacts: the same bytes from every build with the same Python."""

from __future__ import annotations

import functools
import importlib.util
import marshal
import sys
from collections.abc import Mapping

# Where Lambda unpacks an artifact: what a traceback shows.
TASK_ROOT = "/var/task/"

# Bit 0: hash-based, bit 1 (check the source): off (https://peps.python.org/pep-0552/). Nobody edits /var/task.
_UNCHECKED_HASH = 1

# Python has one object for each text of a single byte, and marshal writes whether it is interned: which depends on all
# that this process has loaded, unless every one of them is.
_SHARED_TEXTS = ("", *map(chr, range(256)))


def builds_bytecode_for(runtime: str) -> bool:
    """Whether this Python is that of the Lambda runtime (such as `python3.11`); another could not read the bytecode."""
    return sys.implementation.name == "cpython" and runtime == f"python{sys.version_info[0]}.{sys.version_info[1]}"


def with_bytecode(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """`files` and, beside each module, its bytecode where Python looks for it."""
    compiled = {_cache_path(path): _compiled(path, body) for path, body in files.items() if path.endswith(".py")}
    return {**files, **compiled}


def _cache_path(path: str) -> str:
    folder, _, name = path.rpartition("/")
    tagged = f"__pycache__/{name.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"
    return f"{folder}/{tagged}" if folder else tagged


@functools.lru_cache(maxsize=4096)  # the two artifacts share most modules
def _compiled(path: str, source: bytes) -> bytes:
    for text in _SHARED_TEXTS:
        sys.intern(text)
    code = compile(source, TASK_ROOT + path, "exec", dont_inherit=True, optimize=0)
    head = importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH.to_bytes(4, "little") + importlib.util.source_hash(source)
    return head + marshal.dumps(code)
